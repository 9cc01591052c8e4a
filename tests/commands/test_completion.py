"""Completion as one types, what may have been meant, and the page about commands."""

import pytest

from helpdesk.commands.catalogue import COMMANDS, allowed_for
from helpdesk.commands.completion import complete
from helpdesk.commands.meant import closest
from helpdesk.commands.reference import write_reference
from helpdesk.store.words import Role
from tests.accounts.service import ROOT

OF_ADMINS, OF_AGENTS = allowed_for(Role.ADMIN), allowed_for(Role.AGENT)


def completions(text: str) -> list[str]:
    return [each.text for each in complete(text, OF_ADMINS).completions]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("/re", ["/refuse ", "/resend ", "/resend expired ", "/reset "]),
        ("／Res", ["/resend ", "/resend expired ", "/reset "]),
        ("/resend ", ["/resend expired "]),
        ("/resend e", ["/resend expired "]),
        ("/resend ana@example.com", []),
        (
            "/resend ana@example.com ",
            ["/resend ana@example.com --dry-run", "/resend ana@example.com --json"],
        ),
        ("/resend ana@example.com —d", ["/resend ana@example.com --dry-run"]),
        (
            "/resend ana@example.com --json --",
            ["/resend ana@example.com --json --dry-run"],
        ),
        ("/bot o", ["/bot on", "/bot off"]),
        ("/bot of", ["/bot off"]),
        ("/invites p", ["/invites pending"]),
        ("hello", []),
        ("", []),
    ],
)
def test_a_line_is_completed(typed: str, found: list[str]) -> None:
    assert completions(typed) == found


def test_a_slash_alone_lists_everything_that_the_role_may() -> None:
    assert len(completions("/")) == len(COMMANDS)
    listed = complete("/", OF_AGENTS).completions
    assert [each.text for each in listed] == ["/bot ", "/help "]
    assert all(each.title for each in listed)


def test_what_an_agent_may_not_is_neither_completed_nor_meant() -> None:
    assert complete("/resen", OF_AGENTS).completions == []
    assert complete("/rsend ana@example.com", OF_AGENTS).did_you_mean is None
    assert complete("/hlep", OF_AGENTS).did_you_mean == "/help"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("/rsend ana@example.com", "/resend ana@example.com"),
        ("/stauts ana@example.com", "/status ana@example.com"),
        ("/resend ana@example.com --dryrun", "/resend ana@example.com --dry-run"),
        ("/resend ana@example.com", None),
        ("/xyzzy", None),
    ],
)
def test_a_slip_is_understood(typed: str, meant: str | None) -> None:
    assert complete(typed, OF_ADMINS).did_you_mean == meant


def test_only_what_is_alike_is_meant() -> None:
    names = ["resend", "reset", "status"]
    assert closest("resned", names) == "resend"
    assert closest("res", names) == "reset"
    assert closest("banana", names) is None
    assert closest("", names) is None


def test_the_page_about_commands_is_up_to_date() -> None:
    page = (ROOT / "docs" / "commands.md").read_text("utf-8")
    assert page == write_reference(), "./latchkey commands --write"
