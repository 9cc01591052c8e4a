"""After a bounce nothing is sent for a day, unless staff say so."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.client import AccountsError, Delivery, DeliveryState, RecoveryKind
from accounts.seed import PASSWORD
from accounts.words import JobKind
from foundation.postman import Handover, Outcome
from tests.accounts.browser import Browser
from tests.accounts.office import LATER, REFUSED, Office
from tests.accounts.service import REFUSED as REFUSED_ADDRESSES
from tests.accounts.service import AccountsRun

BOUNCED, SUPPRESSED = DeliveryState.BOUNCED, DeliveryState.SUPPRESSED
ACCEPTED = DeliveryState.ACCEPTED
HELD = (SUPPRESSED, "bounced before")
REASON = "550 5.1.1 There is no mailbox of this name"
STALE = timedelta(hours=24, seconds=1)
unused: dict[str, Iterator[str]] = {}


@pytest.fixture
def refused(backend: AccountsRun) -> str:
    """An address that the mail server refuses and no test has used."""
    left = unused.setdefault(backend.base_url, iter(REFUSED_ADDRESSES))
    return next(left)


def ask(run: AccountsRun, email: str, **options: bool) -> Delivery:
    """Ask as staff do; return what became of the mail."""
    key = uuid4().hex
    run.staff().request_recovery(
        email, RecoveryKind.AUTO, idempotency_key=key, **options
    )
    delivery = run.decided(key).delivery
    assert delivery is not None
    return delivery


def test_an_address_that_bounced_gets_nothing_for_a_day(
    backend: AccountsRun, refused: str
) -> None:
    staff = backend.staff()
    assert staff.suppression(refused) is None
    assert ask(backend, refused).state is BOUNCED
    held = staff.suppression(f" {refused.upper()}")
    assert held is not None
    assert (held.email, held.reason) == (refused, REASON)

    for _ in range(6):  # more than five: what is held back is no mail of the hour
        again = ask(backend, refused)
        assert (again.state, again.reason) == HELD
        assert again.attempts == 0
    assert staff.suppression(refused) == held

    backend.advance(hours=25)
    later = ask(backend, refused)
    assert (later.state, later.attempts) == (BOUNCED, 1)
    anew = staff.suppression(refused)
    assert anew is not None
    assert anew.since > held.since


def test_staff_may_lift_it(backend: AccountsRun, refused: str) -> None:
    staff = backend.staff()
    ask(backend, refused)
    assert ask(backend, refused).state is SUPPRESSED
    assert ask(backend, refused, lift_suppression=True).state is BOUNCED
    assert ask(backend, refused, lift_suppression=False).state is SUPPRESSED
    for _ in range(2):
        staff.lift_suppression(refused)
        assert staff.suppression(refused) is None
    assert ask(backend, refused).state is BOUNCED


def test_a_service_may_neither_see_nor_lift_it(
    backend: AccountsRun, refused: str
) -> None:
    ask(backend, refused)
    service = backend.client()
    for use in (
        lambda: service.suppression(refused),
        lambda: service.lift_suppression(refused),
        lambda: service.request_recovery(
            refused, RecoveryKind.AUTO, idempotency_key="k", lift_suppression=True
        ),
    ):
        with pytest.raises(AccountsError, match="forbidden"):
            use()
    assert backend.staff().suppression(refused) is not None
    assert ask(backend, refused).state is SUPPRESSED


def test_who_is_invited_meanwhile_is_not_forgotten(
    backend: AccountsRun, refused: str
) -> None:
    assert ask(backend, refused).letter == "no_account"
    browser = Browser(backend.base_url)
    browser.log_in("sam@example.com", PASSWORD)
    browser.fill("/people/invite", email=refused)
    held = backend.delivery_in(refused, SUPPRESSED)
    assert (held.letter, held.reason) == ("invitation", "bounced before")
    account = backend.staff().get_account(refused)
    assert account is not None
    assert account.invitation is not None
    backend.advance(hours=25)
    assert ask(backend, refused).letter == "invitation"


def test_what_is_held_back_changes_no_link(each_office: Office) -> None:
    office, postman = each_office, each_office.postman
    office.ask(JobKind.INVITE)
    office.settle()
    postman.outcome = REFUSED
    office.ask(JobKind.INVITE)
    office.settle()
    postman.outcome = Outcome(Handover.ACCEPTED)
    office.ask(JobKind.INVITE)
    office.settle()
    # The one that bounced had replaced the first; the one that was held back did not.
    assert [office.link_state(link) for link in postman.links] == ["replaced", "valid"]

    office.clock.advance(STALE)
    office.ask(JobKind.INVITE)
    office.settle()
    assert office.mails()[1:] == [(BOUNCED, REASON), HELD, (ACCEPTED, None)]
    assert office.held_since() is None
    assert office.link_state(postman.links[-1]) == "valid"


def test_what_waits_beside_a_mail_that_bounces_is_held_back_too(
    each_office: Office,
) -> None:
    office, postman = each_office, each_office.postman
    postman.outcome = LATER
    office.ask(email="lea@example.com")
    office.ask(email="lea@example.com")
    office.settle()
    postman.outcome = REFUSED
    office.clock.advance(timedelta(minutes=5))
    office.settle()
    assert sorted(office.mails("lea@example.com")) == [(BOUNCED, REASON), HELD]


def test_a_mail_that_was_given_up_is_nobodys_fault(each_office: Office) -> None:
    office = each_office
    office.postman.outcome = LATER
    office.ask()
    office.settle()
    office.clock.advance(timedelta(hours=49))
    office.settle()
    assert office.mails()[0][0] == BOUNCED
    assert office.held_since() is None


def test_a_day_is_counted_from_the_newest_bounce(each_office: Office) -> None:
    office = each_office
    office.postman.outcome = REFUSED
    office.ask()
    office.settle()
    first = office.held_since()
    office.clock.advance(STALE)
    office.ask()
    office.settle()
    assert office.held_since() == office.clock.now() != first
    office.clock.advance(timedelta(hours=23))
    office.ask()
    office.settle()
    assert [state for state, _ in office.mails()] == [BOUNCED, BOUNCED, SUPPRESSED]
