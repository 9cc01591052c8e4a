"""What is kept about a person, to be handed out: JSON, a page to read, the files.

Rows come as they are, from every table that refers to the person, so that nothing is left
out by forgetting it here. Conversations of others that mention them are others'.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import IO, Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

from jinja2 import Template
from sqlalchemy import LargeBinary, select
from sqlalchemy.engine import RowMapping
from sqlalchemy.orm import Session

from foundation.page_templates import page_templates
from helpdesk.desk.personal_data import Person, find_mentions
from helpdesk.store.models import Agent, Attachment, Contact, Conversation
from helpdesk.store.rows import find, get
from helpdesk.store.texts import TextRow, belongs, tables_of_contacts

DATA, PAGE, FILES = "person.json", "conversations.html", "files"
# Done for the person, though in a conversation of somebody else's.
DONE_FOR_THEM = frozenset({"receipts", "mail_requests"})
Json = dict[str, Any]


@dataclass(frozen=True)
class Export:
    """What was written."""

    conversations: int
    messages: int
    files: int
    mentions: int  # in what is others'


def write_export(
    session: Session,
    person: Person,
    accounts: Mapping[str, Json],
    to: IO[bytes],
    now: datetime,
) -> Export:
    """Write a zip archive with everything that is kept about a person.

    Args:
        session: The transaction.
        person: Who.
        accounts: What the account backend has, by address.
        to: Where the archive goes.
        now: The moment.
    """
    tables = _read_tables(session, person)
    named = find_mentions(session, person)
    mentions = [row for row in named if not _is_theirs(row, tables)]
    for row in mentions:
        if row.table.name in DONE_FOR_THEM:
            tables.setdefault(row.table.name, []).append(_whole(session, row))
    data = {
        "at": now.isoformat(),
        "addresses": list(person.addresses),
        "agents": _agents(session, tables),
        "tables": tables,
        "account_backend": dict(accounts),
        "mentions_by_others": len(mentions),
    }
    with ZipFile(to, "w", ZIP_DEFLATED) as archive:
        archive.writestr(DATA, json.dumps(data, ensure_ascii=False, indent=2))
        archive.writestr(PAGE, _page(data))
        for file in tables.get("attachments", []):
            content = get(session, Attachment, id=UUID(file["id"])).content
            archive.writestr(file_name(file), content)
    return Export(
        conversations=len(tables.get("conversations", [])),
        messages=len(tables.get("messages", [])),
        files=len(tables.get("attachments", [])),
        mentions=len(mentions),
    )


def file_name(file: Mapping[str, Any]) -> str:
    """Return where a file is in the archive."""
    return f"{FILES}/{file['id'][:8]}-{file['name']}"


def _read_tables(session: Session, person: Person) -> dict[str, list[Json]]:
    ids = {Conversation: person.conversations, Contact: person.contacts}
    found = {}
    for table in tables_of_contacts():
        shown = [c for c in table.columns if not isinstance(c.type, LargeBinary)]
        rows = select(*shown).where(belongs(table, ids)).order_by(*table.primary_key)
        read = [_as_json(row) for row in session.execute(rows).mappings()]
        if read:
            found[table.name] = read
    return found


def _is_theirs(row: TextRow, tables: Mapping[str, list[Json]]) -> bool:
    """Tell whether a row is among those that are exported anyway."""
    key = _as_json(row.key)
    return any(
        all(known[name] == value for name, value in key.items())
        for known in tables.get(row.table.name, ())
    )


def _whole(session: Session, row: TextRow) -> Json:
    is_it = [row.table.c[name] == value for name, value in row.key.items()]
    return _as_json(session.execute(select(row.table).where(*is_it)).mappings().one())


def _agents(session: Session, tables: Mapping[str, list[Json]]) -> dict[str, str]:
    """Return the names of the agents who had to do with the person, by id."""
    rows = (row for read in tables.values() for row in read)
    ids = {row["agent_id"] for row in rows if row.get("agent_id")}
    agents = (find(session, Agent, id=UUID(each)) for each in sorted(ids))
    return {str(agent.id): agent.name for agent in agents if agent}


def _as_json(row: RowMapping | Mapping[str, Any]) -> Json:
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, UUID) else value


def _page(data: Json) -> str:
    tables = data["tables"]
    files = {each["id"]: file_name(each) for each in tables.get("attachments", [])}
    conversations = [
        (conversation, _of(tables.get("messages", []), conversation["id"]))
        for conversation in sorted(
            tables.get("conversations", []), key=lambda each: str(each["created_at"])
        )
    ]
    page = _template()
    return page.render(data=data, conversations=conversations, files=files)


def _of(messages: Iterable[Json], conversation_id: str) -> list[Json]:
    return [each for each in messages if each["conversation_id"] == conversation_id]


@cache
def _template() -> Template:
    return page_templates("helpdesk", "templates/export").get_template("person.html")
