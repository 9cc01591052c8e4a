"""A help desk with the real account backend behind it."""

from collections.abc import Iterator

import pytest

from tests.accounts.service import AccountsRun, run_accounts
from tests.console.agent_client import AgentClient
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.running import HelpdeskRun, run_helpdesk
from tests.helpdesk.scripted_assistant import ScriptedAssistant


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AccountsRun]:
    with run_accounts(tmp_path_factory.mktemp("accounts")) as running:
        yield running


@pytest.fixture(scope="module")
def helpdesk(
    tmp_path_factory: pytest.TempPathFactory,
    assistant: ScriptedAssistant,
    accounts: AccountsRun,
) -> Iterator[HelpdeskRun]:
    folder = tmp_path_factory.mktemp("helpdesk")
    with run_helpdesk(
        folder,
        LATCHKEY_RASA_URL=assistant.url,
        LATCHKEY_ACCOUNTS_URL=accounts.base_url,
        LATCHKEY_ACCOUNTS_TOKEN=accounts.token,
        LATCHKEY_ACCOUNTS_STAFF_TOKEN=accounts.staff_token,
    ) as running:
        yield running


@pytest.fixture
def chat(helpdesk: HelpdeskRun) -> Iterator[ChatClient]:
    with ChatClient.of_new_contact(helpdesk.base_url) as client:
        yield client


@pytest.fixture
def agent(helpdesk: HelpdeskRun) -> AgentClient:
    return AgentClient.of_new_agent(helpdesk)
