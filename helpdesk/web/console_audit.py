"""The audit record, for those who audit: a page of it, or all of it as a file.

Each look and each export is in the record before it is answered.
"""

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json
from sqlalchemy.orm import Session

from foundation.addresses import AddressError
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.audit import FIXED, REASON, RESULT, ROLE, SESSION, Who, agent_name
from helpdesk.desk.audit_reading import (
    EXPORTED,
    LONGEST_PAGE,
    READ,
    USUAL_PAGE,
    Sought,
    audit_look,
    entries_after,
    find_entries,
    last_number,
)
from helpdesk.desk.errors import BadRangeError, ForbiddenError
from helpdesk.desk.staff import Staff, read_staff
from helpdesk.services import Services, services_of
from helpdesk.store.models import AuditEntry
from helpdesk.store.words import Role
from helpdesk.web.console_requests import asking
from helpdesk.web.presentation import Json, moment
from helpdesk.web.query import number_in

console_audit = Blueprint("console_audit", url_prefix="/api/console/audit")

AUDITORS = frozenset({Role.AUDITOR, Role.ADMIN})
AT_ONCE = 1_000  # entries of an export
LONGEST_WORD = 200
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a table would begin to calculate
COLUMNS = (
    *("number", "at", "actor", "actor_name", ROLE, SESSION, "action", "target"),
    *("target_name", REASON, RESULT, "details", "previous_digest", "digest"),
)
Write = Callable[[Iterable[AuditEntry], Staff], bytes]


@console_audit.get("")
async def show_entries(request: Request) -> HTTPResponse:
    """Answer a page of the record, the newest first."""
    agent = await _auditing(request)
    services, sought = services_of(request), _sought(request)
    args = request.args
    before = number_in(request, "after") if "after" in args else None
    limit = number_in(request, "limit", LONGEST_PAGE, str(USUAL_PAGE))
    now = services.clock.now()
    page, staff = await services.record.read(
        lambda session: (
            find_entries(session, sought, before=before, limit=max(1, limit)),
            read_staff(session, now),
        )
    )
    await services.record.write(
        lambda s: audit_look(s, Who.of(agent), READ, sought, now, after=before)
    )
    shown = [entry_json(entry, staff) for entry in page.entries]
    return json({"entries": shown, "next": page.next})


