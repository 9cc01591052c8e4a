"""Taking back what was sent: that link alone, while it can still be taken back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from sqlalchemy.exc import NoResultFound

from accounts.client import AccountsError, DeliveryState, LinkState, RecoveryState
from accounts.links import find_token, redeem
from accounts.withdrawals import Withdrawal
from accounts.words import JobKind
from tests.accounts import people
from tests.accounts.browser import Browser
from tests.accounts.office import ANA, LATER, Office
from tests.accounts.service import AccountsRun

NOBODY = "nobody@example.com"
SUPPRESSED, ACCEPTED = DeliveryState.SUPPRESSED, DeliveryState.ACCEPTED


def send(run: AccountsRun, email: str, kind: str = "auto") -> tuple[str, str]:
    """Have a link sent; return the recovery's key and the link."""
    key = f"key-{uuid4().hex}"
    run.request(email, kind, key=key)
    link = run.next_link(email)
    run.decided(key)
    return key, link


def refusal(run: AccountsRun, key: str) -> str:
    with pytest.raises(AccountsError) as caught:
        run.staff().withdraw_recovery(key)
    assert caught.value.permanent
    return caught.value.code


def state(run: AccountsRun, link: str) -> LinkState:
    return run.client().inspect_link(link).state


def test_a_link_that_was_taken_back_no_longer_works(backend: AccountsRun) -> None:
    email = people.invited(backend)
    key, link = send(backend, email, "invite")
    browser = Browser(backend.base_url)
    form = browser.open(link)
    recovery = backend.staff().withdraw_recovery(key)

    assert recovery.withdrawn_at is not None
    assert recovery.link is not None
    assert recovery.link.state is LinkState.REPLACED
    assert recovery.delivery is not None
    assert recovery.delivery.state is ACCEPTED  # it had left, and that stays true
    seen = backend.client().inspect_link(link)
    assert (seen.state, seen.withdrawn_at) == ("replaced", recovery.withdrawn_at)
    password = {"password": people.NEW_PASSWORD, "password_again": people.NEW_PASSWORD}
    names = {"first_name": "Mal", "last_name": "Lory"}
    for page in (browser.open(link), browser.submit(form, **password, **names)):
        assert page.status == 410
        assert page.title == "This link was taken back"

    assert backend.staff().withdraw_recovery(key) == recovery
    assert backend.staff().get_recovery(key) == recovery
    browser.submit(browser.open(link))  # "I still need one"
    assert people.accept(browser, backend.next_link(email)).url.endswith("/home")


def test_what_a_recovery_came_to_is_told_by_its_key(backend: AccountsRun) -> None:
    email = people.active(backend)
    key = "odd/key?#%20&é"[:-1] + uuid4().hex
    backend.request(f" {email.upper()}", "auto", key=key)
    link = backend.next_link(email)
    recovery = backend.decided(key)
    assert (recovery.key, recovery.email, recovery.kind) == (key, email, "auto")
    assert recovery.state is RecoveryState.DONE
    assert recovery.letter == "password_reset"
    assert recovery.delivery == backend.newest_delivery(email)
    seen = backend.client().inspect_link(link)
    assert recovery.link is not None
    assert recovery.link.purpose == "password_reset"
    assert recovery.link.expires_at == seen.expires_at
    assert recovery.withdrawn_at is None
    assert backend.staff().get_recovery("never asked".replace(" ", "-")) is None


def test_a_used_link_cannot_be_taken_back(backend: AccountsRun) -> None:
    key, link = send(backend, people.invited(backend), "invite")
    people.accept(Browser(backend.base_url), link)
    assert refusal(backend, key) == "already_used"
    assert state(backend, link) is LinkState.USED


def test_nothing_can_be_taken_back_where_nothing_works(backend: AccountsRun) -> None:
    stranger, key = people.stranger(backend), uuid4().hex
    backend.request(stranger, key=key)
    backend.next_mail(stranger)
    assert backend.decided(key).link is None
    assert refusal(backend, key) == "nothing_to_withdraw"
    assert refusal(backend, "never-asked-for") == "no_recovery"

    email = people.active(backend)
    old, first = send(backend, email)
    new, second = send(backend, email)
    assert refusal(backend, old) == "nothing_to_withdraw"
    assert (state(backend, first), state(backend, second)) == ("replaced", "valid")
    assert backend.client().inspect_link(first).withdrawn_at is None
    backend.advance(minutes=61)
    assert refusal(backend, new) == "nothing_to_withdraw"
    assert state(backend, second) is LinkState.EXPIRED


