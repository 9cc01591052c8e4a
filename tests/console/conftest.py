"""Agents who have signed in to a running help desk."""

from collections.abc import Iterator

import pytest

from helpdesk.store.words import Role
from tests.console.agent_client import AgentClient
from tests.console.console_steps import Case
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.conftest import assistant, database, helpdesk, postgresql
from tests.helpdesk.running import HelpdeskRun
from tests.helpdesk.scripted_assistant import ScriptedAssistant

__all__ = ["assistant", "database", "helpdesk", "postgresql"]


@pytest.fixture
def agent(helpdesk: HelpdeskRun) -> AgentClient:
    """A new agent, signed in."""
    return AgentClient.of_new_agent(helpdesk)


@pytest.fixture
def other_agent(helpdesk: HelpdeskRun) -> AgentClient:
    """Another one."""
    return AgentClient.of_new_agent(helpdesk, "Ivo Novak")


@pytest.fixture
def lead(helpdesk: HelpdeskRun) -> AgentClient:
    """A lead, signed in."""
    return AgentClient.of_new_agent(helpdesk, "Lea Laurent", Role.LEAD)


@pytest.fixture
def admin(helpdesk: HelpdeskRun) -> AgentClient:
    """An admin, signed in."""
    return AgentClient.of_new_agent(helpdesk, "Sam Okafor", Role.ADMIN)


@pytest.fixture
def auditor(helpdesk: HelpdeskRun) -> AgentClient:
    """An auditor, signed in."""
    return AgentClient.of_new_agent(helpdesk, "Una Byrne", Role.AUDITOR)


@pytest.fixture
def case(helpdesk: HelpdeskRun, assistant: ScriptedAssistant) -> Iterator[Case]:
    """The conversation of a new contact whose question was answered."""
    assistant.reset()
    with ChatClient.of_new_contact(helpdesk.base_url) as chat:
        chat.ask("my invitation has expired")
        yield Case(chat)