@console_audit.get("/export")
async def export_entries(request: Request) -> None:
    """Answer everything that is sought, the oldest first, as a file."""
    agent = await _auditing(request)
    services, sought = services_of(request), _sought(request)
    format = request.args.get("format", "csv")
    if format not in FORMATS:
        raise BadRangeError(f"`format` is one of {', '.join(FORMATS)}.")
    media_type, head, write = FORMATS[format]
    now = services.clock.now()

    def begin(session: Session) -> tuple[int, Staff]:
        audit_look(session, Who.of(agent), EXPORTED, sought, now, format=format)
        return last_number(session), read_staff(session, now)

    last, staff = await services.record.write(begin)
    name = f"audit-{now.astimezone(UTC):%Y-%m-%d}.{format}"
    answer = await request.respond(
        content_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
    await answer.send(head)
    async for entries in _pages(services, sought, last):
        await answer.send(write(entries, staff))
    await answer.eof()


def entry_json(entry: AuditEntry, staff: Staff) -> Json:
    """Return an entry as a page shows it."""
    details = entry.details
    name = _name_of(entry.actor, staff)
    return {
        "number": entry.number,
        "at": moment(entry.at),
        "actor": {"id": _id_of(entry.actor), "name": name} if name else entry.actor,
        "role": details.get(ROLE),
        "session": details.get(SESSION),
        "action": entry.action,
        "target": entry.target,
        "target_name": _name_of(entry.target, staff),
        "reason": details.get(REASON),
        "result": details.get(RESULT),
        "details": _further(entry),
        "digest": entry.digest,
    }


async def _auditing(request: Request) -> SignedInAgent:
    agent = await asking(request)
    if agent.role not in AUDITORS:
        raise ForbiddenError("Only auditors and admins read the audit record.")
    return agent


async def _pages(
    services: Services, sought: Sought, last: int
) -> AsyncIterator[list[AuditEntry]]:
    """Yield what is sought up to an entry, each page in a transaction of its own."""
    after = 0
    while after < last:
        begin = after
        entries = await services.record.read(
            lambda session: entries_after(session, sought, begin, last, AT_ONCE)  # noqa: B023 - awaited at once
        )
        if not entries:
            return
        yield entries
        after = entries[-1].number


def _csv_rows(entries: Iterable[AuditEntry], staff: Staff) -> bytes:
    rows = []
    for entry in entries:
        shown = entry_json(entry, staff)
        raw = {
            "actor": entry.actor,
            "actor_name": _name_of(entry.actor, staff),
            "details": msgspec.json.encode(shown["details"]).decode(),
            "previous_digest": entry.previous_digest,
        }
        row = {**shown, **raw}
        rows.append([_cell(row[name]) for name in COLUMNS])
    return _csv(rows)


def _json_lines(entries: Iterable[AuditEntry], staff: Staff) -> bytes:
    """Return entries with all that their digests are made of, as it is in the record."""
    lines = [
        msgspec.json.encode(
            {
                "number": entry.number,
                "at": entry.at.isoformat(),
                "actor": entry.actor,
                "action": entry.action,
                "target": entry.target,
                "details": entry.details,
                "previous_digest": entry.previous_digest,
                "digest": entry.digest,
                "actor_name": _name_of(entry.actor, staff),
                "target_name": _name_of(entry.target, staff),
            }
        )
        for entry in entries
    ]
    return b"".join(line + b"\n" for line in lines)


def _csv(rows: Iterable[Iterable[str]]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue().encode()


def _cell(value: object) -> str:
    """Return a cell; what somebody chose must not become a formula in a table."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


FORMATS: dict[str, tuple[str, bytes, Write]] = {
    "csv": ("text/csv; charset=utf-8", _csv([COLUMNS]), _csv_rows),
    "jsonl": ("application/jsonl; charset=utf-8", b"", _json_lines),
}


def _sought(request: Request) -> Sought:
    args = request.args
    address = args.get("address")
    try:
        pseudonyms = services_of(request).pseudonyms
        target = pseudonyms.target(address) if address else None
    except AddressError as error:
        raise BadRangeError("`address` is not an e-mail address.") from error
    return Sought(
        actor=_actor(_word(args.get("actor"))),
        action=_word(args.get("action")),
        target=target,
        since=_moment(args.get("from"), "from"),
        until=_moment(args.get("to"), "to"),
    )


def _word(given: str | None) -> str | None:
    if given is None or not given.strip("\x00 "):
        return None
    if len(given) > LONGEST_WORD or not given.isprintable():
        raise BadRangeError("This cannot be looked for.")
    return given.strip()


def _actor(given: str | None) -> str | None:
    """Return how an actor is written; a bare id is an agent's."""
    try:
        return agent_name(UUID(given)) if given else None
    except ValueError:
        return given


def _moment(given: str | None, name: str) -> datetime | None:
    if not given:
        return None
    try:
        at = datetime.fromisoformat(given)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadRangeError(f"`{name}` is not a moment as in ISO 8601.") from error
    raise BadRangeError(f"`{name}` needs a time zone.")


def _further(entry: AuditEntry) -> dict[str, Any]:
    """Return the details that have no place of their own."""
    return {name: it for name, it in entry.details.items() if name not in FIXED}


def _id_of(name: str) -> str:
    return name.partition(":")[2]


def _name_of(name: str, staff: Staff) -> str | None:
    kind, _, id = name.partition(":")
    try:
        agent = staff.agents.get(UUID(id)) if kind == "agent" else None
    except ValueError:
        return None
    return agent.name if agent else None
