"""The other way to run the tests: the product as on several machines.

With `LATCHKEY_TEST_SEVERAL=1`, which `./latchkey test --several` sets, every help desk and
every whole product of the tests runs as two processes of each part, on PostgreSQL and
Valkey. What a test starts on a database of its own choice stays as it is.
"""

import os
from contextlib import ExitStack
from functools import cache
from itertools import count

import psycopg

from cli.shared_addresses import DATABASE_URL, REDIS_URL
from helpdesk.store import open_database
from tests.new_record import empty_database
from tests.postgresql import copy_database, run_postgresql_server
from tests.valkey import run_valkey

IS_SEVERAL = os.environ.get("LATCHKEY_TEST_SEVERAL") == "1"
CONNECTIONS = 500  # of all the help desks that run at the same time
_running = ExitStack()
_numbers = count(1)


def new_shared() -> dict[str, str]:
    """Return the settings of what several processes share: new, with tables, empty."""
    return {
        DATABASE_URL: copy_database(empty_database(_postgresql(), open_database)),
        REDIS_URL: f"{_valkey()}/{next(_numbers)}",
    }


def stop_servers() -> None:
    """End the servers."""
    _running.close()


@cache
def _postgresql() -> str:
    server = _running.enter_context(run_postgresql_server())
    url = server.url.replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET max_connections = {CONNECTIONS}")
    server.stop()
    server.start()
    return server.url


@cache
def _valkey() -> str:
    return _running.enter_context(run_valkey()).url
