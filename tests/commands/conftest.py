"""Admins and agents who have signed in to a help desk with a scripted assistant."""

from collections.abc import Iterator

import pytest

from helpdesk.store.words import Role
from tests.commands.bulk_assistant import BulkAssistant
from tests.commands.command_client import CommandClient
from tests.helpdesk.conftest import postgresql
from tests.helpdesk.running import HelpdeskRun, run_helpdesk
from tests.helpdesk.scripted_assistant import ScriptedAssistant, run_scripted_assistant

__all__ = ["postgresql"]


@pytest.fixture(scope="package")
def assistant() -> Iterator[ScriptedAssistant]:
    """An assistant that says what the test tells it to."""
    with run_scripted_assistant() as running:
        yield running


@pytest.fixture(scope="package")
def helpdesk(
    tmp_path_factory: pytest.TempPathFactory, assistant: ScriptedAssistant
) -> Iterator[HelpdeskRun]:
    """A help desk in which one admin does bulk commands alone, and quickly."""
    with run_helpdesk(
        tmp_path_factory.mktemp("commands"),
        LATCHKEY_RASA_URL=assistant.url,
        LATCHKEY_LIMIT_FACTOR="1000",
        LATCHKEY_SECOND_ADMIN_FOR="none",
        LATCHKEY_BULK_PER_MINUTE="6000",
    ) as running:
        yield running


@pytest.fixture
def admin(helpdesk: HelpdeskRun, assistant: ScriptedAssistant) -> CommandClient:
    """A new admin; the assistant is an echo again."""
    assistant.reset()
    return CommandClient.of_new_agent(helpdesk, "Sam Okafor", Role.ADMIN)


@pytest.fixture
def agent(helpdesk: HelpdeskRun, assistant: ScriptedAssistant) -> CommandClient:
    """A new agent, who gives no commands about accounts."""
    assistant.reset()
    return CommandClient.of_new_agent(helpdesk, "Ana Costa", Role.AGENT)


@pytest.fixture
def bulk(admin: CommandClient, assistant: ScriptedAssistant) -> BulkAssistant:
    """An assistant that plans, and sends with receipts."""
    return BulkAssistant(assistant)
