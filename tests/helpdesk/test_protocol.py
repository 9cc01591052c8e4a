"""docs/protocol.md says what the code does: every frame, field and error code of it."""

import re

import msgspec
import pytest

from helpdesk.desk import errors
from helpdesk.desk.errors import DeskError
from helpdesk.web import connection, frames
from tests.accounts.service import ROOT

PAGE = (ROOT / "docs" / "protocol.md").read_text("utf-8")
ROW = re.compile(r"^\| `(\w+)` \|([^|]*)\|", re.MULTILINE)
INTERNAL = {"refused"}  # the base of all refusals; never sent


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
    assert rows("Errors").keys() == said


@pytest.mark.parametrize(
    "code", [connection.BAD_FRAMES, connection.UNAUTHORIZED, connection.TOO_FAST, 4408]
)
def test_every_close_code_is_documented(code: int) -> None:
    assert str(code) in PAGE
