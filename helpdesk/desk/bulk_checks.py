"""Whom a bulk command leaves out: those at whom somebody should look first.

The same checks as before a single mail. They are made when the list is shown, and again when
each person's turn comes: something may have come up since.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from helpdesk.desk.bulk_runs import addresses_in_plan
from helpdesk.desk.command_payloads import read_payload
from helpdesk.desk.radar import Radar
from helpdesk.desk.target_limits import TargetLimits
from helpdesk.desk.turns import OpenTurn

TOO_MANY = "too_many_mails"


@dataclass(frozen=True)
class LeftOut:
    """Somebody who is left out: `kinds` say why to programs, `text` to people.

    `target` names the person in the audit record.
    """

    email: str
    target: str
    kinds: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class BulkChecks:
    """Finds whom to leave out.

    Args:
        radar: Sees who needs a second person.
        target_limits: Tell who has had as many mails as are allowed.
        too_many: What is said of those.
    """

    radar: Radar
    target_limits: TargetLimits
    too_many: str

    def look(
        self, session: Session, emails: Collection[str], now: datetime
    ) -> tuple[LeftOut, ...]:
        """Return which of many people are to be left out; it takes a few queries in all."""
        if not emails:
            return ()
        reasons = self.radar.reasons_of_many(session, emails, now)
        reached = self.target_limits.reached_of_many(session, emails, now)
        target = self.radar.approvals.pseudonyms.target
        found = []
        for email in emails:
            why = {each.kind: each.text for each in reasons.get(email, ())}
            if email in reached:
                why[TOO_MANY] = self.too_many
            if why:
                text = " ".join(why.values())
                found.append(LeftOut(email, target(email), tuple(why), text))
        return tuple(found)

    def look_at(
        self,
        session: Session,
        turn: OpenTurn,
        plan: Mapping[str, Any] | None,
        now: datetime,
    ) -> tuple[LeftOut, ...]:
        """Return who of the assistant's plan is to be left out, or else of a turn of it."""
        if plan is not None:
            return self.look(session, addresses_in_plan(plan), now)
        carried = read_payload(turn.payload or "")
        email = carried[1].get("address") if carried else None
        return self.look(session, [email] if email else [], now)
