"""Forms of pages: their token against other sites' forms, and reading what was typed."""

import hmac
import re
import secrets
from collections.abc import Awaitable, Callable
from functools import wraps
from hashlib import sha256
from typing import Concatenate, ParamSpec

from sanic import HTTPResponse, Request
from sanic.exceptions import Forbidden

from foundation.secret import Secret

Arguments = ParamSpec("Arguments")
Handler = Callable[Concatenate[Request, Arguments], Awaitable[HTTPResponse]]
VISITOR = re.compile(r"[A-Za-z0-9_-]{43}")
TOKEN_FIELD = "form_token"  # noqa: S105 - the field's name


class FormGuard:
    """Tells our own forms from those of other sites, by a cookie and a token.

    Args:
        cookie: The name of the cookie that keeps the browser's number.
        secret_of: Returns the secret that the tokens of a request are made with.
    """

    def __init__(self, cookie: str, secret_of: Callable[[Request], Secret]) -> None:
        self._cookie = cookie
        self._secret_of = secret_of

    def visitor_of(self, request: Request) -> str:
        """Return the browser's number, a new one if it has none yet."""
        known = request.cookies.get(self._cookie) or ""
        if VISITOR.fullmatch(known):
            return known
        if not hasattr(request.ctx, "visitor"):
            request.ctx.visitor = secrets.token_urlsafe(32)
        return str(request.ctx.visitor)

    def token(self, request: Request) -> str:
        """Return what a form must carry to prove that it came from our page."""
        return self._token(request, self._secret_of(request).current)

    def _token(self, request: Request, secret: str) -> str:
        message = f"form:{self.visitor_of(request)}".encode()
        return hmac.new(secret.encode(), message, sha256).hexdigest()

    def keep_visitor(
        self, request: Request, answer: HTTPResponse, *, is_https: bool
    ) -> None:
        """Give the browser its number, unless it has it already."""
        visitor = self.visitor_of(request)
        if request.cookies.get(self._cookie) != visitor:
            add_private_cookie(answer, self._cookie, visitor, is_https=is_https)

    def own_form(self, handler: Handler[Arguments]) -> Handler[Arguments]:
        """Refuse a form that did not come from our own page in this browser."""

        @wraps(handler)
        async def checked(
            request: Request, /, *args: Arguments.args, **kwargs: Arguments.kwargs
        ) -> HTTPResponse:
            given = typed(request, TOKEN_FIELD).encode("utf-8", "replace")
            is_ours = self._secret_of(request).any_fits(
                lambda secret: hmac.compare_digest(
                    given, self._token(request, secret).encode()
                )
            )
            if not is_ours:
                raise Forbidden("The form is not ours.", quiet=True)
            return await handler(request, *args, **kwargs)

        return checked


def typed(request: Request, name: str) -> str:
    """Return one field of the form; empty if it is missing or a file."""
    form = request.form
    value = form.get(name) if form else None
    return value if isinstance(value, str) else ""


def add_private_cookie(
    answer: HTTPResponse, name: str, value: str, *, is_https: bool
) -> None:
    """Give the browser a cookie that scripts and other sites cannot use."""
    answer.add_cookie(
        name, value, path="/", httponly=True, samesite="Lax", secure=is_https
    )
