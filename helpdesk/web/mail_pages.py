"""The pages behind the links in mails: looking changes nothing, the button does.

The token in the address is the authority, and nobody else's site can know it; so the
forms need no other token, and mail programs may press “unsubscribe” themselves.
"""

from sanic import Blueprint, HTTPResponse, Request

from helpdesk.desk.letter_tokens import Purpose
from helpdesk.desk.limits import Limit
from helpdesk.services import services_of
from helpdesk.web.rendering import render
from helpdesk.web.routes import readable
from helpdesk.web.visitors import address_of

mail_pages = Blueprint("mail_pages", url_prefix="/mail")

GONE = 410


@readable(mail_pages, "/<token:str>")
async def show_proof(request: Request, token: str) -> HTTPResponse:
    """Ask whether answers shall go to the address."""
    _count(request)
    address = await services_of(request).letters.read_proof(token)
    if address is None:
        return render(request, "mail.html", GONE, said="gone", email="")
    said = "proven" if address.proven_at is not None else "ask"
    return render(request, "mail.html", said=said, email=address.email)


@mail_pages.post("/<token:str>")
async def prove(request: Request, token: str) -> HTTPResponse:
    """Note that the address is its owner's."""
    _count(request)
    letters = services_of(request).letters
    if not await letters.prove(token):
        return render(request, "mail.html", GONE, said="gone", email="")
    return render(request, "mail.html", said="proven", email="")


@readable(mail_pages, "/stop/<token:str>")
async def show_stop(request: Request, token: str) -> HTTPResponse:
    """Ask whether no more answers shall go to the address."""
    _count(request)
    is_ours = services_of(request).letters.tokens.read(Purpose.STOP, token)
    said, status = ("ask_stop", 200) if is_ours else ("gone", GONE)
    return render(request, "mail.html", status, said=said, email="")


@mail_pages.post("/stop/<token:str>")
async def stop(request: Request, token: str) -> HTTPResponse:
    """Mail nothing more to the address."""
    _count(request)
    is_done = await services_of(request).letters.end_letters(token)
    said, status = ("stopped", 200) if is_done else ("gone", GONE)
    return render(request, "mail.html", status, said=said, email="")


def _count(request: Request) -> None:
    services_of(request).limits.count(Limit.MAIL_PAGES, address_of(request))
