"""GET /healthz: whether the service can do its work; GET /metrics: its measures."""

import asyncio
from email.utils import format_datetime

from sanic import Blueprint, HTTPResponse, Request
from sanic.exceptions import NotFound
from sanic.response import json
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from accounts.measures import Queues, read_queues
from accounts.services import Services, services_of
from foundation.measures import answer_measures, is_inside

health = Blueprint("health")


@health.get("/healthz")
async def report_health(request: Request) -> HTTPResponse:
    """Return 200 if database and worker are well, 503 otherwise."""
    services = services_of(request)
    try:
        await asyncio.to_thread(services.database.check)
        is_database_well = True
    except SQLAlchemyError:
        is_database_well = False
    is_well = is_database_well and services.worker.is_alive
    body = {
        "status": "ok" if is_well else "failing",
        "database": is_database_well,
        "worker": services.worker.is_alive,
    }
    return json(
        body,
        status=200 if is_well else 503,
        headers={"Date": format_datetime(services.clock.now(), usegmt=True)},
    )


@health.get("/metrics")
async def show_measures(request: Request) -> HTTPResponse:
    """Answer the measures, to the inside only."""
    if not _is_inside(request):
        raise NotFound("There is nothing at this address.", quiet=True)
    services = services_of(request)
    services.measures.show(await asyncio.to_thread(_read_queues, services))
    return answer_measures(services.measures.registry)


def _read_queues(services: Services) -> Queues | None:
    try:
        with services.database.reading() as session:
            return read_queues(session, services.clock.now())
    except (InterfaceError, OperationalError, PoolTimeoutError):
        return None


def _is_inside(request: Request) -> bool:
    # What came through a proxy has the proxy's own address.
    return "x-forwarded-for" not in request.headers and is_inside(request.ip)
