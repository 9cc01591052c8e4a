"""Starts the account service with a leak: how it answers depends on the account.

For tests that must be able to fail. `LATCHKEY_TEST_LEAK` says which leak: `early_return` does
nothing for unknown addresses, `refusal` says so.
"""

import importlib
import os
import sys
from typing import Any

from sqlalchemy import select

from accounts.models import Account
from foundation.database import Database
from foundation.refusals import ApiError
from tests.accounts.launcher import main

recoveries = importlib.import_module("accounts.api.recoveries")
queue_job = recoveries.queue_job


def queue_known(
    database: Database, kind: Any, email: str, now: Any, **more: Any
) -> None:
    """Queue a request only if there is such an account."""
    with database.transaction() as session:
        is_known = session.scalar(select(Account.id).where(Account.email == email))
    if is_known:
        queue_job(database, kind, email, now, **more)
    elif os.environ["LATCHKEY_TEST_LEAK"] == "refusal":
        raise ApiError(404, "no_account", "No account has this address.")


if __name__ == "__main__":
    vars(recoveries)["queue_job"] = queue_known
    sys.exit(main())
