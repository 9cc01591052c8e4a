"""GET /healthz: whether the service can do its work; GET /metrics: its measures."""

import asyncio
import ipaddress
from email.utils import format_datetime

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sanic import Blueprint, HTTPResponse, Request
from sanic.exceptions import NotFound
from sanic.response import json, raw
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from accounts.measures import Queues, read_queues
from accounts.services import Services, services_of

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
    written = generate_latest(services.measures.registry)
    return raw(written, content_type=CONTENT_TYPE_LATEST)


def _read_queues(services: Services) -> Queues | None:
    try:
        with services.database.reading() as session:
            return read_queues(session, services.clock.now())
    except (InterfaceError, OperationalError, PoolTimeoutError):
        return None


def _is_inside(request: Request) -> bool:
    if "x-forwarded-for" in request.headers:
        return False  # it came through a proxy: the address is the proxy's own
    try:
        return ipaddress.ip_address(request.ip).is_private
    except ValueError:
        return False
