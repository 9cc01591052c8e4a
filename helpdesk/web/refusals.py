"""How the help desk refuses: JSON below /api, a page everywhere else."""

import re
from urllib.parse import unquote

from sanic import HTTPResponse, Request

from foundation.refusals import Refusals
from helpdesk.desk.search import Found
from helpdesk.services import services_of
from helpdesk.web.rendering import render

NOT_FOUND = 404
SUGGESTIONS = 3


def show_page(request: Request, status: int, number: str | None = None) -> HTTPResponse:
    """Return the page of a refusal."""
    suggested = _suggest(request) if status == NOT_FOUND else []
    return render(
        request,
        "refusal.html",
        status,
        code=status,
        number=number,
        suggested=suggested,
    )


def _suggest(request: Request) -> list[Found]:
    # A mistyped or outdated address usually still says what it was about.
    words = re.split(r"[^\w]+", unquote(request.path.rsplit("/", 1)[-1]))
    return services_of(request).search.search(" ".join(words) + " ", SUGGESTIONS)


refusals = Refusals(("/api/", "/healthz", "/readyz"), show_page)
