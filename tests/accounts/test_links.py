"""Links: their lifetimes, their one use, and what is said about dead ones."""

import sqlite3
from typing import Any
from urllib.parse import quote

import pytest

from accounts.client import LinkInspection, LinkState
from tests.accounts import people
from tests.accounts.browser import Browser
from tests.accounts.service import AccountsRun


def inspect(accounts: AccountsRun, link: str) -> LinkInspection:
    return accounts.client().inspect_link(link)


def test_an_invitation_works_for_72_hours_and_not_longer(
    accounts: AccountsRun, browser: Browser
) -> None:
    _email, link = people.invite(accounts)
    seen = inspect(accounts, link)
    assert seen.state == "valid"
    assert seen.issued_at is not None
    assert seen.expires_at is not None
    assert (seen.expires_at - seen.issued_at).total_seconds() == 72 * 3600

    accounts.advance(hours=71, minutes=50)
    assert browser.open(link).status == 200
    accounts.advance(minutes=11)
    page = browser.open(link)
    assert page.status == 410
    assert page.title == "This invitation has expired"
    assert "72 hours" in page.text
    assert inspect(accounts, link).state == "expired"


def test_an_expired_form_cannot_be_submitted(
    accounts: AccountsRun, browser: Browser
) -> None:
    email, link = people.invite(accounts)
    form = browser.open(link)
    accounts.advance(hours=73)
    password = people.NEW_PASSWORD
    fields = {"first_name": "A", "last_name": "B"}
    page = browser.submit(form, password=password, password_again=password, **fields)
    assert page.status == 410
    account = accounts.staff().get_account(email)
    assert account is not None
    assert account.state == "invited"
    assert account.invitation is not None
    assert account.invitation.state == "expired"


def test_the_expired_page_sends_a_fresh_link_without_asking_for_the_address(
    accounts: AccountsRun, browser: Browser
) -> None:
    email, link = people.invite(accounts)
    accounts.advance(hours=73)
    page = browser.submit(browser.open(link))
    assert page.title == "Check your mail"
    assert email not in page.text
    fresh = accounts.next_link(email)
    assert inspect(accounts, link).state == "replaced"
    assert people.accept(browser, fresh).url.endswith("/home")


def test_a_password_link_works_for_one_hour(
    accounts: AccountsRun, browser: Browser
) -> None:
    email = people.active(accounts)
    accounts.request(email)
    link = accounts.next_link(email)
    accounts.advance(minutes=61)
    page = browser.open(link)
    assert page.title == "This password link has expired"
    assert "worked for 1 hour," in page.text


def test_a_resend_replaces_the_older_link_and_starts_a_new_72_hours(
    accounts: AccountsRun, browser: Browser
) -> None:
    email, old = people.invite(accounts)
    accounts.advance(hours=70)
    accounts.request(email, "invite")
    new = accounts.next_link(email)
    assert inspect(accounts, old).state == "replaced"
    assert inspect(accounts, old).replaced_at is not None
    page = browser.open(old)
    assert page.status == 410
    assert page.title == "There is a newer link"
    accounts.advance(hours=71)
    assert inspect(accounts, new).state == "valid"


def test_opening_a_link_many_times_uses_nothing_up(
    accounts: AccountsRun, browser: Browser
) -> None:
    _email, link = people.invite(accounts)
    for _ in range(3):
        scanner = Browser(accounts.base_url)
        assert scanner.open(link).status == 200
        assert scanner.session.head(link, timeout=5).status_code < 500
        assert inspect(accounts, link).state == "valid"
    assert people.accept(browser, link).url.endswith("/home")


def test_a_link_works_once(accounts: AccountsRun, browser: Browser) -> None:
    email, link = people.invite(accounts)
    first, second = browser, Browser(accounts.base_url)
    waiting = second.open(link)
    people.accept(first, link)
    password = "another password"
    names = {"first_name": "Mal", "last_name": "Lory"}
    late = second.submit(waiting, password=password, password_again=password, **names)
    assert late.status == 410
    assert late.title == "This invitation was already used"
    assert "Log in" in late.text
    seen = inspect(accounts, link)
    assert seen.state == "used"
    assert seen.used_at is not None
    assert second.log_in(email, password).status == 422


def test_a_used_reset_link_ends_the_other_open_links(
    accounts: AccountsRun, browser: Browser
) -> None:
    email, confirm = people.register(accounts)
    accounts.request(email)
    people.reset(browser, accounts.next_link(email))
    assert inspect(accounts, confirm).state == "replaced"
    assert Browser(accounts.base_url).open(confirm).status == 410


