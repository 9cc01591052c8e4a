"""Canned responses: texts that agents use again and again, called by `/short_code`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.audit import Who, write_audit
from helpdesk.desk.errors import DeskError, NotFoundError
from helpdesk.desk.typed_text import clean_text
from helpdesk.desk.word_files import read_word_file
from helpdesk.store.alone import Alone, do_alone
from helpdesk.store.console_models import CannedResponse, Seeding
from helpdesk.store.rows import add, as_row, change, find, table_of

FILE = "console/canned_responses.yml"
SHORT_CODE = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
VARIABLE = re.compile(r"\{([^{}]*)\}")
LONGEST_CODE, LONGEST_TITLE, LONGEST_TEXT = 40, 100, 4_000
STARTERS = "canned_responses"
_RESPONSES = table_of(CannedResponse)
_ALL = select(*_RESPONSES.c).order_by(_RESPONSES.c.short_code)


class BadResponseError(DeskError):
    """Not a canned response that could be used; the sentence says why."""

    code = "bad_response"


class ShortCodeTakenError(DeskError):
    """Another canned response is called by the same short code."""

    code = "short_code_taken"
    status = 409


@dataclass(frozen=True)
class Written:
    """A canned response as a lead writes it."""

    short_code: str
    title: str
    text: str

    def checked(self) -> "Written":
        """Return it tidied up.

        Raises:
            BadResponseError: It cannot be used.
        """
        code = self.short_code.strip().removeprefix("/").lower()
        title, text = clean_text(self.title).strip(), clean_text(self.text).strip()
        if not SHORT_CODE.fullmatch(code) or len(code) > LONGEST_CODE:
            raise BadResponseError(
                "A short code has small letters, digits and single dashes, "
                f"at most {LONGEST_CODE} of them."
            )
        if not title or len(title) > LONGEST_TITLE:
            raise BadResponseError(f"A title has 1 to {LONGEST_TITLE} characters.")
        if not text or len(text) > LONGEST_TEXT:
            raise BadResponseError(f"A text has 1 to {LONGEST_TEXT:,} characters.")
        for name in VARIABLE.findall(text):
            if name not in variables():
                known = ", ".join(f"{{{each}}}" for each in variables())
                raise BadResponseError(
                    f"There is no variable {{{name}}}. There are: {known}."
                )
        return Written(code, title, text)


@cache
def variables() -> Mapping[str, str]:
    """Return what every variable means, by its name."""
    return dict(_read_file()["variables"])


def list_responses(session: Session) -> Sequence[CannedResponse]:
    """Return all, by short code."""
    rows = session.execute(_ALL).mappings()
    return [as_row(CannedResponse, row) for row in rows]


def add_response(
    session: Session, agent: SignedInAgent, written: Written, now: datetime
) -> CannedResponse:
    """Add one.

    Raises:
        DeskError: It cannot be used, or its short code is taken.
    """
    new = _row(written.checked(), agent.id, now)
    _check_free(session, new)
    try:
        with session.begin_nested():
            add(session, new)
    except IntegrityError as error:
        raise _taken(new.short_code) from error
    _audit(session, agent, "canned_response.added", new, now)
    return new


def change_response(
    session: Session,
    agent: SignedInAgent,
    response_id: UUID,
    written: Written,
    now: datetime,
) -> CannedResponse:
    """Write one anew.

    Raises:
        DeskError: There is none, it cannot be used, or its short code is taken.
    """
    _get(session, response_id)
    new = _row(written.checked(), agent.id, now)
    new.id = response_id
    _check_free(session, new)
    values: dict[str, Any] = {
        "short_code": new.short_code,
        "title": new.title,
        "text": new.text,
        "changed_by": new.changed_by,
        "changed_at": now,
    }
    try:
        with session.begin_nested():
            change(session, CannedResponse, {"id": response_id}, **values)
    except IntegrityError as error:
        raise _taken(new.short_code) from error
    _audit(session, agent, "canned_response.changed", new, now)
    return new


def remove_response(
    session: Session, agent: SignedInAgent, response_id: UUID, now: datetime
) -> None:
    """Remove one.

    Raises:
        NotFoundError: There is none.
    """
    known = _get(session, response_id)
    session.execute(delete(_RESPONSES).where(_RESPONSES.c.id == response_id))
    _audit(session, agent, "canned_response.removed", known, now)


def seed_responses(session: Session, now: datetime) -> None:
    """Put the starters in, once in the life of a record, if there are none at all."""
    do_alone(session, Alone.STARTERS)  # several processes may start at once
    if find(session, Seeding, name=STARTERS) is not None:
        return
    if not session.scalar(select(exists().select_from(_RESPONSES))):
        starters = _read_file()["starters"]
        add(session, *(_row(Written(**each).checked(), None, now) for each in starters))
    add(session, Seeding(name=STARTERS, at=now))


def _check_free(session: Session, new: CannedResponse) -> None:
    known = find(session, CannedResponse, short_code=new.short_code)
    if known is not None and known.id != new.id:
        raise _taken(new.short_code)


def _taken(short_code: str) -> ShortCodeTakenError:
    return ShortCodeTakenError(f"There is a canned response /{short_code} already.")


def _get(session: Session, response_id: UUID) -> CannedResponse:
    known = find(session, CannedResponse, id=response_id, lock=True)
    if known is None:
        raise NotFoundError("There is no such canned response.")
    return known


def _row(written: Written, agent_id: UUID | None, now: datetime) -> CannedResponse:
    return CannedResponse(
        id=uuid4(),
        short_code=written.short_code,
        title=written.title,
        text=written.text,
        changed_by=agent_id,
        changed_at=now,
    )


def _read_file() -> dict[str, Any]:
    return dict(read_word_file(FILE))


def _audit(
    session: Session,
    agent: SignedInAgent,
    action: str,
    response: CannedResponse,
    now: datetime,
) -> None:
    details = {"short_code": response.short_code}
    target = f"canned_response:{response.id}"
    write_audit(session, Who.of(agent), action, target, now, details=details)
