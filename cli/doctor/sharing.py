"""What several processes share: Redis, one PostgreSQL, and what happens without."""

from collections.abc import Iterator
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import make_url

from cli.doctor.check import helpdesk_of
from cli.doctor.finding import LeftOutError, first_line, found, reason_of, say
from cli.doctor.patient import Kind, Patient, is_named
from cli.shared_addresses import REDIS_URL, TRACKER_URL
from foundation.start_checks import Finding

WITHIN_S = 1.5
OWN_TROUBLE = ("postgresql", "valkey")  # processes whose own checks say more


def look_at_redis(patient: Patient) -> Iterator[Finding]:
    """Find a Redis that is away, or lets nobody in."""
    url = helpdesk_of(patient).redis_url
    if not url:
        raise LeftOutError("not_set")
    if patient.servers.get(REDIS_URL) == url and not patient.is_running:
        raise LeftOutError("not_running")
    try:
        with open_redis(url) as client:
            client.ping()
    except ValueError:
        yield found("LK201", problem=f"{REDIS_URL} cannot be used.")
    except (redis.AuthenticationError, redis.ResponseError) as error:
        yield found("LK242", reason=first_line(str(error)))
    except (redis.RedisError, OSError) as error:
        yield found("LK241", reason=_reason(error))


def open_redis(url: str) -> redis.Redis:
    """Return a client that does not try for long."""
    client: redis.Redis = redis.Redis.from_url(
        url,
        socket_timeout=WITHIN_S,
        socket_connect_timeout=WITHIN_S,
        retry=Retry(NoBackoff(), 0),
    )
    return client


def look_at_several(patient: Patient) -> Iterator[Finding]:
    """Find several processes that cannot know of one another."""
    settings = helpdesk_of(patient)
    is_file = settings.database_url.startswith("sqlite")
    how = say("reasons", "shares_port") if settings.shares_port else ""
    if not how and is_file:
        count = _helpdesks_with(Path(str(make_url(settings.database_url).database)))
        how = say("reasons", "open_files", count=count) if count > 1 else ""
    if how and is_file:
        yield found("LK243", how=how)
    elif how and not settings.redis_url:
        yield found("LK244", how=how)
    count = len(settings.rasa_urls)
    own = patient.kind is Kind.ENVIRONMENT and patient.has_rasa
    if own and count > 1 and not is_named(TRACKER_URL):
        yield found("LK245", count=count)


def look_at_processes(patient: Patient) -> Iterator[Finding]:
    """Find processes of a running `up` that do not answer, and are not looked at else."""
    if not patient.is_up:
        raise LeftOutError("not_set" if patient.kind is not Kind.UP else "not_running")
    first = {"helpdesk", "accounts", "actions", "rasa", *OWN_TROUBLE}
    for each in patient.processes:
        name = str(each["name"])
        if not each["ready"] and name not in first:
            log = patient.state / "logs" / f"{name}.log"
            yield found("LK224", name=name, log=log)


def _helpdesks_with(file: Path) -> int:
    """Count the help desks of this machine that have a database open."""
    count = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if b"helpdesk" not in words:
                continue
            count += any(
                each.samefile(file)
                for each in (folder / "fd").iterdir()
                if each.exists()
            )
        except OSError:  # it has ended, or is another user's
            continue
    return count


def _reason(error: Exception) -> str:
    cause = error.__cause__ or error.__context__
    if isinstance(error, redis.TimeoutError):
        return say("reasons", "timeout")
    return reason_of(cause if isinstance(cause, OSError) else error)
