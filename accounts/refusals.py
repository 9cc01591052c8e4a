"""How the account service refuses: JSON below /v1, a page everywhere else."""

from sanic import HTTPResponse, Request

from accounts.pages.rendering import render
from foundation.refusals import Refusals


def _show_page(request: Request, status: int, number: str | None) -> HTTPResponse:
    shown = {} if number is None else {"number": number}
    return render(request, "error.html", status, **shown)


refusals = Refusals(("/v1", "/healthz"), _show_page)
