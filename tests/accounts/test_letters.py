"""The mails' texts: complete, honest about times, and harmless as HTML."""

from datetime import UTC, datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from uuid import uuid4

import pytest
from jinja2 import UndefinedError

from accounts.letters import Letters, Writing
from accounts.words import Letter
from foundation.names import Names, read_names
from tests.accounts.service import ROOT

NOW = datetime(2026, 3, 3, 9, 12, tzinfo=UTC)
UNTIL = datetime(2026, 3, 6, 9, 12, tzinfo=UTC)
PUBLIC_URL = "https://id.example.com"
LINK = f"{PUBLIC_URL}/invite/{'x' * 43}"
WITH_LINK = {
    Letter.INVITATION,
    Letter.CONFIRMATION,
    Letter.PASSWORD_RESET,
    Letter.RESET_AND_CONFIRM,
}
NAMES = read_names(ROOT / "settings.yml")


class Links(HTMLParser):
    """Collects where the links of a page go."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.append(str(dict(attrs)["href"]))


def write(letter: Letter, names: Names = NAMES) -> EmailMessage:
    letters = Letters(names, PUBLIC_URL, "no-reply@example.com")
    has_link = letter in WITH_LINK
    writing = Writing(
        uuid4(),
        letter,
        "ana@example.com",
        link=LINK if has_link else "",
        expires_at=UNTIL if has_link else None,
    )
    return letters.write(writing, NOW)


def parts(message: EmailMessage) -> tuple[str, str]:
    text, page = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert page is not None
    return str(text.get_content()), str(page.get_content())


@pytest.mark.parametrize("letter", Letter)
def test_every_letter_is_complete(letter: Letter) -> None:
    message = write(letter)
    text, page = parts(message)
    assert NAMES.product in message["Subject"]
    assert message["To"] == "ana@example.com"
    assert message["From"] == f"{NAMES.product} <no-reply@example.com>"
    assert message["Date"] == "Tue, 03 Mar 2026 09:12:00 +0000"
    assert message["Message-ID"].endswith("@id.example.com>")
    assert text.startswith("Hello,\n\n")
    for leftover in ("{{", "{%", "None", "Undefined"):
        assert leftover not in text + page


@pytest.mark.parametrize("letter", Letter)
def test_each_link_stands_on_a_line_of_its_own(letter: Letter) -> None:
    text, page = parts(write(letter))
    lines = [line for line in text.splitlines() if "http" in line]
    assert all(line.startswith("https://") and " " not in line for line in lines)
    assert Links(page).found == lines
    assert (LINK in lines) is (letter in WITH_LINK)


@pytest.mark.parametrize("letter", sorted(WITH_LINK))
def test_a_link_comes_with_the_moment_when_it_ends(letter: Letter) -> None:
    text, _page = parts(write(letter))
    assert "Friday 6 March 2026, 09:12 UTC" in text


@pytest.mark.parametrize("letter", [Letter.INVITATION, Letter.CONFIRMATION])
def test_a_fresh_link_says_that_older_ones_are_dead(letter: Letter) -> None:
    text, _page = parts(write(letter))
    assert "72 hours" in text
    assert "no longer work" in text


@pytest.mark.parametrize("letter", sorted(set(Letter) - {Letter.PASSWORD_CHANGED}))
def test_a_letter_that_was_not_asked_for_can_be_ignored(letter: Letter) -> None:
    text, _page = parts(write(letter))
    assert "ignore" in text


@pytest.mark.parametrize("letter", [Letter.LOCKED, Letter.PASSWORD_CHANGED])
def test_who_needs_support_gets_its_address(letter: Letter) -> None:
    text, _page = parts(write(letter))
    assert NAMES.support_email in text


def test_names_are_only_text_in_the_html_part() -> None:
    names = Names(
        product="<b>Bold & Co</b>",
        web_site="w",
        support_team="t",
        support_email="s@example.com",
        site_admin="<script>alert(1)</script>",
    )
    text, page = parts(write(Letter.NO_ACCOUNT, names))
    assert "<script>" in text
    assert "<script>" not in page
    assert "&lt;b&gt;Bold &amp; Co&lt;/b&gt;" in page


@pytest.mark.parametrize("letter", Letter)
def test_no_line_on_the_wire_is_too_long_for_a_strict_server(letter: Letter) -> None:
    assert all(len(line) < 998 for line in write(letter).as_bytes().splitlines())
    write(letter).as_bytes().decode("ascii")


def test_a_letter_that_lacks_its_link_is_an_error_and_not_a_mail() -> None:
    letters = Letters(NAMES, PUBLIC_URL, "no-reply@example.com")
    writing = Writing(uuid4(), Letter.INVITATION, "ana@example.com")
    with pytest.raises((UndefinedError, AttributeError)):
        letters.write(writing, NOW)
