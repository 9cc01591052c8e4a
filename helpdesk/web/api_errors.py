"""What the desk refuses, as JSON: `{"code", "message"}` with the codes of the protocol."""

import logging

from sanic import HTTPResponse, Request
from sanic.response import json
from sqlalchemy.exc import SQLAlchemyError

from helpdesk.desk.errors import DeskError, TooFastError
from helpdesk.services import HelpdeskApp
from helpdesk.store.outage import OutageError
from helpdesk.web.refusals import show_page

log = logging.getLogger(__name__)

UNAVAILABLE = 503


def answer_api_errors(app: HelpdeskApp) -> None:
    """Make the application answer what the desk refuses."""
    app.exception(DeskError)(_answer_refusal)
    app.exception(SQLAlchemyError)(_answer_unavailable)


async def _answer_refusal(request: Request, error: DeskError) -> HTTPResponse:
    if not request.path.startswith("/api/"):
        return show_page(request, error.status)
    body: dict[str, object] = {"code": error.code, "message": error.message}
    headers = {}
    if isinstance(error, TooFastError):
        body["retry_in_ms"] = error.retry_in_ms
        headers["Retry-After"] = str(-(-error.retry_in_ms // 1000))
    return json(body, status=error.status, headers=headers)


async def _answer_unavailable(request: Request, error: SQLAlchemyError) -> HTTPResponse:
    if not isinstance(error, OutageError):  # which the record tells the log
        log.error("the record refuses a request", exc_info=error)
    if not request.path.startswith("/api/"):
        return show_page(request, UNAVAILABLE)
    message = "The help desk cannot keep anything at the moment; try again shortly."
    body = {"code": "unavailable", "message": message}
    return json(body, status=UNAVAILABLE, headers={"Retry-After": "2"})
