"""Runs the real account service and the real mailbox for tests, on free ports.

`run_accounts(tmp_path)` yields an `AccountsRun`: addresses, tokens, a clock to advance,
the mails that arrived. Nothing is faked but the clock, which is the real one, shifted.
"""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import requests

from accounts.client import (
    AccountsClient,
    Delivery,
    DeliveryState,
    Recovery,
    RecoveryState,
)
from tests.forking import ForkedModule

ROOT = Path(__file__).resolve().parents[2]
LAUNCHER = "tests.accounts.launcher"
START_SECONDS = 30.0
STOP_SECONDS = 10.0
# Addresses that the mailbox refuses; a test may take one of the second for itself.
BOUNCE = "bounce@example.com"
REFUSED = [f"refused-{number}@example.com" for number in range(8)]
Found = TypeVar("Found")


def free_port() -> int:
    """Return a port that nothing listens on at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for(find: Callable[[], Found | None], what: str, seconds: float = 15) -> Found:
    """Return what `find` finds, as soon as it finds something; fail after a while."""
    deadline = time.monotonic() + seconds
    while True:
        found = find()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {seconds} s")
        time.sleep(0.03)


@dataclass
class Part:
    """One process of the product."""

    module: str
    variables: dict[str, str]
    log_file: Path
    health: str
    process: ForkedModule | None = None

    def start(self, *, wait: bool = True) -> None:
        """Start the process and wait until it answers."""
        everything = {**os.environ, **self.variables}
        self.process = ForkedModule(self.module, everything, self.log_file)
        if wait:
            wait_for(self._is_up, f"the start of {self.module}", START_SECONDS)

    def stop(self) -> float:
        """Ask the process to end and return how many seconds that took."""
        if self.process is None:
            return 0.0
        begin = time.monotonic()
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self.process = None
        return time.monotonic() - begin

    def kill(self) -> None:
        """End the process as a power cut would."""
        if self.process:
            self.process.kill()
            self.process.wait(STOP_SECONDS)
            self.process = None

    @property
    def log(self) -> str:
        """What the process has written so far."""
        return self.log_file.read_text(encoding="utf-8")

    def _is_up(self) -> bool:
        if self.process and self.process.poll() is not None:
            raise AssertionError(f"{self.module} did not start:\n{self.log}")
        try:
            return requests.get(self.health, timeout=2).ok
        except requests.RequestException:
            return False


@dataclass
class AccountsRun:
    """A running account service with its mailbox."""

    base_url: str
    outbox_url: str
    token: str
    staff_token: str
    clock_file: Path
    service: Part
    outbox: Part
    folder: Path
    smtp_port: int
    _seen: set[str] = field(default_factory=set)

    @property
    def database_file(self) -> Path:
        """The service's SQLite file."""
        return self.folder / "accounts.db"

    def client(self, **options: Any) -> AccountsClient:
        """Return a client with the service's own scope."""
        return AccountsClient(self.base_url, token=self.token, **options)

    def staff(self, **options: Any) -> AccountsClient:
        """Return a client with the staff's scope."""
        return AccountsClient(self.base_url, token=self.staff_token, **options)

    def now(self) -> datetime:
        """Return what time the service thinks it is."""
        return datetime.now(UTC) + timedelta(seconds=self._shift())

    def advance(self, **time_span: float) -> None:
        """Move the service's clock forward, as in `advance(hours=73)`."""
        shift = self._shift() + timedelta(**time_span).total_seconds()
        part = self.clock_file.with_suffix(".part")
        part.write_text(str(shift), encoding="utf-8")
        part.rename(self.clock_file)

    def mails(self, to: str) -> list[dict[str, Any]]:
        """Return the mails to an address, newest first."""
        answer = requests.get(
            f"{self.outbox_url}/api/mails", params={"to": to}, timeout=5
        )
        return list(answer.json()["mails"])

    def next_mail(self, to: str) -> dict[str, Any]:
        """Wait for a mail to an address that this method has not returned yet."""

        def newest_unseen() -> dict[str, Any] | None:
            unseen = [m for m in self.mails(to) if m["number"] not in self._seen]
            return unseen[-1] if unseen else None

        mail = wait_for(newest_unseen, f"a mail to {to}")
        self._seen.add(mail["number"])
        return mail

    def next_link(self, to: str) -> str:
        """Wait for the next mail to an address and return the link in it."""
        return str(self.next_mail(to)["links"][0])

    def request(
        self, email: str, kind: str = "auto", key: str | None = None, **more: Any
    ) -> None:
        """Ask for a recovery as the help desk does."""
        answer = requests.post(
            f"{self.base_url}/v1/recoveries",
            json={"email": email, "kind": kind, **more},
            headers={
                "Authorization": f"Bearer {self.token}",
                "Idempotency-Key": key or uuid4().hex,
            },
            timeout=5,
        )
        assert answer.status_code == 202, answer.text

    def newest_delivery(self, email: str) -> Delivery | None:
        """Return what became of the newest mail to an address."""
        found = self.staff().deliveries(email)
        return found[0] if found else None

    def delivery_in(self, email: str, state: DeliveryState) -> Delivery:
        """Wait until the newest mail to an address is in a state."""

        def in_state() -> Delivery | None:
            delivery = self.newest_delivery(email)
            return delivery if delivery and delivery.state is state else None

        return wait_for(in_state, f"{state} for {email}")

    def decided(self, key: str) -> Recovery:
        """Wait until a recovery was looked at and its mail, if any, was tried."""

        def is_over() -> Recovery | None:
            recovery = self.staff().get_recovery(key)
            if recovery is None or recovery.state is RecoveryState.QUEUED:
                return None
            delivery = recovery.delivery
            is_tried = not delivery or delivery.state is not DeliveryState.QUEUED
            return recovery if is_tried else None

        return wait_for(is_over, "the end of a recovery")

    def _shift(self) -> float:
        return float(self.clock_file.read_text(encoding="utf-8"))