def test_a_link_of_one_purpose_is_unknown_under_the_path_of_another(
    accounts: AccountsRun, browser: Browser
) -> None:
    _email, link = people.invite(accounts)
    page = browser.open(link.replace("/invite/", "/reset/"))
    assert page.status == 404
    assert page.title == "We do not know this link"


@pytest.mark.parametrize(
    "damage",
    [
        lambda link: f"  <{link}>. ",
        lambda link: link[:40] + "\r\n" + link[40:],
        lambda link: f"please look at {link} thanks",
        lambda link: link.rpartition("/")[2],
        lambda link: f"https://safelinks.example/?url={quote(link, safe='')}&data=05",
        lambda link: f"https://x.example/?u={quote(quote(link, safe=''), safe='')}",
        lambda link: f"{link}?utm_source=mail",
    ],
    ids=["brackets", "broken", "sentence", "bare", "wrapped", "twice", "tracked"],
)
def test_a_pasted_link_is_recognised_whatever_a_mail_program_did(
    accounts: AccountsRun, damage: people.Damage
) -> None:
    _email, link = people.invite(accounts)
    assert inspect(accounts, damage(link)).state == "valid"


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/invite/" + "a" * 43,
        "http://127.0.0.1/invite/short",
        "hello",
        "🔑" * 100,
        "/invite/" + "a" * 43,
        "x" * 60000,
        "\x00",
    ],
)
def test_other_text_is_an_unknown_link(accounts: AccountsRun, link: str) -> None:
    seen = inspect(accounts, link)
    nothing: list[Any] = [None] * 7
    assert seen == LinkInspection(LinkState.UNKNOWN, *nothing, is_ours=False)


@pytest.mark.parametrize(
    ("text", "is_ours"),
    [
        ("{ours}/invite/" + "a" * 43, True),
        ("{ours}/invite/cut-short", True),
        ("<{ours}/login>", True),
        ("{ours}", True),
        ("please look at {OURS}/reset/x, thanks", True),
        ("{ours}/invite/ab\r\ncd", True),
        ("https://evil.example/invite/" + "a" * 43, False),
        ("https://evil.example/?to={ours}/invite/" + "a" * 43, False),
        ("https://evil.example/#{ours}/invite/x", False),
        ("{ours}/login and https://evil.example/login", False),
        ("{ours}/login\nhttps://evil.example/login", False),
        ("{ours}@evil.example/invite/x", False),
        ("{ours}.evil.example/invite/x", False),
        ("{ours}\\.evil.example/invite/x", False),
        ("{ours}1/invite/x", False),
        ("http://[x/invite/", False),
        ("javascript:alert(1)", False),
        ("hello", False),
        ("a" * 43, False),
        ("/invite/" + "a" * 43, False),
    ],
)
def test_an_unknown_link_is_ours_only_if_it_leads_here(
    accounts: AccountsRun, text: str, is_ours: bool
) -> None:
    ours = accounts.base_url
    pasted = text.replace("{ours}", ours).replace("{OURS}", ours.upper())
    seen = inspect(accounts, pasted)
    assert (seen.state, seen.is_ours) == ("unknown", is_ours)


def test_our_link_under_a_foreign_host_is_not_ours(accounts: AccountsRun) -> None:
    _email, link = people.invite(accounts)
    phishing = link.replace(accounts.base_url, "https://evil.example")
    seen = inspect(accounts, phishing)
    assert (seen.state, seen.is_ours, seen.reference) == ("unknown", False, None)
    # What a mail filter wraps is known by its secret, and ours.
    wrapped = f"https://safelinks.example/?url={quote(link, safe='')}"
    assert inspect(accounts, wrapped).is_ours


def test_a_link_of_a_locked_account_leads_to_support(
    accounts: AccountsRun, browser: Browser
) -> None:
    email, link = people.invite(accounts)
    form = browser.open(link)
    with sqlite3.connect(accounts.database_file) as database:
        lock = "UPDATE accounts SET state = 'locked' WHERE email = ?"
        database.execute(lock, [email])
    fields = {"first_name": "A", "last_name": "B", "password": people.NEW_PASSWORD}
    fields["password_again"] = people.NEW_PASSWORD
    for page in (browser.open(link), browser.submit(form, **fields)):
        assert page.status == 410
        assert page.title == "This account is locked"
        assert "support@saltoks.example" in page.text


def test_the_database_holds_no_secret_of_a_link(accounts: AccountsRun) -> None:
    email, link = people.invite(accounts)
    secret = link.rpartition("/")[2].encode()
    files = [
        accounts.database_file,
        accounts.database_file.with_name("accounts.db-wal"),
    ]
    content = b"".join(path.read_bytes() for path in files if path.exists())
    assert email.encode() in content
    assert secret not in content
