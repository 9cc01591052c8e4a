"""The clocks of the parts: what each says it is, beside the one here."""

import contextlib
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import cast

from redis import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from cli.backup.contents import RECORD
from cli.doctor.asking import ask, in_parallel
from cli.doctor.check import helpdesk_of
from cli.doctor.databases import patient_place
from cli.doctor.finding import LeftOutError, found, say
from cli.doctor.patient import Patient
from cli.doctor.sharing import open_redis
from foundation.environment import SettingsError
from foundation.start_checks import Finding
from helpdesk.assistant import HEALTH_PATH

MOST_S = 5.0
_NOW = text("SELECT EXTRACT(EPOCH FROM clock_timestamp())")
Ask = Callable[[], float | None]


def look_at_clocks(patient: Patient) -> Iterator[Finding]:
    """Find parts whose clocks differ from the one here; who does not answer has none."""
    asked = list(_clocks(patient))
    differences = in_parallel(lambda each: _difference(each[1]), asked)
    for (who, _), seconds in zip(asked, differences, strict=True):
        if seconds:
            which = say("reasons", "ahead" if seconds > 0 else "before")
            yield found("LK291", who=who, seconds=f"{abs(seconds):.0f}", which=which)


def _clocks(patient: Patient) -> Iterator[tuple[str, Ask]]:
    settings = helpdesk_of(patient)
    yield say("places", "record"), partial(_date, f"{patient.here}/healthz")
    for url in settings.rasa_urls:
        yield f"{say('places', 'rasa')} ({url})", partial(_date, url + HEALTH_PATH)
    with contextlib.suppress(LeftOutError):  # another host's
        for url in patient.action_urls:
            who = f"{say('places', 'action_server')} ({url})"
            yield who, partial(_date, f"{url}/health")
    accounts = f"{settings.accounts_url}/healthz"
    yield say("places", "accounts"), partial(_date, accounts)
    if settings.database_url.startswith("postgresql"):
        yield (
            say("places", "postgresql"),
            partial(_of_database, patient, settings.database_url),
        )
    if settings.redis_url:
        yield say("places", "redis"), partial(_of_redis, settings.redis_url)


def _difference(tell: Ask) -> float:
    """Return by how many seconds a clock is ahead; 0 if that is about right, or unknown."""
    before = time.time()
    with contextlib.suppress(
        OSError, ValueError, SQLAlchemyError, RedisError, SettingsError
    ):
        told = tell()
        if told is not None and told > time.time() + MOST_S:
            return told - time.time()
        if told is not None and told < before - MOST_S:
            return told - before
    return 0.0


def _date(url: str) -> float | None:
    return ask(url).date


def _of_database(patient: Patient, url: str) -> float:
    database = patient_place(patient, RECORD, url).open(RECORD)
    try:
        with database.engine.connect() as connection:
            return float(connection.execute(_NOW).scalar_one())
    finally:
        database.close()


def _of_redis(url: str) -> float:
    with open_redis(url) as client:
        seconds, _ = cast(tuple[int, int], client.time())
        return float(seconds)
