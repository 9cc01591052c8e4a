"""GET /healthz: whether the service can do its work."""

import asyncio
from email.utils import format_datetime

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json
from sqlalchemy.exc import SQLAlchemyError

from accounts.services import services_of

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
