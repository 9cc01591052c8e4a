"""How a request of `./latchkey doctor` arrived: for whoever holds our secret alone."""

from sanic import Blueprint, HTTPResponse, Request
from sanic.exceptions import NotFound
from sanic.response import json

from helpdesk.questions import HEADER, PATH, read_question
from helpdesk.services import services_of
from helpdesk.web.visitors import address_of

diagnosis = Blueprint("diagnosis")


@diagnosis.get(PATH)
async def tell_how_it_arrived(request: Request) -> HTTPResponse:
    """Answer who the visitor seems to be, and what the proxies in front have said."""
    settings = services_of(request).settings
    question = read_question(request.headers.get(HEADER, ""), settings.secret)
    if question is None:
        raise NotFound("There is nothing at this address.", quiet=True)
    said = ",".join(request.headers.getall("x-forwarded-for", []))
    return json(
        {
            "proof": question.proof,
            "address": address_of(request),
            "forwarded": [each.strip() for each in said.split(",") if each.strip()],
            "trusted_proxies": settings.trusted_proxies,
        }
    )
