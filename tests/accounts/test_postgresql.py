"""The same service on a real PostgreSQL, with two processes sharing the work."""

from pathlib import Path

from accounts.client import DeliveryState
from tests.accounts import people
from tests.accounts.browser import Browser
from tests.accounts.service import Part, free_port, prepare_accounts, wait_for
from tests.postgresql import new_database


def test_two_processes_on_postgresql_do_everything_once(
    tmp_path: Path, postgresql: str
) -> None:
    url = new_database(postgresql)
    run = prepare_accounts(tmp_path, LATCHKEY_ACCOUNTS_DATABASE_URL=url)
    port = free_port()
    beside = Part(
        run.service.module,
        run.service.variables | {"LATCHKEY_ACCOUNTS_PORT": str(port)},
        tmp_path / "beside.log",
        f"http://127.0.0.1:{port}/healthz",
    )
    try:
        run.outbox.start(wait=False)
        run.service.start()
        beside.start()
        everybody = [people.stranger(run) for _ in range(12)]
        for email in everybody:
            run.request(email, key=email)
            run.request(email, key=email)
        for email in everybody:
            run.next_mail(email)
        assert [len(run.mails(email)) for email in everybody] == [1] * 12

        email, link = people.invite(run)
        assert people.accept(Browser(run.base_url), link).url.endswith("/home")
        assert run.client().inspect_link(link).state == "used"
        run.request("bounce@example.com")

        def has_bounced() -> bool:
            found = run.staff().deliveries("bounce@example.com")
            return bool(found) and found[0].state is DeliveryState.BOUNCED

        wait_for(has_bounced, "the bounce")
        assert run.staff().get_account(email) is not None
        assert "Traceback" not in run.service.log + beside.log
    finally:
        beside.stop()
        run.service.stop()
        run.outbox.stop()
