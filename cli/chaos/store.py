"""The PostgreSQL of the run: on a small disk, and with a replica to fail over to."""

import asyncio
import contextlib
import ctypes
import os
import shutil
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import psycopg

from cli.chaos.keeper import Keeper
from cli.chaos.proxy import HOST, Line
from cli.processes import Child
from cli.servers import DATABASE, USER, Servers, postgresql_programs
from cli.shared_addresses import REDIS_URL

DISK_MB = 640
NEW_MOUNTS = 0x20000  # CLONE_NEWNS of unshare(2)
FILLER = "filler"
PIECES = (64 << 20, 1 << 20, 4 << 10)  # bytes
# So that the disk can be small.
SETTINGS = {"max_wal_size": "128MB", "min_wal_size": "64MB", "wal_keep_size": "0"}
READY_WITHIN_S = 60.0
LOOK_S = 0.1
FOLLOWED = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"


def keep_mounts_to_ourselves() -> None:
    """Have what root mounts from now on go with this process, however it ends."""
    if os.geteuid() == 0 and ctypes.CDLL(None).unshare(NEW_MOUNTS) == 0:
        _succeeds("mount", "--make-rprivate", "/")


class StoreError(Exception):
    """The replica could not be made, or does not follow."""


class Disk:
    """A folder that can be full: a file system in memory where root may mount one.

    Args:
        folder: Where; it is made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.is_own = os.geteuid() == 0 and _succeeds(
            "mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "chaos", str(folder)
        )

    def fill(self) -> None:
        """Take all the room that is left."""
        taken = 0
        with (self.folder / FILLER).open("wb") as file:
            for piece in PIECES:
                with contextlib.suppress(OSError):  # none of that size is left
                    while True:
                        os.posix_fallocate(file.fileno(), taken, piece)
                        taken += piece

    def free(self) -> None:
        """Give the room back."""
        (self.folder / FILLER).unlink(missing_ok=True)

    def drop(self) -> None:
        """Give everything back."""
        if self.is_own:
            _succeeds("umount", "-l", str(self.folder))
        shutil.rmtree(self.folder, ignore_errors=True)


class Store:
    """The server that is in use, and its successors.

    Args:
        state: Where they keep what they have.
        keeper: Keeps them going.
    """

    def __init__(self, state: Path, keeper: Keeper) -> None:
        self._state = state
        self._keeper = keeper
        self._number = 1
        self.disk, self.servers = self._place()
        (self.child,) = self.servers.children()

    def prepare(self) -> None:
        """Make the database, once the first server runs."""
        self.servers.make_database()
        with self._connect(self.servers) as connection:
            for name, value in SETTINGS.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            connection.execute("SELECT pg_reload_conf()")

    async def fail_over(self, line: Line) -> None:
        """Lose the server, and go on with the replica that has all it acknowledged.

        Args:
            line: Leads to the server.
        """
        disk, replica, child = await self._make_replica()
        await asyncio.wrap_future(self._keeper.let_go(self.child))
        await asyncio.to_thread(self._promote, replica)
        line.turn_to(replica.postgresql_port)
        self.disk.drop()
        self.disk, self.servers, self.child = disk, replica, child

    def _place(self) -> tuple[Disk, Servers]:
        folder = self._state / f"store-{self._number}"
        disk = Disk(folder / "servers")
        return disk, Servers.missing_in({REDIS_URL: "another"}, folder)

    async def _make_replica(self) -> tuple[Disk, Servers, Child]:
        """Return a server that has everything, and gets everything from now on."""
        self._number += 1
        disk, place = self._place()
        replica = replace(place, password=self.servers.password)
        await asyncio.to_thread(self._copy, replica)
        (child,) = replica.children()
        await asyncio.wrap_future(self._keeper.start([child]))
        await asyncio.to_thread(self._wait_until_followed)
        return disk, replica, child

    def _copy(self, replica: Servers) -> None:
        made = subprocess.run(
            [
                str(postgresql_programs() / "pg_basebackup"),
                *("--pgdata", str(replica.folder / "postgresql")),
                *("--host", HOST, "--port", str(self.servers.postgresql_port)),
                *("--username", USER, "--wal-method", "stream"),
                *("--checkpoint", "fast", "--write-recovery-conf", "--no-password"),
            ],
            env={**os.environ, "PGPASSWORD": self.servers.password},
            capture_output=True,
            text=True,
        )
        if made.returncode != 0:
            raise StoreError(f"No replica: {made.stderr.strip()}")

    def _wait_until_followed(self) -> None:
        """Have nothing acknowledged that the replica does not have."""
        with self._connect(self.servers) as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            connection.execute("SELECT pg_reload_conf()")
            _wait(connection, FOLLOWED)

    def _promote(self, replica: Servers) -> None:
        with self._connect(replica) as connection:
            connection.execute("SELECT pg_promote()")
            _wait(connection, "SELECT count(*) WHERE NOT pg_is_in_recovery()")

    def _connect(self, servers: Servers) -> "psycopg.Connection[tuple[int]]":
        return psycopg.connect(
            host=HOST,
            port=servers.postgresql_port,
            user=USER,
            password=servers.password,
            dbname=DATABASE,
            connect_timeout=5,
            autocommit=True,
        )


def _wait(connection: "psycopg.Connection[tuple[int]]", query: str) -> None:
    end = time.monotonic() + READY_WITHIN_S
    while True:
        row = connection.execute(query).fetchone()
        if row and row[0]:
            return
        if time.monotonic() > end:
            raise StoreError(f"Waited in vain: {query}")
        time.sleep(LOOK_S)


def _succeeds(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False
