"""The OpenAPI document, fuzzed against the running help desk: no answer outside it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis

from foundation.yaml_text import read_yaml
from helpdesk.web.attachments_api import attachments_api
from helpdesk.web.chat_api import chat_api
from helpdesk.web.health import health
from helpdesk.web.mail_api import mail_api
from helpdesk.web.visits_api import visits_api
from tests.accounts.service import ROOT
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.fuzzing import CHECKS, fuzzing
from tests.helpdesk.running import HelpdeskRun, run_helpdesk
from tests.helpdesk.scripted_assistant import ScriptedAssistant

DOCUMENT = read_yaml((ROOT / "docs" / "helpdesk-openapi.yml").read_text("utf-8"))
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
EXAMPLES = 25
METHODS = {"get", "post", "put", "delete"}


@pytest.fixture(scope="module")
def known(
    tmp_path_factory: pytest.TempPathFactory, assistant: ScriptedAssistant
) -> Iterator[tuple[HelpdeskRun, ChatClient]]:
    """A help desk without tight limits, and a contact with a conversation."""
    folder: Path = tmp_path_factory.mktemp("fuzzed")
    with (
        run_helpdesk(
            folder, LATCHKEY_RASA_URL=assistant.url, LATCHKEY_LIMIT_FACTOR="100000"
        ) as run,
        ChatClient.of_new_contact(run.base_url) as chat,
    ):
        chat.ask("my invitation has expired")
        yield run, chat


def is_documented(path: str, method: str) -> bool:
    """Tell whether the document has an operation, whatever its parameters are called."""
    shapes = {
        re.sub(r"{\w+}", "{}", p): set(item) for p, item in DOCUMENT["paths"].items()
    }
    return method.lower() in shapes.get(re.sub(r"<[^>]+>", "{}", path), set())


def test_every_route_of_the_api_is_documented() -> None:
    for blueprint in (chat_api, attachments_api, mail_api, visits_api, health):
        for future in blueprint._future_routes:
            path = (blueprint.url_prefix or "") + future.uri.rstrip("/")
            for method in set(future.methods) & {m.upper() for m in METHODS}:
                assert is_documented(path, method), (method, path)


@SCHEMA.parametrize()
@fuzzing(EXAMPLES)
def test_whatever_is_sent_the_answer_is_a_documented_one(
    case: schemathesis.Case, known: tuple[HelpdeskRun, ChatClient]
) -> None:
    run, chat = known
    if "wait" in (case.query or {}):
        case.query["wait"] = 0  # a long poll would only take long
    if "conversation" in (case.path_parameters or {}):
        case.path_parameters["conversation"] = chat.conversation["id"]
    is_last_wish = case.path.endswith("/visits/current")
    token = "rubbish" if is_last_wish else chat.token
    case.call_and_validate(
        base_url=run.base_url,
        headers={"Authorization": f"Bearer {token}"},
        checks=CHECKS,
    )
