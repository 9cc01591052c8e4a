"""POST /v1/recoveries: accept a request for help and answer before looking at it."""

import asyncio

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json

from accounts.api.access import Scope, requires
from accounts.api.reading import read_address, read_fields, read_idempotency_key
from accounts.jobs import IdempotencyConflictError, queue_job
from accounts.services import services_of
from accounts.words import JobKind
from foundation.refusals import ApiError

recoveries = Blueprint("recoveries")

KINDS = {kind.value: kind for kind in (JobKind.INVITE, JobKind.PASSWORD_RESET)}
KINDS[JobKind.AUTO.value] = JobKind.AUTO


@recoveries.post("/recoveries")
@requires(Scope.SERVICE)
async def request_recovery(request: Request) -> HTTPResponse:
    """Queue a recovery; the answer never depends on the account."""
    services = services_of(request)
    email, kind = read_fields(request, "email", "kind")
    key = read_idempotency_key(request)
    if kind not in KINDS:
        message = f"'kind' must be one of {', '.join(KINDS)}."
        raise ApiError(422, "invalid_request", message)
    try:
        await asyncio.to_thread(
            queue_job,
            services.database,
            KINDS[kind],
            read_address(email),
            services.clock.now(),
            idempotency_key=key,
        )
    except IdempotencyConflictError as error:
        message = "This Idempotency-Key was used for another request."
        raise ApiError(409, "idempotency_conflict", message) from error
    services.worker.wake()
    return json({"status": "queued"}, status=202)
