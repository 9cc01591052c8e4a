"""Routes for what is only read: they answer GET, and HEAD for those that check links."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from sanic import Blueprint

Handler = TypeVar("Handler", bound=Callable[..., Any])


def readable(blueprint: Blueprint, path: str) -> Callable[[Handler], Handler]:
    """Return a decorator that makes a handler answer GET and HEAD at a path."""
    decorate = blueprint.route(path, methods=["GET", "HEAD"])
    return cast("Callable[[Handler], Handler]", decorate)
