"""Health, readiness and measures."""

import asyncio
from email.utils import format_datetime

from sanic import Blueprint, HTTPResponse, Request
from sanic.exceptions import NotFound
from sanic.response import json
from sqlalchemy.exc import SQLAlchemyError

from foundation.measures import answer_measures, is_inside
from helpdesk.desk.figures import read_figures
from helpdesk.metrics import Figures
from helpdesk.services import Services, services_of
from helpdesk.store.outage import OutageError
from helpdesk.web.visitors import address_of

health = Blueprint("health")

DATABASE_WITHIN_S = 3.0


@health.get("/healthz")
async def tell_alive(request: Request) -> HTTPResponse:
    """Answer as long as the process runs, and what time it is here."""
    now = services_of(request).clock.now()
    date = {"Date": format_datetime(now, usegmt=True)}
    return json({"status": "ok"}, headers=date)


@health.get("/readyz")
async def tell_ready(request: Request) -> HTTPResponse:
    """Answer 200 when messages can be accepted, else 503."""
    services = services_of(request)
    try:
        async with asyncio.timeout(DATABASE_WITHIN_S):
            await asyncio.to_thread(services.database.check)
    except (SQLAlchemyError, TimeoutError):
        return json({"status": "down", "parts": {"database": "down"}}, status=503)
    return json({"status": "ok", "parts": {"database": "ok"}})


@health.get("/metrics")
async def show_measures(request: Request) -> HTTPResponse:
    """Answer the measures, to the inside only."""
    if not _is_inside(request):
        raise NotFound("There is nothing at this address.", quiet=True)
    services = services_of(request)
    services.metrics.tasks.set(len(asyncio.all_tasks()))
    services.metrics.show(await _read_figures(services))
    return answer_measures(services.metrics.registry)


async def _read_figures(services: Services) -> Figures | None:
    now = services.clock.now()
    try:
        async with asyncio.timeout(DATABASE_WITHIN_S):
            return await services.record.read(lambda s: read_figures(s, now))
    except (OutageError, TimeoutError):
        return None


def _is_inside(request: Request) -> bool:
    is_trusted = bool(services_of(request).settings.trusted_proxies)
    if "x-forwarded-for" in request.headers and not is_trusted:
        return False  # it came through a proxy: the address is the proxy's own
    return is_inside(address_of(request))
