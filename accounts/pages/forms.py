"""Forms: their token against other sites' forms, and reading what was typed."""

import hmac
import re
import secrets
from collections.abc import Awaitable, Callable
from functools import wraps
from hashlib import sha256
from typing import Concatenate, ParamSpec

from sanic import HTTPResponse, Request
from sanic.exceptions import Forbidden

from accounts.addresses import AddressError, normalise_address
from accounts.services import services_of

Arguments = ParamSpec("Arguments")
Handler = Callable[Concatenate[Request, Arguments], Awaitable[HTTPResponse]]
VISITOR_COOKIE = "latchkey_account_visitor"
VISITOR = re.compile(r"[A-Za-z0-9_-]{43}")
CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f<>]")
LONGEST_NAME = 100


def visitor_of(request: Request) -> str:
    """Return the browser's number, a new one if it has none yet."""
    known = request.cookies.get(VISITOR_COOKIE) or ""
    if VISITOR.fullmatch(known):
        return known
    if not hasattr(request.ctx, "visitor"):
        request.ctx.visitor = secrets.token_urlsafe(32)
    return str(request.ctx.visitor)


def form_token(secret: str, visitor: str) -> str:
    """Return what a form must carry to prove that it came from our page."""
    return hmac.new(secret.encode(), f"form:{visitor}".encode(), sha256).hexdigest()


def own_form(handler: Handler[Arguments]) -> Handler[Arguments]:
    """Refuse a form that did not come from our own page in this browser."""

    @wraps(handler)
    async def checked(
        request: Request, /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> HTTPResponse:
        expected = form_token(services_of(request).settings.secret, visitor_of(request))
        given = typed(request, "form_token").encode("utf-8", "replace")
        if not hmac.compare_digest(given, expected.encode()):
            raise Forbidden("The form is not ours.", quiet=True)
        return await handler(request, *args, **kwargs)

    return checked


def typed(request: Request, name: str) -> str:
    """Return one field of the form; empty if it is missing or a file."""
    form = request.form
    value = form.get(name) if form else None
    return value if isinstance(value, str) else ""


def read_email(request: Request) -> str | None:
    """Return the typed address, normalised, or None if it is none."""
    try:
        return normalise_address(typed(request, "email"))
    except AddressError:
        return None


def read_names(request: Request) -> tuple[dict[str, str], dict[str, str]]:
    """Return first and last name, and the codes of what is wrong with them."""
    names = {
        name: " ".join(typed(request, name).split())
        for name in ("first_name", "last_name")
    }
    problems = {}
    for name, value in names.items():
        if not value:
            problems[name] = "name_missing"
        elif len(value) > LONGEST_NAME or CONTROL_CHARACTERS.search(value):
            problems[name] = "name_odd"
    return names, problems
