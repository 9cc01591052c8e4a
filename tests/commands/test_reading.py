"""Typed lines: what phones make of them, what is understood, and what is kept of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.commands.catalogue import COMMANDS, FIRST_WORDS
from helpdesk.commands.reading import is_line, read_line, write_line
from helpdesk.commands.registry import REGISTERED, Command, command
from helpdesk.commands.typed import make_line, read_text
from helpdesk.desk.command_words import names_command, tidy_command
from helpdesk.desk.errors import EmptyMessageError, TooLongError

ANA = "ana@example.com"
UNDERSTOOD = {
    "/resend ana@example.com": "/resend ana@example.com",
    "/Resend Ana@Example.COM": "/resend ana@example.com",
    "  /resend   ana@example.com  ": "/resend ana@example.com",
    "/resend\u00a0ana@example.com\u202f—dry-run": "/resend ana@example.com --dry-run",
    "／resend ana@example.com": "/resend ana@example.com",
    "\\resend ana@example.com": "/resend ana@example.com",
    "/ resend ana@example.com": "/resend ana@example.com",
    "\u200b/resend\u200d \ufeffana@example.com": "/resend ana@example.com",
    "“/resend ana@example.com”": "/resend ana@example.com",
    "/resend: <ana@example.com>.": "/resend ana@example.com",
    "/resend mailto:ana@example.com": "/resend ana@example.com",
    "/resend <mailto:ana@example.com?subject=Hello>": "/resend ana@example.com",
    "/resend Ana Costa <ana@example.com>": "/resend ana@example.com",
    "/resend “ana@example.com”, –json": "/resend ana@example.com --json",
    "/resend --json ana@example.com -dry_run": "/resend ana@example.com --dry-run --json",
    "/resend expired": "/resend expired",
    "/RESEND Expired. --DRY-RUN": "/resend expired --dry-run",
    "/resend expired Nordwerk Süd": "/resend expired Nordwerk Süd",
    '/resend expired "Nordwerk Süd" --json': "/resend expired Nordwerk Süd --json",
    "/resend expired O'Brien": "/resend expired O'Brien",
    "/start 12345678": "/start 12345678",
    "/stop #ABCDEF01.": "/stop abcdef01",
    "/undo": "/undo",
    "/invites Expired": "/invites expired",
    "/bot OFF": "/bot off",
    "/help": "/help",
    "/help resend expired": "/help resend expired",
    "/find müller": "/find müller",
}
WRONG = {
    "/resend": "missing",
    "/resend ana": "bad_address",
    "/resend ana@": "bad_address",
    "/resend ana@example.com ben@example.com": "too_much",
    "/resend ana@example.com --force": "unknown_option",
    "/bot maybe": "bad_choice",
    "/start 1234": "bad_number",
    "/find " + "a" * 200: "bad_text",
}


@pytest.mark.parametrize("typed", UNDERSTOOD)
def test_what_phones_and_mail_programs_make_of_a_line_is_understood(typed: str) -> None:
    line = read_line(typed)
    assert is_line(typed)
    assert line.problem is None
    assert line.kept == UNDERSTOOD[typed]
    assert read_line(line.kept) == line, "its one form says the same"


@pytest.mark.parametrize("typed", WRONG)
def test_a_line_that_is_not_understood_says_why(typed: str) -> None:
    line = read_line(typed)
    assert line.command
    assert line.problem
    assert line.problem.why == WRONG[typed]


@pytest.mark.parametrize("typed", ["/", "/xyz", "//resend a@b.cd", "/1", "/-"])
def test_a_slash_before_something_else_is_no_command_of_ours(typed: str) -> None:
    assert is_line(typed)
    assert read_line(typed).command is None


@pytest.mark.parametrize("typed", ["hello", "and/or", "1/2", "see /resend", "—dry-run"])
def test_plain_language_is_no_line(typed: str) -> None:
    assert not is_line(typed)


def test_secrets_in_a_line_are_cut_out_and_addresses_are_not() -> None:
    kept = {
        typed: read_text(typed).text
        for typed in (
            f"/resend {ANA} my password is Tulip4Door!",
            f"/resnd {ANA} password: Tulip4Door!",
            "/find password is Tulip4Door!",
            f"/status {ANA} --password Tulip4Door!",
        )
    }
    for typed, text in kept.items():
        assert "Tulip4Door" not in text, typed
        assert ("find" in typed) or ANA in text
    line = read_line("/find password is Tulip4Door!")
    assert "Tulip4Door" not in str(line.values)


def test_numbers_of_a_command_are_not_taken_for_one_time_codes() -> None:
    assert read_text("/start 12345678").text == "/start 12345678"
    assert read_text("/undo 00000000").text == "/undo 00000000"


def test_nothing_and_too_much_are_refused() -> None:
    with pytest.raises(EmptyMessageError):
        read_text("  \n")
    with pytest.raises(TooLongError):
        read_text("/find " + "a" * 5_000)


@given(st.text(max_size=200))
def test_any_text_can_be_read_and_its_kept_form_is_stable(text: str) -> None:
    line = read_line(f"/{text}")
    if line.command is not None and line.problem is None:
        again = read_line(line.kept)
        assert (again.kept, again.values) == (line.kept, line.values)
    assert tidy_command(tidy_command(text)) == tidy_command(text)


@given(st.sampled_from(COMMANDS), st.data())
def test_every_line_that_can_be_written_is_read_as_what_it_is(
    it: Command, data: st.DataObject
) -> None:
    values: dict[str, Any] = {
        each.name: data.draw(words_for(each.kind.name, each.is_needed))
        for each in it.parameters
    }
    values |= {each.name: data.draw(st.booleans()) for each in it.options}
    line = read_line(write_line(it, values))
    assert (line.command, line.problem, line.values) == (it, None, values)
    assert make_line(it.name, values) == line or " " in it.name


def words_for(kind: str, is_needed: bool) -> st.SearchStrategy[str]:
    """Return words that a place of a command takes."""
    chosen = {
        "address": st.just(ANA),
        "number": st.from_regex(r"[0-9a-f]{8}", fullmatch=True),
        "on|off": st.sampled_from(["on", "off"]),
        "expired|pending": st.sampled_from(["expired", "pending"]),
        "command": st.sampled_from(["status", "resend expired"]),
    }.get(kind, st.sampled_from(["Nordwerk", "Nordwerk Süd", "müller"]))
    return chosen if is_needed else st.one_of(st.just(""), chosen)


def test_what_contacts_and_replies_begin_with_is_recognised_alike() -> None:
    for typed in UNDERSTOOD:
        assert names_command(typed, FIRST_WORDS), typed
    for typed in ("/hello", "resend ana@example.com", "/resending", "please /resend"):
        assert not names_command(typed, FIRST_WORDS), typed
    assert not names_command(None, FIRST_WORDS)


def test_a_command_is_registered_once_and_takes_only_known_kinds() -> None:
    def plain(_call: object, address: str) -> None:
        """Help."""

    with pytest.raises(TypeError):
        command("plain")(plain)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="two commands"):
        command("undo")(REGISTERED["undo"].run)


def test_every_command_explains_itself() -> None:
    for each in COMMANDS:
        assert each.title.endswith("."), each.name
        assert each.name.split()[0] in FIRST_WORDS
