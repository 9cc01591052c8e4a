"""Retention: what has been kept long enough goes by itself, in the background.

The rules are the installation's (`desk.retention_rules`); the audit record has none, it
stays whole. What the account backend keeps is its own affair.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from foundation.clock import Clock
from helpdesk.assistant import Assistant, AssistantError
from helpdesk.desk import expiry
from helpdesk.desk.audit import Who, write_audit
from helpdesk.desk.log_files import drop_older
from helpdesk.desk.lookout import Lookout
from helpdesk.desk.retention_rules import RetentionRules
from helpdesk.store.record import Record
from helpdesk.store.scrubbing import scrub

log = logging.getLogger(__name__)

LOOK_EVERY_S = 60.0
FIRST_AFTER = timedelta(minutes=5)  # a start is busy enough
APPLY_EVERY = timedelta(hours=6)
RETENTION = Who("retention")


@dataclass
class Expired:
    """How much went, by kind; and which part was away, and why."""

    removed: dict[str, int] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)


class Retention:
    """Applies the rules.

    Args:
        record: The tables.
        assistant: Whose working memory is bounded as well.
        rules: How long what is kept.
        home: The state folder, with the logs of the parts on this machine.
        clock: The time.
    """

    def __init__(
        self,
        record: Record,
        assistant: Assistant,
        rules: RetentionRules,
        home: Path,
        clock: Clock,
    ) -> None:
        self._record = record
        self._assistant = assistant
        self._rules = rules
        self._home = home
        self._clock = clock
        self._due_at = clock.now() + FIRST_AFTER
        complaint = "applying the rules of retention failed"
        self._lookout = Lookout(self._look, LOOK_EVERY_S, log, complaint)

    def start(self) -> None:
        """Begin to look, now and then."""
        self._lookout.start()

    async def stop(self) -> None:
        """Stop; what is under way ends with its transaction."""
        await self._lookout.stop()

    async def apply(self, who: Who = RETENTION) -> Expired:
        """Delete what the rules no longer keep, now."""
        now, rules, expired = self._clock.now(), self._rules, Expired()
        kinds: list[tuple[str, timedelta | None, expiry.Expire]] = [
            ("conversations", rules.conversations, expiry.expire_conversations),
            (
                "entries of agents' own chats",
                rules.conversations,
                expiry.expire_own_chats,
            ),
            ("empty conversations", rules.visits, expiry.expire_empty_conversations),
            ("attachments", rules.attachments, expiry.expire_attachments),
            ("visits and contacts", rules.visits, expiry.expire_visits),
            ("drafts", rules.drafts, expiry.expire_drafts),
        ]
        for kind, span, expire in kinds:
            if span is not None:
                expired.removed[kind] = await self._expire(expire, now - span)
        if any(expired.removed.values()):
            await asyncio.to_thread(scrub, self._record.database)
        await self._have_forgotten(expired, now)
        if rules.logs is not None:
            logs, before = self._home / "logs", now - rules.logs
            dropped = await asyncio.to_thread(drop_older, logs, before)
            expired.removed["bytes of logs"] = dropped
        await self._audit(who, expired, now)
        return expired

    async def _look(self) -> None:
        now = self._clock.now()
        if now >= self._due_at:
            self._due_at = now + APPLY_EVERY
            await self.apply()

    async def _expire(self, expire: expiry.Expire, before: datetime) -> int:
        """Delete a few at a time, so that nobody waits for long."""
        removed = 0
        while True:
            gone = await self._record.write(lambda session: expire(session, before))
            removed += gone
            if gone < expiry.FEW:
                return removed

    async def _have_forgotten(self, expired: Expired, now: datetime) -> None:
        span = self._rules.of_assistant
        if span is None:
            return
        forget, before = self._assistant.forget, now - span
        try:
            forgotten = await asyncio.to_thread(forget, (), before)
            expired.removed["conversations in the assistant's memory"] = forgotten
        except AssistantError as error:
            log.warning("the assistant forgets later: %s", error.code)
            expired.left["assistant"] = error.code

    async def _audit(self, who: Who, expired: Expired, now: datetime) -> None:
        details = {"removed": {k: n for k, n in expired.removed.items() if n}}
        if details["removed"]:
            await self._record.write(
                lambda session: write_audit(
                    session, who, "retention.applied", "record", now, details=details
                )
            )
