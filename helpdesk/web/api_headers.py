"""What every answer carries: a request id, no sniffing, and CORS where we are embedded."""

import re
from uuid import uuid4

from sanic import HTTPResponse, Request
from sanic.response import empty

from helpdesk.services import HelpdeskApp, services_of

API = "/api/"
REQUEST_ID = "X-Request-Id"
GIVEN_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
OUR_MISTAKE = 500
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "600",
}


def add_headers(app: HelpdeskApp) -> None:
    """Make every answer carry them."""
    app.register_middleware(_answer_preflight, "request")
    app.register_middleware(_add, "response")  # type: ignore[arg-type]  # Sanic types it for HTTPResponse only


async def _answer_preflight(request: Request) -> HTTPResponse | None:
    given = request.headers.get(REQUEST_ID.lower(), "")
    request.ctx.request_id = given if GIVEN_ID.fullmatch(given) else uuid4().hex
    if request.method == "OPTIONS" and request.path.startswith(API):
        return empty(headers=PREFLIGHT)
    return None


async def _add(request: Request, answer: HTTPResponse) -> None:
    if answer.status == OUR_MISTAKE:
        services_of(request).metrics.errors.inc()
    answer.headers.setdefault(
        REQUEST_ID, getattr(request.ctx, "request_id", uuid4().hex)
    )
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    if not request.path.startswith(API):
        return
    answer.headers.setdefault("Cache-Control", "no-store")
    answer.headers.setdefault("Content-Security-Policy", "default-src 'none'")
    origin = request.headers.get("origin")
    answer.headers.setdefault("Vary", "Origin")
    if origin in services_of(request).settings.embed_origins:
        answer.headers["Access-Control-Allow-Origin"] = str(origin)
