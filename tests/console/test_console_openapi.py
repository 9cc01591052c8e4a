"""The console's OpenAPI document, fuzzed against the running help desk."""

from collections.abc import Iterator

import pytest
import schemathesis

from foundation.yaml_text import read_yaml
from helpdesk.store.words import Role
from tests.accounts.service import ROOT
from tests.console.agent_client import COOKIE, AgentClient
from tests.console.console_steps import Case
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.fuzzing import CHECKS, fuzzing
from tests.helpdesk.running import HelpdeskRun, run_helpdesk
from tests.helpdesk.scripted_assistant import ScriptedAssistant

DOCUMENT = read_yaml((ROOT / "docs" / "console-openapi.yml").read_text("utf-8"))
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
EXAMPLES = 15


@pytest.fixture(scope="module")
def known(
    tmp_path_factory: pytest.TempPathFactory, assistant: ScriptedAssistant
) -> Iterator[tuple[HelpdeskRun, AgentClient, Case]]:
    """A help desk without tight limits, a lead, and a conversation that is theirs."""
    folder = tmp_path_factory.mktemp("fuzzed")
    with (
        run_helpdesk(
            folder, LATCHKEY_RASA_URL=assistant.url, LATCHKEY_LIMIT_FACTOR="100000"
        ) as run,
        ChatClient.of_new_contact(run.base_url) as chat,
    ):
        chat.ask("my invitation has expired")
        agent = AgentClient.of_new_agent(run, "Lea Laurent", Role.LEAD)
        case = Case(chat)
        case.claim(agent)
        yield run, agent, case


@SCHEMA.parametrize()
@fuzzing(EXAMPLES)
def test_whatever_is_sent_the_answer_is_a_documented_one(
    case: schemathesis.Case, known: tuple[HelpdeskRun, AgentClient, Case]
) -> None:
    run, agent, ours = known
    if "conversation" in (case.path_parameters or {}):
        case.path_parameters["conversation"] = ours.id
    case.call_and_validate(
        base_url=run.base_url,
        headers={"Origin": run.base_url},
        cookies={COOKIE: agent.token},
        checks=CHECKS,
    )
