"""The page of a logged-in person."""

import asyncio

from sanic import Blueprint, HTTPResponse, Request

from accounts.logins import find_login
from accounts.models import Account
from accounts.pages.rendering import go_to, render
from accounts.services import Services, services_of

home = Blueprint("home")

LOGIN_COOKIE = "latchkey_account_login"


async def logged_in(request: Request) -> Account | None:
    """Return whose browser this is, if anyone's."""
    cookie = request.cookies.get(LOGIN_COOKIE)
    if not cookie:
        return None
    return await asyncio.to_thread(_find, services_of(request), cookie)


@home.get("/")
async def show_start(request: Request) -> HTTPResponse:
    """Lead to where the person can go on."""
    return go_to("/home" if await logged_in(request) else "/login")


@home.get("/home")
async def show_home(request: Request) -> HTTPResponse:
    """Show who is logged in, and where."""
    account = await logged_in(request)
    if account is None:
        return go_to("/login")
    return render(request, "home.html", account=account)


def _find(services: Services, cookie: str) -> Account | None:
    with services.database.transaction() as session:
        return find_login(session, cookie, services.clock.now())
