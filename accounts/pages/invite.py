"""Inviting somebody to the own site; for site admins only."""

import asyncio

from sanic import Blueprint, HTTPResponse, Request

from accounts.jobs import queue_job
from accounts.pages.forms import own_form, read_email
from accounts.pages.home import logged_in
from accounts.pages.rendering import go_to, render
from accounts.services import services_of
from accounts.words import JobKind, Role
from foundation.forms import typed

invite = Blueprint("people")


@invite.get("/people/invite")
async def show_invite(request: Request) -> HTTPResponse:
    """Show the form."""
    account = await logged_in(request)
    if account is None:
        return go_to("/login")
    if account.role is not Role.SITE_ADMIN:
        return render(request, "error.html", 403)
    sent = request.args.get("sent") == "1"
    return render(request, "invite_person.html", email="", problem=None, sent=sent)


@invite.post("/people/invite")
@own_form
async def submit_invite(request: Request) -> HTTPResponse:
    """Queue an invitation to the admin's own site."""
    services = services_of(request)
    account = await logged_in(request)
    if account is None or account.role is not Role.SITE_ADMIN:
        return render(request, "error.html", 403)
    email = read_email(request)
    if email is None:
        return render(
            request,
            "invite_person.html",
            422,
            email=typed(request, "email")[:254],
            problem="email_odd",
            sent=False,
        )
    await asyncio.to_thread(
        queue_job,
        services.database,
        JobKind.NEW_INVITATION,
        email,
        services.clock.now(),
        details={"site_id": str(account.site_id) if account.site_id else None},
    )
    services.worker.wake()
    return go_to("/people/invite?sent=1")
