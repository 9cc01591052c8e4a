"""/v1/recoveries: accept a request for help before looking at it; follow it, undo it."""

import asyncio
from dataclasses import dataclass
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json
from sqlalchemy import select

from accounts.api.access import Scope, is_staff, requires
from accounts.api.reading import (
    invalid,
    read_address,
    read_idempotency_key,
    read_key,
    read_object,
    read_text,
)
from accounts.api.writing import recovery_json
from accounts.jobs import IdempotencyConflictError, queue_job
from accounts.models import Job
from accounts.recoveries import LIFTS
from accounts.references import PATTERN
from accounts.services import Services, services_of
from accounts.withdrawals import Withdrawal, withdraw
from accounts.words import JobKind
from foundation.refusals import ApiError
from foundation.trace_context import current_traceparent

recoveries = Blueprint("recoveries")

KINDS = {kind.value: kind for kind in (JobKind.INVITE, JobKind.PASSWORD_RESET)}
KINDS[JobKind.AUTO.value] = JobKind.AUTO
WHO = {"email", "reference"}
FIELDS = WHO | {"kind", LIFTS}
REFUSALS = {
    Withdrawal.ALREADY_USED: "The link was used already.",
    Withdrawal.NOTHING: "Nothing that this recovery sent still works.",
}


@dataclass(frozen=True)
class Asked:
    """What a request says; whether anybody is there was not looked at."""

    kind: JobKind
    email: str | None
    reference: str | None
    is_lifting: bool


@recoveries.post("/recoveries")
@requires(Scope.SERVICE)
async def request_recovery(request: Request) -> HTTPResponse:
    """Queue a recovery; the answer never depends on the account."""
    services = services_of(request)
    asked = _read_asked(request)
    key = read_idempotency_key(request)
    try:
        await asyncio.to_thread(
            queue_job,
            services.database,
            asked.kind,
            asked.email,
            services.clock.now(),
            reference=asked.reference,
            idempotency_key=key,
            details={LIFTS: True} if asked.is_lifting else None,
            traceparent=current_traceparent(),
        )
    except IdempotencyConflictError as error:
        message = "This Idempotency-Key was used for another request."
        raise ApiError(409, "idempotency_conflict", message) from error
    services.worker.wake()
    return json({"status": "queued"}, status=202)


@recoveries.get("/recoveries/<key:str>", unquote=True)
@requires(Scope.STAFF)
async def get_recovery(request: Request, key: str) -> HTTPResponse:
    """Say what became of a recovery."""
    return json(await asyncio.to_thread(_get, services_of(request), read_key(key)))


@recoveries.post("/recoveries/<key:str>/withdraw", unquote=True)
@requires(Scope.STAFF)
async def withdraw_recovery(request: Request, key: str) -> HTTPResponse:
    """Take back what a recovery sent."""
    services = services_of(request)
    return json(await asyncio.to_thread(_withdraw, services, read_key(key)))


def _read_asked(request: Request) -> Asked:
    body = read_object(request)
    who = WHO & set(body)
    if len(who) != 1 or not set(body) <= FIELDS:
        raise invalid("The body needs 'kind', and 'email' or 'reference'.")
    text = read_text(body, *who)
    kind = read_text(body, "kind")
    if kind not in KINDS:
        raise invalid(f"'kind' must be one of {', '.join(KINDS)}.")
    is_lifting = body.get(LIFTS, False)
    if not isinstance(is_lifting, bool):
        raise invalid(f"'{LIFTS}' must be true or false.")
    if LIFTS in body and not is_staff(request):
        raise ApiError(403, "forbidden", f"'{LIFTS}' needs a staff token.")
    if "email" in who:
        return Asked(KINDS[kind], read_address(text), None, is_lifting)
    if not PATTERN.fullmatch(text):
        raise invalid("'reference' is not what an inspection called so.")
    return Asked(KINDS[kind], None, text, is_lifting)


def _get(services: Services, key: str) -> dict[str, Any]:
    with services.database.reading() as session:
        job = session.scalar(select(Job).where(Job.idempotency_key == key))
        return recovery_json(_known(job), services.clock.now())


def _withdraw(services: Services, key: str) -> dict[str, Any]:
    now = services.clock.now()
    wanted = select(Job).where(Job.idempotency_key == key).with_for_update(of=Job)
    with services.database.transaction() as session:
        job = _known(session.scalar(wanted))
        outcome = withdraw(session, job, now)
        if outcome is not Withdrawal.DONE:
            raise ApiError(409, outcome, REFUSALS[outcome])
        return recovery_json(job, now)


def _known(job: Job | None) -> Job:
    if job is None:
        message = "No recovery was asked for with this key."
        raise ApiError(404, "no_recovery", message)
    return job
