"""The account backend, as agents use it: to look at an account, to have a mail sent.

Its client waits, so it waits in a few threads of its own. Where all of them wait, nobody
gets in line: whoever asks is told at once that the backend does not answer.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from accounts.client import (
    Account,
    AccountsClient,
    AccountsError,
    Delivery,
    RecoveryKind,
)

log = logging.getLogger(__name__)

Result = TypeVar("Result")

AT_ONCE = 4
MOST_WAITING = 16
# An agent looks at the rest of the panel meanwhile, and a contact waits for the agent.
CONNECT_TIMEOUT_S = 1.0
READ_TIMEOUT_S = 3.0
BUDGET_S = 4.0


@dataclass(frozen=True)
class AccountLook:
    """What the backend has for an address; the newest mails first."""

    account: Account | None
    deliveries: Sequence[Delivery]


class BackendError(Exception):
    """The backend did not do it. `is_certain` tells whether it surely did nothing."""

    def __init__(self, code: str, *, is_certain: bool) -> None:
        super().__init__(code)
        self.code = code
        self.is_certain = is_certain


class AccountBackend:
    """Talks to the account backend for agents.

    Args:
        url: Where it is.
        token: May ask for mails; empty if nobody configured it.
        staff_token: May look at accounts; likewise.
    """

    def __init__(self, url: str, token: str, staff_token: str) -> None:
        self._service = _client(url, token)
        self._staff = _client(url, staff_token)
        self._callers = ThreadPoolExecutor(AT_ONCE, "account-backend")
        self._waiting = 0

    async def look_at(self, address: str) -> AccountLook:
        """Return what the backend has for an address.

        Raises:
            BackendError: It does not say.
        """
        staff = self._staff
        if staff is None:
            raise BackendError("not_configured", is_certain=True)

        def look() -> AccountLook:
            return AccountLook(
                staff.get_account(address), tuple(staff.deliveries(address))
            )

        return await self._call(look)

    async def request_recovery(
        self, address: str, kind: RecoveryKind, key: str
    ) -> None:
        """Ask for a mail; with the same key again, none is sent twice.

        Raises:
            BackendError: It is refused, or nobody knows what became of it.
        """
        service = self._service
        if service is None:
            raise BackendError("not_configured", is_certain=True)
        await self._call(
            lambda: service.request_recovery(address, kind, idempotency_key=key)
        )

    def close(self) -> None:
        """Give threads and connections back."""
        self._callers.shutdown(wait=False, cancel_futures=True)
        for client in (self._service, self._staff):
            if client is not None:
                client.close()

    async def _call(self, work: Callable[[], Result]) -> Result:
        if self._waiting >= MOST_WAITING:
            raise BackendError("busy", is_certain=True)
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._callers, work)
        except AccountsError as error:
            log.warning("the account backend did not help an agent: %s", error.code)
            raise BackendError(error.code, is_certain=error.permanent) from error
        finally:
            self._waiting -= 1


def _client(url: str, token: str) -> AccountsClient | None:
    if not token:
        return None
    return AccountsClient(
        url,
        token=token,
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        budget=BUDGET_S,
    )
