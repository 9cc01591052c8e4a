"""docs/console-protocol.md and docs/console-openapi.yml say what the code does."""

import re
from typing import get_args

import msgspec
from sanic import Blueprint

from foundation.yaml_text import read_yaml
from helpdesk.desk.conversation_counts import Counts
from helpdesk.desk.conversation_lists import View
from helpdesk.desk.events import NoticeKind
from helpdesk.web import console_frames as bodies
from helpdesk.web.blueprints import ACTIONS, AID
from helpdesk.web.console_api import console_api
from helpdesk.web.console_changes import console_changes
from tests.accounts.service import ROOT

PAGE = (ROOT / "docs" / "console-protocol.md").read_text("utf-8")
OPENAPI = read_yaml((ROOT / "docs" / "console-openapi.yml").read_text("utf-8"))
ROW = re.compile(r"^\| `(\w+)` \|([^|]*)\|", re.MULTILINE)
REQUEST = re.compile(r"`(GET|POST|PUT|DELETE) ([^`?]+)")
BODIES = {
    "NewMessage": bodies.SendAgentMessage,
    "AtEpoch": bodies.AtEpoch,
    "Transfer": bodies.Transfer,
    "Snooze": bodies.Snooze,
    "Draft": bodies.KeepDraft,
    "Away": bodies.SetAway,
    "SeenMention": bodies.SeeMention,
    "Claim": bodies.Claim,
    "GivenCommand": bodies.GiveCommand,
    "RecoveryRequest": bodies.RequestRecovery,
    "Decision": bodies.Decide,
    "WrittenResponse": bodies.WriteCannedResponse,
}


def table(after: str) -> dict[str, set[str]]:
    """Return the names in the first table below some words, with their fields."""
    below = PAGE.split(after, 1)[1].lstrip("\n").split("\n\n")[0]
    return {
        name: set(re.findall(r"`(\w+)\??`", fields))
        for name, fields in ROW.findall(below)
    }


def shape(path: str) -> str:
    """Return a path whatever its parameters are called."""
    return re.sub(r"<[^>]+>|{\w+}", "{}", path)


def documented_requests() -> set[tuple[str, str]]:
    """Return every request that the page names."""
    found = set()
    for method, path in REQUEST.findall(PAGE):
        whole = path.strip().replace("…/<id>", "/api/console/conversations/<id>")
        found.add((method, shape(whole)))
    return found


def routes(*blueprints: Blueprint) -> set[tuple[str, str]]:
    """Return every request that is served."""
    return {
        (method, shape((blueprint.url_prefix or "") + route.uri))
        for blueprint in blueprints
        for route in blueprint._future_routes
        for method in route.methods or ()  # a socket has none
    }


def test_every_request_is_on_the_page_and_in_the_openapi_document() -> None:
    served = routes(console_api, console_changes, *AID, *ACTIONS)
    assert served <= documented_requests()
    written = {
        (method.upper(), shape(path))
        for path, item in OPENAPI["paths"].items()
        for method in item
        if method != "parameters"
    }
    assert served <= written
    assert written <= documented_requests()


def test_every_frame_is_documented_with_its_fields() -> None:
    documented = table("From the console:")
    assert documented.keys() == bodies.CONSOLE_FRAMES.keys()
    for name, kind in bodies.CONSOLE_FRAMES.items():
        assert documented[name] == set(kind.__struct_fields__), name
    assert table("From the server:").keys() == set(bodies.CONSOLE_SENT)


def test_bodies_have_the_fields_of_the_openapi_document() -> None:
    for name, kind in BODIES.items():
        schema = OPENAPI["components"]["schemas"][name]
        fields = {f.name: f for f in msgspec.structs.fields(kind)}
        assert set(schema.get("properties", {})) == set(fields), name
        required = {each for each, field in fields.items() if field.required}
        assert set(schema.get("required", [])) == required, name
    kinds = msgspec.structs.fields(bodies.SendAgentMessage)[2].type
    assert set(get_args(kinds)) == {"reply", "note"}


def test_every_kind_of_notice_and_every_view_is_documented() -> None:
    notices = PAGE.split("| `notice` |", 1)[1].split("\n", 1)[0]
    for kind in NoticeKind:
        assert f"`{kind.value}`" in notices
    views = PAGE.split("`view` is ", 1)[1].split("\n", 1)[0]
    for view in View:
        assert f"`{view.value}`" in views


def test_the_counts_are_documented() -> None:
    counts = PAGE.split("`counts` is `{", 1)[1].split("}`", 1)[0]
    assert set(re.findall(r'"(\w+)"', counts)) == set(Counts.__dataclass_fields__)
