"""The account backend, as the desk uses it: accounts, mails, and what became of links.

Its client waits, so it waits in a few threads of its own. Where all of them wait, nobody
gets in line: whoever asks is told at once that the backend does not answer. Links that
contacts paste have threads of their own, so that none of them keeps agents waiting.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from accounts.client import (
    Account,
    AccountsClient,
    AccountsError,
    Delivery,
    LinkInspection,
    Recovery,
    RecoveryKind,
    Suppression,
    Watch,
    watch_nothing,
)
from foundation.trace_context import in_trace

log = logging.getLogger(__name__)

Result = TypeVar("Result")

AT_ONCE = 4
MOST_WAITING = 16
# An agent looks at the rest of the panel meanwhile, and a contact waits for the agent.
CONNECT_TIMEOUT_S = 1.0
READ_TIMEOUT_S = 3.0
BUDGET_S = 4.0
# A contact's message waits meanwhile.
LINK_BUDGET_S = 1.8


@dataclass(frozen=True)
class AccountLook:
    """What the backend has for an address; the newest mails first."""

    account: Account | None
    deliveries: Sequence[Delivery]
    suppression: Suppression | None = None


class BackendError(Exception):
    """The backend did not do it. `is_certain` tells whether it surely did nothing."""

    def __init__(self, code: str, *, is_certain: bool) -> None:
        super().__init__(code)
        self.code = code
        self.is_certain = is_certain


class AccountBackend:
    """Talks to the account backend.

    Args:
        url: Where it is.
        token: May ask for mails; empty if nobody configured it.
        staff_token: May look at accounts; likewise.
        watch: Sees each call.
    """

    def __init__(
        self, url: str, token: str, staff_token: str, watch: Watch = watch_nothing
    ) -> None:
        self._service = _client(url, token, BUDGET_S, watch)
        self._staff = _client(url, staff_token, BUDGET_S, watch)
        self._links = _client(url, token, LINK_BUDGET_S, watch)
        self._for_agents = _Callers("account-backend")
        self._for_links = _Callers("account-links")

    async def look_at(self, address: str) -> AccountLook:
        """Return what the backend has for an address.

        Raises:
            BackendError: It does not say.
        """
        staff = _configured(self._staff)

        def look() -> AccountLook:
            return AccountLook(
                staff.get_account(address),
                tuple(staff.deliveries(address)),
                staff.suppression(address),
            )

        return await self._for_agents.call(look)

    async def request_recovery(
        self, address: str, kind: RecoveryKind, key: str
    ) -> None:
        """Ask for a mail; with the same key again, none is sent twice.

        Somebody has looked, so mail that bounced before does not hold it back.

        Raises:
            BackendError: It is refused, or nobody knows what became of it.
        """
        service = _configured(self._staff or self._service)
        is_staff = self._staff is not None
        await self._for_agents.call(
            lambda: service.request_recovery(
                address, kind, idempotency_key=key, lift_suppression=is_staff
            )
        )

    @property
    def may_look(self) -> bool:
        """Whether anybody told this help desk how to look at accounts."""
        return self._staff is not None

    async def find_recovery(self, key: str) -> Recovery | None:
        """Return what became of a request; None if the backend never heard of it.

        Raises:
            BackendError: It does not say.
        """
        staff = _configured(self._staff)
        return await self._for_agents.call(lambda: staff.get_recovery(key))

    async def withdraw(self, key: str) -> Recovery:
        """Make the link that a request led to worthless.

        Raises:
            BackendError: It is refused, or nobody knows what became of it.
        """
        staff = _configured(self._staff)
        return await self._for_agents.call(lambda: staff.withdraw_recovery(key))

    async def inspect_link(self, link: str) -> LinkInspection:
        """Return what became of a link, within two seconds and without using it up.

        Raises:
            BackendError: It does not say.
        """
        links = _configured(self._links)
        return await self._for_links.call(
            lambda: links.inspect_link(link), LINK_BUDGET_S
        )

    async def erase_traces(self, address: str) -> dict[str, int]:
        """Have everything removed that was mailed to an address, or noted about it.

        Raises:
            BackendError: It is refused, or nobody knows what became of it.
        """
        staff = _configured(self._staff)
        return await self._for_agents.call(lambda: staff.erase_traces(address))

    async def export_traces(self, address: str) -> dict[str, Any]:
        """Return everything that is kept about an address.

        Raises:
            BackendError: It does not say.
        """
        staff = _configured(self._staff)
        return await self._for_agents.call(lambda: staff.export_traces(address))

    def close(self) -> None:
        """Give threads and connections back."""
        self._for_agents.close()
        self._for_links.close()
        for client in (self._service, self._staff, self._links):
            if client is not None:
                client.close()


class _Callers:
    """A few threads that wait for the backend."""

    def __init__(self, name: str) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, name)
        self._waiting = 0

    async def call(
        self, work: Callable[[], Result], within_s: float | None = None
    ) -> Result:
        if self._waiting >= MOST_WAITING:
            raise BackendError("busy", is_certain=True)
        self._waiting += 1
        loop = asyncio.get_running_loop()
        under_way = loop.run_in_executor(self._threads, in_trace(work))
        # A thread that nobody waits for any more still is one less.
        under_way.add_done_callback(self._note_free)
        try:
            return await asyncio.wait_for(asyncio.shield(under_way), within_s)
        except TimeoutError as error:
            raise BackendError("timeout", is_certain=False) from error
        except AccountsError as error:
            log.warning("the account backend did not help: %s", error.code)
            raise BackendError(error.code, is_certain=error.permanent) from error

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _note_free(self, done: asyncio.Future[Result]) -> None:
        self._waiting -= 1
        if not done.cancelled():
            done.exception()  # whoever waited has heard of it, or gave up


def _configured(client: AccountsClient | None) -> AccountsClient:
    if client is None:
        raise BackendError("not_configured", is_certain=True)
    return client


def _client(
    url: str, token: str, budget_s: float, watch: Watch
) -> AccountsClient | None:
    if not token:
        return None
    return AccountsClient(
        url,
        token=token,
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=min(READ_TIMEOUT_S, budget_s),
        budget=budget_s,
        watch=watch,
    )
