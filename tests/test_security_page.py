"""docs/security.md names tests that exist, and a test for every promise."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
ROW = re.compile(r"^\|(?P<wants>[^|]+)\|(?P<stops>[^|]+)\|(?P<tests>[^|]+)\|$", re.M)


def known_tests() -> set[str]:
    """Return the name of every test there is."""
    names: set[str] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        names |= set(re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.M))
    return names


def promises() -> list[tuple[str, list[str]]]:
    """Return each promise of the page, with the tests that show it."""
    threats = PAGE.partition("## Who, what, and what stops them")[2]
    rows = [row for row in ROW.finditer(threats) if "---" not in row["wants"]]
    return [
        (row["wants"].strip(), re.findall(r"`(test_\w+)`", row["tests"]))
        for row in rows
        if row["wants"].strip() != "wants"
    ]


def test_there_are_promises() -> None:
    assert len(promises()) > 20


@pytest.mark.parametrize(("wants", "tests"), promises(), ids=lambda value: str(value))
def test_every_promise_has_tests_that_exist(wants: str, tests: list[str]) -> None:
    assert tests, wants
    assert set(tests) <= known_tests()


def test_every_link_leads_somewhere() -> None:
    for page in (ROOT / "docs" / "security.md", ROOT / "SECURITY.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), target
