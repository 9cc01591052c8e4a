"""The way to the account backend: one client for each scope, and off the event loop.

What staff may see has threads of its own, so that a slow look-up for an admin never takes
a thread from a contact who waits for a mail.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import ParamSpec, TypeVar

from accounts.client import AccountsClient
from actions.measures import BACKEND_CALLS
from foundation.trace_context import in_trace

STAFF_AT_ONCE = 8
# A command may take two steps, one after the other, and a turn ends after nine seconds.
STAFF_CONNECT_S = 1.0
STAFF_READ_S = 3.0
STAFF_BUDGET_S = 3.4

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@cache
def accounts_client() -> AccountsClient:
    """Return the process's client that may ask for mails, from the environment."""
    return AccountsClient(
        os.environ["LATCHKEY_ACCOUNTS_URL"],
        token=os.environ["LATCHKEY_ACCOUNTS_TOKEN"],
        watch=BACKEND_CALLS.watch,
    )


@cache
def staff_client() -> AccountsClient:
    """Return the process's client that may look at accounts, from the environment."""
    return AccountsClient(
        os.environ["LATCHKEY_ACCOUNTS_URL"],
        token=os.environ["LATCHKEY_ACCOUNTS_STAFF_TOKEN"],
        connect_timeout=STAFF_CONNECT_S,
        read_timeout=STAFF_READ_S,
        budget=STAFF_BUDGET_S,
        watch=BACKEND_CALLS.watch,
    )


@cache
def _staff_callers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(STAFF_AT_ONCE, "staff-caller")


async def call_as_staff(
    call: Callable[Arguments, Result],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Result:
    """Return what a method of the staff client returns, without blocking anybody."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_staff_callers(), in_trace(call, *args, **kwargs))
