"""Who may call the contract: a bearer token per scope, compared in constant time."""

import hmac
from collections.abc import Awaitable, Callable
from enum import StrEnum
from functools import wraps
from typing import Concatenate, ParamSpec

from sanic import HTTPResponse, Request

from accounts.services import services_of
from foundation.refusals import ApiError
from foundation.secret import Secret

Arguments = ParamSpec("Arguments")
Handler = Callable[Concatenate[Request, Arguments], Awaitable[HTTPResponse]]


class Scope(StrEnum):
    """What a token is good for; staff may do what a service may."""

    SERVICE = "service"
    STAFF = "staff"


def requires(scope: Scope) -> Callable[[Handler[Arguments]], Handler[Arguments]]:
    """Answer 401 without a known token and 403 with one of too narrow a scope."""

    def decorate(handler: Handler[Arguments]) -> Handler[Arguments]:
        @wraps(handler)
        async def checked(
            request: Request, /, *args: Arguments.args, **kwargs: Arguments.kwargs
        ) -> HTTPResponse:
            held = _scope_of(request)
            if held is None:
                raise ApiError(401, "unauthorized", "A known bearer token is needed.")
            if scope is Scope.STAFF and held is not Scope.STAFF:
                raise ApiError(403, "forbidden", "Only a staff token may do this.")
            request.ctx.scope = held
            return await handler(request, *args, **kwargs)

        return checked

    return decorate


def is_staff(request: Request) -> bool:
    """Tell whether a request that was let in came with a staff token."""
    return getattr(request.ctx, "scope", None) is Scope.STAFF


def _scope_of(request: Request) -> Scope | None:
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return None
    settings = services_of(request).settings
    if _same(given, settings.staff_token):
        return Scope.STAFF
    return Scope.SERVICE if _same(given, settings.token) else None


def _same(given: str, known: Secret) -> bool:
    said = given.strip().encode("utf-8", "replace")
    return known.any_fits(lambda value: hmac.compare_digest(said, value.encode()))
