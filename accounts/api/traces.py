"""/v1/accounts/{email}/traces: what is kept about an address, shown and erased."""

import asyncio
import logging
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.api.access import Scope, requires
from accounts.api.reading import read_address
from accounts.api.writing import (
    account_json,
    delivery_json,
    job_json,
    link_json,
    moment,
    suppression_json,
)
from accounts.models import Account, FailedLogin, Job, Login, Mail, Suppression, Token
from accounts.outbox.mailbox import Mailbox
from accounts.search import newest_invitations
from accounts.services import Services, services_of
from accounts.traces import erase_traces as erase

log = logging.getLogger(__name__)

traces = Blueprint("traces")


@traces.get("/accounts/<email:str>/traces", unquote=True)
@requires(Scope.STAFF)
async def export_traces(request: Request, email: str) -> HTTPResponse:
    """Return everything that is kept about an address."""
    address = read_address(email)
    return json(await asyncio.to_thread(_export, services_of(request), address))


@traces.delete("/accounts/<email:str>/traces", unquote=True)
@requires(Scope.STAFF)
async def erase_traces(request: Request, email: str) -> HTTPResponse:
    """Remove what is kept about an address beside its account."""
    address = read_address(email)
    return json(await asyncio.to_thread(_erase, services_of(request), address))


def _erase(services: Services, email: str) -> dict[str, int]:
    now = services.clock.now()
    with services.database.transaction() as session:
        counts = erase(session, email, services.links.references, now)
    if not services.database.drop_log():
        log.warning("erased rows are still in the database's log: somebody reads it")
    mailbox = _mailbox(services)
    return counts | {"outbox": mailbox.forget(email) if mailbox else 0}


def _export(services: Services, email: str) -> dict[str, Any]:
    mailbox = _mailbox(services)
    with services.database.reading() as session:
        return {
            "email": email,
            **_of_account(services, session, email),
            **_of_address(session, email),
            "outbox": [
                {"at": moment(mail.at), "subject": mail.subject}
                for mail in (mailbox.newest_first(email) if mailbox else ())
            ],
        }


def _of_account(services: Services, session: Session, email: str) -> dict[str, Any]:
    account = session.scalar(select(Account).where(Account.email == email))
    if account is None:
        return {"account": None, "links": [], "logins": []}
    now = services.clock.now()
    invitation = newest_invitations(session, [account]).get(account.id)
    links = select(Token).where(Token.account_id == account.id)
    logins = select(Login).where(Login.account_id == account.id)
    return {
        "account": account_json(account, invitation, now),
        "links": [
            link_json(token, now)
            for token in session.scalars(links.order_by(Token.issued_at.desc()))
        ],
        "logins": [
            {"created_at": moment(row.created_at), "expires_at": moment(row.expires_at)}
            for row in session.scalars(logins.order_by(Login.created_at.desc()))
        ],
    }


def _of_address(session: Session, email: str) -> dict[str, Any]:
    mails = select(Mail).where(Mail.email == email).order_by(Mail.queued_at.desc())
    jobs = select(Job).where(Job.email == email).order_by(Job.created_at.desc())
    failed = select(FailedLogin.at).where(FailedLogin.email == email)
    held = session.get(Suppression, email)
    return {
        "deliveries": [delivery_json(mail) for mail in session.scalars(mails)],
        "jobs": [job_json(job) for job in session.scalars(jobs)],
        "failed_logins": [
            moment(at) for at in session.scalars(failed.order_by(FailedLogin.at))
        ],
        "suppression": suppression_json(held) if held else None,
    }


def _mailbox(services: Services) -> Mailbox | None:
    # The development mailbox keeps its mails beside us; a real mail server does not.
    folder = services.settings.outbox
    return Mailbox(folder) if folder.is_dir() else None
