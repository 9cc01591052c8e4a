"""The pages behind the links in mails: opening changes nothing, submitting does."""

import asyncio
from typing import Any

from sanic import Blueprint, HTTPResponse, Request

from accounts.jobs import queue_job
from accounts.joining import Choice, OpenedLink, open_link, submit_link
from accounts.links import LIFETIMES, PATHS, find_token
from accounts.logins import start_login
from accounts.models import Account
from accounts.pages.forms import own_form, read_names
from accounts.pages.home import LOGIN_COOKIE
from accounts.pages.rendering import go_to, render, set_cookie
from accounts.services import Services, services_of
from accounts.words import JobKind, LinkState, Purpose
from foundation.forms import typed
from foundation.passwords import hash_password, password_problem

joining = Blueprint("joining")

PURPOSES = {path: purpose for purpose, path in PATHS.items()}
STATUSES = {LinkState.UNKNOWN: 404}
GONE = 410


@joining.get("/<path:invite|confirm|reset>/<secret:str>")
async def show_link(request: Request, path: str, secret: str) -> HTTPResponse:
    """Show the link's form, or say why it cannot be used."""
    link = await asyncio.to_thread(_open, services_of(request), path, secret)
    if link.account is None or link.state is not LinkState.VALID or link.is_locked:
        return _show_problem(request, link, secret)
    return _show_form(request, path, link.account)


@joining.post("/<path:invite|confirm|reset>/<secret:str>")
@own_form
async def submit(request: Request, path: str, secret: str) -> HTTPResponse:
    """Use the link up, and log the person in."""
    services = services_of(request)
    link = await asyncio.to_thread(_open, services, path, secret)
    if link.account is None or link.state is not LinkState.VALID or link.is_locked:
        return _show_problem(request, link, secret)
    names, problems = ({}, {}) if path == "reset" else read_names(request)
    password = typed(request, "password")
    if problem := password_problem(password, email=link.account.email):
        problems["password"] = problem
    elif password != typed(request, "password_again"):
        problems["password_again"] = "passwords_differ"  # noqa: S105 - a code
    if problems:
        return _show_form(request, path, link.account, names, problems)
    used, cookie = await asyncio.to_thread(
        _submit, services, path, secret, password, names
    )
    if cookie is None:
        return _show_problem(request, used, secret)
    answer = go_to("/home")
    set_cookie(request, answer, LOGIN_COOKIE, cookie)
    return answer


@joining.post("/renew")
@own_form
async def submit_renew(request: Request) -> HTTPResponse:
    """Send a fresh link to the address on file of whoever holds a dead one."""
    services = services_of(request)
    await asyncio.to_thread(_renew, services, typed(request, "link"))
    services.worker.wake()
    return go_to("/check-mail?after=renew")


def _open(services: Services, path: str, secret: str) -> OpenedLink:
    with services.database.transaction() as session:
        return open_link(session, secret, PURPOSES[path], services.clock.now())


def _submit(
    services: Services, path: str, secret: str, password: str, names: dict[str, str]
) -> tuple[OpenedLink, str | None]:
    choice = Choice(hash_password(password), **names)
    now = services.clock.now()
    with services.database.transaction() as session:
        link = submit_link(session, secret, PURPOSES[path], choice, now)
        if link.account is None or link.state is not LinkState.VALID or link.is_locked:
            return link, None
        cookie = start_login(session, link.account, now)
    services.worker.wake()
    return link, cookie


def _renew(services: Services, secret: str) -> None:
    with services.database.transaction() as session:
        token = find_token(session, secret)
        email = token.account.email if token else None
    if email:
        queue_job(services.database, JobKind.AUTO, email, services.clock.now())


def _show_form(
    request: Request,
    path: str,
    account: Account,
    names: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
) -> HTTPResponse:
    first, last = account.first_name, account.last_name
    values = names or {"first_name": first, "last_name": last}
    shown: dict[str, Any] = {"values": values, "problems": problems or {}}
    status = 422 if problems else 200
    return render(request, f"{path}.html", status, account=account, **shown)


def _show_problem(request: Request, link: OpenedLink, secret: str) -> HTTPResponse:
    hours = 0
    if link.token:
        hours = int(LIFETIMES[link.token.purpose].total_seconds() // 3600)
    return render(
        request,
        "link_problem.html",
        STATUSES.get(link.state, GONE),
        link=link,
        purpose=link.token.purpose if link.token else Purpose.INVITE,
        hours=hours,
        secret=secret,
    )
