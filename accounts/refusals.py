"""Every refusal in one place: JSON for programs, a page for people, no traceback."""

import logging
from uuid import uuid4

from sanic import HTTPResponse, Request
from sanic.exceptions import SanicException
from sanic.response import json

from accounts.pages.rendering import render
from accounts.services import AccountsApp

log = logging.getLogger(__name__)

CODES = {
    400: ("bad_request", "The request cannot be read."),
    403: ("forbidden", "This is not allowed."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that method."),
    408: ("timeout", "The request took too long to arrive."),
    413: ("too_large", "The request is too large."),
    417: ("expectation_failed", "The expectation of the request cannot be met."),
    503: ("unavailable", "The service cannot answer at the moment."),
}
INTERNAL_ERROR = 500


class ApiError(Exception):
    """A refusal with a code for programs and a sentence for people."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def answer_refusals(app: AccountsApp) -> None:
    """Make the application answer each exception in the right form."""
    app.exception(ApiError)(_answer_api_error)
    app.exception(Exception)(_answer_exception)


def refusal(status: int, code: str, message: str) -> HTTPResponse:
    """Return the JSON form of a refusal."""
    return json({"code": code, "message": message}, status=status)


async def _answer_api_error(_request: Request, error: ApiError) -> HTTPResponse:
    return refusal(error.status, error.code, error.message)


async def _answer_exception(request: Request, error: Exception) -> HTTPResponse:
    status = error.status_code if isinstance(error, SanicException) else INTERNAL_ERROR
    if status not in CODES:
        number = uuid4().hex[:8]
        # The query and the last part of the path may hold what must not be logged.
        log.error("error %s while answering", number, exc_info=error)
        if _is_for_programs(request):
            message = f"The service made a mistake; its log has it as {number}."
            return refusal(INTERNAL_ERROR, "internal_error", message)
        return render(request, "error.html", INTERNAL_ERROR, number=number)
    if _is_for_programs(request):
        return refusal(status, *CODES[status])
    return render(request, "error.html", status)


def _is_for_programs(request: Request) -> bool:
    return request.path.startswith(("/v1", "/healthz"))
