"""Registering: the form, and the page that says to look into the mailbox."""

import asyncio

from sanic import Blueprint, HTTPResponse, Request

from accounts.jobs import queue_job
from accounts.pages.forms import own_form, read_email, read_names
from accounts.pages.rendering import go_to, render
from accounts.services import services_of
from accounts.words import JobKind
from foundation.forms import typed

register = Blueprint("register")

REASONS = {"register", "forgot", "renew"}


@register.get("/register")
async def show_register(request: Request) -> HTTPResponse:
    """Show the form."""
    values = {"email": "", "first_name": "", "last_name": ""}
    return render(request, "register.html", values=values, problems={})


@register.post("/register")
@own_form
async def submit_register(request: Request) -> HTTPResponse:
    """Queue a registration; the answer is the same for known and unknown addresses.

    A password is chosen after the address was confirmed, so nobody can prepare an
    account with their own password for somebody else's address.
    """
    services = services_of(request)
    names, problems = read_names(request)
    email = read_email(request)
    if email is None:
        problems["email"] = "email_odd"
    if email is None or problems:
        values = {**names, "email": typed(request, "email")[:254]}
        return render(request, "register.html", 422, values=values, problems=problems)
    await asyncio.to_thread(
        queue_job,
        services.database,
        JobKind.REGISTER,
        email,
        services.clock.now(),
        details=dict(names),
    )
    services.worker.wake()
    return go_to("/check-mail?after=register")


@register.get("/check-mail")
async def show_check_mail(request: Request) -> HTTPResponse:
    """Say that a mail is on its way, whatever was asked."""
    asked = str(request.args.get("after", ""))
    return render(
        request, "check_mail.html", after=asked if asked in REASONS else "forgot"
    )
