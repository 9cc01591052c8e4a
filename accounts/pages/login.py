"""Logging in and out, and asking for a new password."""

import asyncio

from sanic import Blueprint, HTTPResponse, Request

from accounts.jobs import queue_job
from accounts.logins import log_in, log_out
from accounts.pages.forms import own_form, read_email
from accounts.pages.home import LOGIN_COOKIE
from accounts.pages.rendering import go_to, render, set_cookie
from accounts.services import services_of
from accounts.words import JobKind
from foundation.addresses import AddressError, normalise_address
from foundation.forms import typed

login = Blueprint("login")


@login.get("/login")
async def show_login(request: Request) -> HTTPResponse:
    """Show the form."""
    return render(request, "login.html", email="", problem=None)


@login.post("/login")
@own_form
async def submit_login(request: Request) -> HTTPResponse:
    """Log in; every failure reads the same."""
    services = services_of(request)
    email = typed(request, "email")
    try:
        address = normalise_address(email)
    except AddressError:
        address = ""
    found = await asyncio.to_thread(
        log_in,
        services.database,
        address,
        typed(request, "password"),
        services.clock.now(),
    )
    if found is None:
        return render(request, "login.html", 422, email=email[:254], problem="no_match")
    answer = go_to("/home")
    set_cookie(request, answer, LOGIN_COOKIE, found[0])
    return answer


@login.post("/logout")
@own_form
async def submit_logout(request: Request) -> HTTPResponse:
    """Forget this browser."""
    services = services_of(request)

    def forget() -> None:
        with services.database.transaction() as session:
            log_out(session, request.cookies.get(LOGIN_COOKIE) or "")

    await asyncio.to_thread(forget)
    answer = go_to("/login")
    answer.delete_cookie(LOGIN_COOKIE)
    return answer


@login.get("/forgot")
async def show_forgot(request: Request) -> HTTPResponse:
    """Show the form."""
    return render(request, "forgot.html", email="", problem=None)


@login.post("/forgot")
@own_form
async def submit_forgot(request: Request) -> HTTPResponse:
    """Queue a reset; the answer is the same for every address."""
    services = services_of(request)
    email = read_email(request)
    if email is None:
        typed_email = typed(request, "email")[:254]
        return render(
            request, "forgot.html", 422, email=typed_email, problem="email_odd"
        )
    now = services.clock.now()
    kind = JobKind.PASSWORD_RESET
    await asyncio.to_thread(queue_job, services.database, kind, email, now)
    services.worker.wake()
    return go_to("/check-mail?after=forgot")
