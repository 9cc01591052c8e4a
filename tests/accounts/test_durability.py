"""What happens when a part is down: nothing accepted is lost, nothing happens twice."""

from pathlib import Path
from uuid import uuid4

from accounts.client import DeliveryState
from tests.accounts import people
from tests.accounts.browser import Browser
from tests.accounts.service import AccountsRun, prepare_accounts, wait_for

ANA = "ana@example.com"


def test_mail_waits_for_the_mail_server_and_restarts_repeat_nothing(
    tmp_path: Path,
) -> None:
    run = prepare_accounts(tmp_path)
    try:
        run.service.start()
        key = uuid4().hex
        run.request(ANA, "invite", key=key)
        deferred = run.delivery_in(ANA, DeliveryState.DEFERRED)
        assert deferred.reason is not None
        assert "cannot be reached" in deferred.reason

        # The mail server is still away when the service is stopped, then killed.
        assert run.service.stop() < 2.5
        run.service.start()
        run.advance(minutes=5)
        wait_for(lambda: (run.newest_delivery(ANA) or deferred).attempts > 1, "a retry")
        run.service.kill()
        run.outbox.start()
        run.service.start()
        run.request(ANA, "invite", key=key)
        run.advance(minutes=10)
        accepted = run.delivery_in(ANA, DeliveryState.ACCEPTED)
        states = [event.state for event in accepted.events]
        assert states[0] is DeliveryState.QUEUED
        assert DeliveryState.DEFERRED in states
        assert states[-1] is DeliveryState.ACCEPTED

        link = run.next_link(ANA)
        assert len(run.mails(ANA)) == 1
        assert len(run.staff().deliveries(ANA)) == 1
        check_that_the_links_time_began_when_the_mail_left(run, link)
        assert people.accept(Browser(run.base_url), link).url.endswith("/home")
    finally:
        run.service.stop()
        run.outbox.stop()


def check_that_the_links_time_began_when_the_mail_left(
    run: AccountsRun, link: str
) -> None:
    seen = run.client().inspect_link(link)
    assert seen.expires_at is not None
    # The ten minutes before may lie between the leaving and now.
    assert (seen.expires_at - run.now()).total_seconds() > 71.8 * 3600


def test_a_request_accepted_before_a_kill_is_carried_out_after_it(
    tmp_path: Path,
) -> None:
    run = prepare_accounts(tmp_path)
    try:
        run.outbox.start(wait=False)
        run.service.start()
        for person in ("una", "alex", "sam"):
            run.request(f"{person}@example.com")
        run.service.kill()
        run.service.start()
        run.advance(minutes=2)
        for person in ("una", "alex", "sam"):
            link = run.next_link(f"{person}@example.com")
            assert run.client().inspect_link(link).state == "valid"
    finally:
        run.service.stop()
        assert run.outbox.stop() < 2.5


def test_a_refused_address_bounces_and_is_not_tried_again(
    accounts: AccountsRun,
) -> None:
    accounts.request("bounce@example.com")
    bounced = accounts.delivery_in("bounce@example.com", DeliveryState.BOUNCED)
    assert bounced.reason == "550 5.1.1 There is no mailbox of this name"
    assert bounced.attempts == 1
    accounts.advance(hours=2)
    other = people.stranger(accounts)
    accounts.request(other)
    accounts.next_mail(other)
    again = accounts.newest_delivery("bounce@example.com")
    assert again == bounced


def test_a_mail_that_a_newer_one_replaced_is_not_sent_late(tmp_path: Path) -> None:
    run = prepare_accounts(tmp_path)
    try:
        run.service.start()
        run.request(ANA, "invite")
        run.delivery_in(ANA, DeliveryState.DEFERRED)
        run.advance(seconds=1)
        run.request(ANA, "invite")
        run.delivery_in(ANA, DeliveryState.DEFERRED)
        run.outbox.start()
        run.advance(minutes=2)
        run.delivery_in(ANA, DeliveryState.ACCEPTED)

        def older() -> bool:
            return run.staff().deliveries(ANA)[1].state is DeliveryState.SUPPRESSED

        wait_for(older, "the end of the older mail")
        assert len(run.mails(ANA)) == 1
        link = run.next_link(ANA)
        assert run.client().inspect_link(link).state == "valid"
    finally:
        run.service.stop()
        run.outbox.stop()
