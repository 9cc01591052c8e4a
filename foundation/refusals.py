"""Every refusal in one place: JSON for programs, a page for people, no traceback."""

import logging
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from sanic import HTTPResponse, Request, Sanic
from sanic.exceptions import SanicException
from sanic.response import json

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

ShowPage = Callable[[Request, int, str | None], HTTPResponse]


class ApiError(Exception):
    """A refusal with a code for programs and a sentence for people."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def refusal(status: int, code: str, message: str) -> HTTPResponse:
    """Return the JSON form of a refusal."""
    return json({"code": code, "message": message}, status=status)


class Refusals:
    """Answers exceptions.

    Args:
        program_paths: How the paths begin that programs ask for.
        show_page: Renders the page for a status, with the error's number if it has one.
    """

    def __init__(self, program_paths: tuple[str, ...], show_page: ShowPage) -> None:
        self._program_paths = program_paths
        self._show_page = show_page

    def answer_in(self, app: Sanic[Any, Any]) -> None:
        """Make the application answer each exception in the right form."""
        app.exception(ApiError)(self._answer_api_error)
        app.exception(Exception)(self._answer_exception)

    async def _answer_api_error(
        self, _request: Request, error: ApiError
    ) -> HTTPResponse:
        return refusal(error.status, error.code, error.message)

    async def _answer_exception(
        self, request: Request, error: Exception
    ) -> HTTPResponse:
        status = (
            error.status_code if isinstance(error, SanicException) else INTERNAL_ERROR
        )
        is_for_programs = request.path.startswith(self._program_paths)
        if status in CODES:
            if is_for_programs:
                return refusal(status, *CODES[status])
            return self._show_page(request, status, None)
        number = uuid4().hex[:8]
        # The query and the last part of the path may hold what must not be logged.
        name = getattr(request.ctx, "request_id", "-")
        log.error("error %s while answering request %s", number, name, exc_info=error)
        if is_for_programs:
            message = f"The service made a mistake; its log has it as {number}."
            return refusal(INTERNAL_ERROR, "internal_error", message)
        return self._show_page(request, INTERNAL_ERROR, number)
