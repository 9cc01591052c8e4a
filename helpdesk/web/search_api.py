"""Search for programs: what the search box shows while somebody types."""

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json

from foundation.refusals import ApiError
from helpdesk.desk.limits import Limit
from helpdesk.desk.search import MOST_FOUND
from helpdesk.services import services_of
from helpdesk.web.help_centre import find
from helpdesk.web.presentation import found_json
from helpdesk.web.routes import readable
from helpdesk.web.visitors import address_of

search_api = Blueprint("search_api")

DEFAULT_LIMIT = 6
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@readable(search_api, "/api/v1/search")
async def search(request: Request) -> HTTPResponse:
    """Return the articles that fit `q`, the best first."""
    services_of(request).limits.count(Limit.SEARCHES, address_of(request))
    limit = request.args.get("limit") or str(DEFAULT_LIMIT)
    is_number = limit.isascii() and limit.isdigit() and len(limit) <= len("999")
    if not is_number or not 1 <= int(limit) <= MOST_FOUND:
        message = f"limit must be a number from 1 to {MOST_FOUND}."
        raise ApiError(400, "bad_request", message)
    found = await find(request, request.args.get("q") or "", int(limit))
    public_url = services_of(request).settings.public_url
    results = [found_json(each, public_url) for each in found]
    return json({"results": results}, headers=HEADERS)
