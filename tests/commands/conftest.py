"""Admins and agents who have signed in to a help desk with a scripted assistant."""

from collections.abc import Iterator

import pytest

from foundation.database import Database
from helpdesk.desk.agents import SignedInAgent
from helpdesk.store.words import Role
from tests.commands.bulk_assistant import BulkAssistant
from tests.commands.command_client import CommandClient
from tests.commands.floor import Floor
from tests.commands.running import run_commanded
from tests.desk.conftest import database, migrated
from tests.helpdesk.conftest import postgresql
from tests.helpdesk.desk_steps import Desk
from tests.helpdesk.running import HelpdeskRun
from tests.helpdesk.scripted_assistant import ScriptedAssistant, run_scripted_assistant

__all__ = ["database", "migrated", "postgresql"]


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
    folder = tmp_path_factory.mktemp("commands")
    with run_commanded(folder, assistant, second_admin_for="none") as running:
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


@pytest.fixture
def floor(database: Database) -> Floor:
    """A record with agents and their own chats."""
    return Floor(Desk(database).enter())


@pytest.fixture
def sam(floor: Floor) -> SignedInAgent:
    """An admin on that floor."""
    return floor.agent("Sam", Role.ADMIN)
