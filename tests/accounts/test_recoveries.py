"""What each kind of request brings to people in each state."""

from collections.abc import Callable

import pytest

from accounts.client import DeliveryState, RecoveryKind
from tests.accounts import people
from tests.accounts.browser import Browser
from tests.accounts.service import AccountsRun, wait_for

INVITATION = "Your invitation to"
CONFIRMATION = "Confirm your address"
RESET = "Choose a new"
RESET_AND_CONFIRM = "Finish registering"
HAVE_ACCOUNT = "You already have a"
NO_ACCOUNT = "No SALTO KS account"
LOCKED = "account is locked"

MAILS = [
    (people.invited, "invite", INVITATION, "/invite/"),
    (people.invited, "password_reset", INVITATION, "/invite/"),
    (people.invited, "auto", INVITATION, "/invite/"),
    (people.unconfirmed, "invite", CONFIRMATION, "/confirm/"),
    (people.unconfirmed, "password_reset", RESET_AND_CONFIRM, "/reset/"),
    (people.unconfirmed, "auto", RESET_AND_CONFIRM, "/reset/"),
    (people.active, "invite", HAVE_ACCOUNT, "/login"),
    (people.active, "password_reset", RESET, "/reset/"),
    (people.active, "auto", RESET, "/reset/"),
    (people.locked, "invite", LOCKED, None),
    (people.locked, "password_reset", LOCKED, None),
    (people.locked, "auto", LOCKED, None),
    (people.stranger, "invite", NO_ACCOUNT, "/forgot"),
    (people.stranger, "password_reset", NO_ACCOUNT, "/forgot"),
    (people.stranger, "auto", NO_ACCOUNT, "/forgot"),
]


@pytest.mark.parametrize(("person", "kind", "subject", "path"), MAILS)
def test_the_mail_tells_the_truth_about_the_account(
    accounts: AccountsRun,
    person: Callable[[AccountsRun], str],
    kind: str,
    subject: str,
    path: str | None,
) -> None:
    email = person(accounts)
    accounts.client().request_recovery(
        email, RecoveryKind(kind), idempotency_key=people.new_address()
    )
    mail = accounts.next_mail(email)
    assert subject in mail["subject"]
    if path is None:
        assert mail["links"] == []
    else:
        assert mail["links"][0].startswith(accounts.base_url + path)
        assert f"\n{mail['links'][0]}\n" in mail["text"].replace("\r", "")


def test_an_expired_invitation_is_followed_by_a_fresh_one_that_works(
    accounts: AccountsRun, browser: Browser
) -> None:
    accounts.request("ivo@example.com", "invite")
    page = people.accept(browser, accounts.next_link("ivo@example.com"))
    assert "Hello, Noor" in page.title
    assert "Harbour House" in page.text


def test_a_reset_for_somebody_unconfirmed_also_confirms(
    accounts: AccountsRun, browser: Browser
) -> None:
    email = people.unconfirmed(accounts)
    accounts.request(email, "auto")
    page = people.reset(browser, accounts.next_link(email))
    assert page.url.endswith("/home")
    account = accounts.staff().get_account(email)
    assert account is not None
    assert account.state == "active"
    assert account.confirmed_at is not None


def test_case_and_spaces_in_the_address_do_not_matter(accounts: AccountsRun) -> None:
    email = people.active(accounts)
    accounts.request(f"  {email.upper()} ", "auto")
    assert RESET in accounts.next_mail(email)["subject"]


def test_more_than_five_mails_an_hour_are_suppressed_and_revoke_nothing(
    accounts: AccountsRun,
) -> None:
    email, _link = people.invite(accounts)
    for _ in range(4):
        accounts.request(email, "invite")
        link = accounts.next_link(email)
    accounts.request(email, "invite")

    def suppressed() -> bool:
        return accounts.staff().deliveries(email)[0].state is DeliveryState.SUPPRESSED

    wait_for(suppressed, "the suppression")
    newest = accounts.staff().deliveries(email)[0]
    assert newest.reason == "rate limit"
    assert len(accounts.mails(email)) == 5
    assert accounts.client().inspect_link(link).state == "valid"

    accounts.advance(hours=1, seconds=1)
    accounts.request(email, "invite")
    assert INVITATION in accounts.next_mail(email)["subject"]


def test_mails_carry_the_headers_that_stop_automatic_answers(
    accounts: AccountsRun,
) -> None:
    email = people.stranger(accounts)
    accounts.request(email)
    headers = accounts.next_mail(email)["headers"]
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Message-ID"].startswith("<")
    assert headers["Date"]
    assert headers["Content-Type"].startswith("multipart/alternative")
    assert headers["To"] == email


def test_typed_names_do_not_reach_the_mail_of_somebody_else(
    accounts: AccountsRun, browser: Browser
) -> None:
    email = people.new_address()
    browser.fill(
        "/register", email=email, first_name="Visit", last_name="evil.example now"
    )
    assert "evil" not in accounts.next_mail(email)["text"]
