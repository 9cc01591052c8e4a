"""docs/protocol.md says what the code does: every frame, field and error code of it."""

import re

import msgspec
import pytest

from helpdesk.desk import errors
from helpdesk.desk.errors import DeskError
from helpdesk.web import close_codes, connection, console_connection, frames
from tests.accounts.service import ROOT

PAGE = (ROOT / "docs" / "protocol.md").read_text("utf-8")
CONSOLE = (ROOT / "docs" / "console-protocol.md").read_text("utf-8")
ROW = re.compile(r"^\| `(\w+)` \|([^|]*)\|", re.MULTILINE)
INTERNAL = {"refused"}  # the base of all refusals; never sent
# Said by the sign-in's pages and the command line.
ON_PAGES = {"agent_account", "own_account", "single_sign_on"}
# They have refusals of their own, which are known once they are imported.
CONNECTIONS = (connection, console_connection)


def section(title: str) -> str:
    """Return the part of the page below a heading."""
    after = PAGE.split(f"# {title}\n", 1)[1]
    return re.split(r"^#+ ", after, maxsplit=1, flags=re.MULTILINE)[0]


def rows(title: str) -> dict[str, set[str]]:
    """Return the names in a table, each with the fields that its second column names."""
    return {
        name: set(re.findall(r"`(\w+)\??`", fields))
        for name, fields in ROW.findall(section(title))
    }


def refusals(kind: type[DeskError] = DeskError) -> set[str]:
    """Return the codes of all refusals."""
    below = set().union(*(refusals(sub) for sub in kind.__subclasses__()))
    return {kind.code} | below


def test_every_frame_of_the_browser_is_documented_with_its_fields() -> None:
    documented = rows("From the browser")
    assert documented.keys() == frames.FRAMES.keys()
    for name, kind in frames.FRAMES.items():
        assert documented[name] >= set(kind.__struct_fields__), name
        assert documented[name] <= set(kind.__struct_fields__) | {"join"}, name


def test_optional_fields_are_marked() -> None:
    table = dict(ROW.findall(section("From the browser")))
    for name, kind in frames.FRAMES.items():
        for field in msgspec.structs.fields(kind):
            is_marked = f"`{field.name}?`" in table[name]
            is_either = name == "message" and field.name in {"text", "button"}
            assert is_marked != field.required or is_either, (name, field.name)


def test_every_frame_of_the_server_is_documented() -> None:
    assert rows("From the server").keys() == set(frames.SENT)


def test_every_error_code_is_documented() -> None:
    assert {errors.DeskError.code} == INTERNAL
    said = refusals() - INTERNAL | {"unavailable", "internal_error"}
    documented = rows("Errors").keys()
    assert documented <= said
    # What only agents can be told stands on the console's own page.
    of_agents = set(re.findall(r"^\| `(\w+)` \|(?: \d{3})? \|", CONSOLE, re.MULTILINE))
    assert said - documented - ON_PAGES <= of_agents


@pytest.mark.parametrize(
    "code",
    [
        close_codes.BAD_FRAMES,
        close_codes.UNAUTHORIZED,
        close_codes.TOO_FAST,
        close_codes.SILENT,
    ],
)
def test_every_close_code_is_documented(code: int) -> None:
    assert str(code) in PAGE