@contextmanager
def run_accounts(
    tmp_path: Path,
    clock_file: Path | None = None,
    launcher: str = LAUNCHER,
    **variables: str,
) -> Iterator[AccountsRun]:
    """Start service and mailbox; stop both at the end.

    Args:
        tmp_path: Where database, mails and logs go.
        clock_file: The file that shifts the service's clock; one is made if None.
        launcher: The module that is run.
        variables: More environment variables for both processes.
    """
    run = prepare_accounts(tmp_path, clock_file, launcher, **variables)
    try:
        run.outbox.start(wait=False)
        run.service.start()
        wait_for(run.outbox._is_up, "the start of the mailbox", START_SECONDS)
        yield run
    finally:
        run.service.stop()
        run.outbox.stop()


def prepare_accounts(
    tmp_path: Path,
    clock_file: Path | None = None,
    launcher: str = LAUNCHER,
    **variables: str,
) -> AccountsRun:
    """Return a run whose processes are not started yet."""
    port, smtp_port, outbox_port = free_port(), free_port(), free_port()
    clock_file = clock_file or tmp_path / "clock"
    if not clock_file.exists():
        clock_file.write_text("0", encoding="utf-8")
    base_url, outbox_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{outbox_port}"
    token, staff_token = f"service-{uuid4().hex}", f"staff-{uuid4().hex}"
    everything = {
        "LATCHKEY_HOME": str(tmp_path),
        "LATCHKEY_SETTINGS": str(ROOT / "settings.yml"),
        "LATCHKEY_ACCOUNTS_PORT": str(port),
        "LATCHKEY_ACCOUNTS_PUBLIC_URL": base_url,
        "LATCHKEY_ACCOUNTS_DATABASE_URL": f"sqlite:///{tmp_path / 'accounts.db'}",
        "LATCHKEY_ACCOUNTS_TOKEN": token,
        "LATCHKEY_ACCOUNTS_STAFF_TOKEN": staff_token,
        "LATCHKEY_ACCOUNTS_SECRET": "only for tests, long enough, not a secret",
        "LATCHKEY_ACCOUNTS_SEED": "1",
        "LATCHKEY_SMTP_HOST": "127.0.0.1",
        "LATCHKEY_SMTP_PORT": str(smtp_port),
        "LATCHKEY_OUTBOX_DIR": str(tmp_path / "outbox"),
        "LATCHKEY_OUTBOX_SMTP_PORT": str(smtp_port),
        "LATCHKEY_OUTBOX_HTTP_PORT": str(outbox_port),
        "LATCHKEY_OUTBOX_REFUSE": ",".join([BOUNCE, *REFUSED]),
        "LATCHKEY_TEST_CLOCK_FILE": str(clock_file),
        **variables,
    }
    outbox = "accounts.outbox"
    log, health = tmp_path / "accounts.log", f"{base_url}/healthz"
    outbox_log, outbox_health = tmp_path / "outbox.log", f"{outbox_url}/healthz"
    return AccountsRun(
        base_url=base_url,
        outbox_url=outbox_url,
        token=token,
        staff_token=staff_token,
        clock_file=clock_file,
        service=Part(launcher, everything, log, health),
        outbox=Part(outbox, everything, outbox_log, outbox_health),
        folder=tmp_path,
        smtp_port=smtp_port,
    )