def test_taking_back_touches_no_other_link_and_opens_none(backend: AccountsRun) -> None:
    email, confirm = people.register(backend)
    _, before = send(backend, email)
    key, link = send(backend, email)
    _somebody, others = people.invite(backend)
    backend.staff().withdraw_recovery(key)
    assert state(backend, link) is LinkState.REPLACED
    assert state(backend, before) is LinkState.REPLACED
    assert backend.client().inspect_link(before).withdrawn_at is None
    assert state(backend, confirm) is LinkState.VALID
    assert state(backend, others) is LinkState.VALID


def test_taking_back_gives_no_further_mails_within_the_hour(
    backend: AccountsRun,
) -> None:
    email = people.invited(backend)
    for _ in range(4):
        key, _ = send(backend, email, "invite")
    backend.staff().withdraw_recovery(key)
    backend.request(email, "invite")
    suppressed = backend.delivery_in(email, SUPPRESSED)
    assert suppressed.reason == "rate limit"


def test_a_service_may_neither_follow_nor_take_back(backend: AccountsRun) -> None:
    key, link = send(backend, people.active(backend))
    for use in (backend.client().get_recovery, backend.client().withdraw_recovery):
        with pytest.raises(AccountsError, match="forbidden"):
            use(key)
    assert state(backend, link) is LinkState.VALID


def test_a_request_that_nobody_looked_at_is_dropped(each_office: Office) -> None:
    each_office.ask(key="k")
    assert each_office.withdraw("k") is Withdrawal.DONE
    assert each_office.withdraw("k") is Withdrawal.DONE
    each_office.settle()
    assert each_office.mails() == []
    assert each_office.job().withdrawn_at == each_office.clock.now()
    with pytest.raises(NoResultFound):
        each_office.withdraw("another")


@pytest.mark.parametrize("email", [ANA, NOBODY])
def test_a_mail_that_waits_for_its_server_is_not_sent(
    each_office: Office, email: str
) -> None:
    each_office.postman.outcome = LATER
    each_office.ask(email=email, key="k")
    each_office.settle()
    # So long that a link whose mail had left would have expired.
    each_office.clock.advance(timedelta(hours=80))
    assert each_office.withdraw("k") is Withdrawal.DONE
    each_office.settle()
    assert each_office.mails(email) == [(SUPPRESSED, "withdrawn")]
    assert len(each_office.postman.sent) == 1
    for link in each_office.postman.links:
        if "/invite/" in link:
            assert each_office.link_state(link) == "replaced"


@pytest.mark.parametrize("is_taken", [True, False])
def test_a_mail_is_taken_back_while_it_is_handed_over(
    each_office: Office, is_taken: bool
) -> None:
    postman = each_office.postman
    postman.meanwhile = lambda: outcomes.append(each_office.withdraw("k"))
    if not is_taken:
        postman.outcome = LATER
    outcomes: list[Withdrawal] = []
    each_office.ask(key="k")
    each_office.settle()
    each_office.clock.advance(timedelta(hours=1))
    each_office.settle()
    assert outcomes == [Withdrawal.DONE]
    assert len(postman.sent) == 1
    truth = (ACCEPTED, None) if is_taken else (SUPPRESSED, "withdrawn")
    assert each_office.mails() == [truth]
    assert each_office.link_state(postman.links[0]) == "replaced"


def test_a_link_is_either_used_or_taken_back(each_office: Office) -> None:
    each_office.ask(JobKind.INVITE, key="k")
    each_office.settle()
    secret = each_office.postman.links[0].rpartition("/")[2]
    start = Barrier(6)

    def use() -> str:
        with each_office.database.transaction() as session:
            token = find_token(session, secret)
            assert token is not None
            is_won = redeem(session, token, each_office.clock.now())
        return "used" if is_won else "too late"

    def race(number: int) -> str:
        start.wait(10)
        return use() if number % 2 else each_office.withdraw("k")

    with ThreadPoolExecutor(6) as pool:
        ends = list(pool.map(race, range(6)))
    is_used = "used" in ends
    assert ends.count("used") == int(is_used)
    assert set(ends[::2]) == {"already_used" if is_used else "done"}
    assert each_office.link_state(secret) == ("used" if is_used else "replaced")
