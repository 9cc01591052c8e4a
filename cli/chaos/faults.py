"""Doing what the plan says: each kind of fault, from its begin to its end."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

import redis.asyncio as redis

from cli.chaos.keeper import send
from cli.chaos.plan import ONE, Fault
from cli.chaos.proxy import Trouble
from cli.chaos.site import Site
from cli.shared_addresses import REDIS_URL

Inject = Callable[[Site, Fault], Awaitable[None]]


async def _kill(site: Site, fault: Fault) -> None:
    send(site.pids(fault.target), signal.SIGKILL)


async def _freeze(site: Site, fault: Fault) -> None:
    pids = site.pids(fault.target)
    send(pids, signal.SIGSTOP)
    try:
        await asyncio.sleep(fault.seconds)
    finally:
        site.thaw(pids)


async def _cut(site: Site, fault: Fault) -> None:
    site.lines[fault.target].cut()


def _trouble(trouble: Trouble) -> Inject:
    async def inject(site: Site, fault: Fault) -> None:
        line = site.lines[fault.target]
        line.begin(trouble)
        try:
            await asyncio.sleep(fault.seconds)
        finally:
            await line.heal()

    return inject


async def _fill_disk(site: Site, fault: Fault) -> None:
    try:
        await asyncio.to_thread(site.store.disk.fill)
        await asyncio.sleep(fault.seconds)
    finally:
        site.store.disk.free()


async def _restart_postgresql(site: Site, _fault: Fault) -> None:
    child = site.store.child
    if child.process is not None:
        child.process.send_signal(child.stop_signal)


async def _fail_over(site: Site, _fault: Fault) -> None:
    await site.store.fail_over(site.lines["postgresql"])


async def _flush_redis(site: Site, _fault: Fault) -> None:
    async with redis.Redis.from_url(site.valkey.settings[REDIS_URL]) as client:
        await client.flushall()


async def _restart_redis(site: Site, _fault: Fault) -> None:
    child = site.keeper.child("valkey")
    if child.process is not None:
        child.process.send_signal(child.stop_signal)


async def _shift_clock(site: Site, fault: Fault) -> None:
    names = [ONE] if fault.target == ONE else None
    site.shift_clocks(fault.shift_s, names)
    try:
        await asyncio.sleep(fault.seconds)
    finally:
        site.shift_clocks(0.0, names)


INJECT: dict[str, Inject] = {
    "kill": _kill,
    "freeze": _freeze,
    "cut": _cut,
    "stall": _trouble(Trouble.STALL),
    "refuse": _trouble(Trouble.REFUSE),
    "disk_full": _fill_disk,
    "postgresql_restart": _restart_postgresql,
    "failover": _fail_over,
    "redis_flush": _flush_redis,
    "redis_restart": _restart_redis,
    "clock_forward": _shift_clock,
    "clock_back": _shift_clock,
    "backend_slow": _trouble(Trouble.SLOW),
    "backend_errors": _trouble(Trouble.ERROR),
    "backend_rubbish": _trouble(Trouble.RUBBISH),
    "backend_drops": _trouble(Trouble.DROP),
    "smtp_busy": _trouble(Trouble.BUSY),
    "smtp_refused": _trouble(Trouble.REFUSE),
}


def reasons_to_skip(site: Site) -> dict[str, str]:
    """Return the kinds that cannot be done here, and why."""
    if site.store.disk.is_own:
        return {}
    return {"disk_full": "only root can mount a small disk for the store"}
