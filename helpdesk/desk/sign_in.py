"""Signing in: by password, then by a one-time code where the agent or the role has them.

Every attempt is counted before anything is looked at, whether or not there is such an
agent, and an attempt from a device that the agent has used before is counted apart from
all others: see docs/decisions/0013-agents-sign-in.md. Every failure takes as long and
says as much as any other.
"""

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy.orm import Session

from foundation.addresses import AddressError, normalise_address
from foundation.clock import Clock
from foundation.passwords import is_password
from helpdesk.desk.action_limits import line_of
from helpdesk.desk.agent_sessions import (
    FoundSession,
    begin_session,
    end_session,
    find_session,
)
from helpdesk.desk.audit import NOBODY, Who, agent_name, write_audit
from helpdesk.desk.errors import UnauthorizedError
from helpdesk.desk.known_devices import KnownDevices
from helpdesk.desk.limits import Limit, RateLimits
from helpdesk.desk.one_time_codes import OneTimeCodes, use_recovery_code
from helpdesk.store.models import Agent
from helpdesk.store.record import Record
from helpdesk.store.rows import find, get
from helpdesk.store.words import Role, SignInStep

HASHING_AT_ONCE = 2  # each takes 19 MiB and a core
PASSWORD, CODE = "password", "code"
FAILED = "agent.sign_in_failed"

Forget = Callable[[], None]
Result = TypeVar("Result")


@dataclass(frozen=True)
class Whence:
    """Where an attempt comes from."""

    address: str
    browser: str | None
    devices: str  # the cookie of known devices
    token: str  # of the session that this browser had until now


@dataclass(frozen=True)
class Entry:
    """A session that has begun, and what the browser has to keep."""

    token: str
    next_step: SignInStep | None
    devices: str | None  # the new cookie of known devices, once nothing is missing


class SignIns:
    """Lets agents in.

    Args:
        record: The record.
        limits: Counts the attempts.
        codes: Checks one-time codes.
        devices: Knows the devices that agents have used before.
        clock: Tells the time.
        codes_for: The roles that must use one-time codes.
    """

    def __init__(
        self,
        record: Record,
        limits: RateLimits,
        codes: OneTimeCodes,
        devices: KnownDevices,
        clock: Clock,
        codes_for: frozenset[Role],
    ) -> None:
        self._record = record
        self._limits = limits
        self._devices = devices
        self._clock = clock
        self.codes = codes
        self.codes_for = codes_for
        self._hashing = ThreadPoolExecutor(HASHING_AT_ONCE, "passwords")

    async def by_password(
        self, typed_email: str, password: str, whence: Whence
    ) -> Entry | None:
        """Begin a session, or return None for whatever is wrong.

        Raises:
            TooFastError: There were too many attempts.
        """
        email, now = _read_email(typed_email), self._clock.now()
        forget = self.count(PASSWORD, email, whence)
        agent = await self._record.read(lambda s: find(s, Agent, email=email))
        known_hash = agent.password_hash if agent and agent.is_active else None
        is_right = await self.is_password(password, known_hash)
        if agent is None or not is_right:
            target = agent_name(agent.id) if agent else NOBODY.actor
            await self._record.write(lambda s: note_failure(s, target, whence, now))
            return None
        forget()

        def enter(session: Session) -> Entry | None:
            current = get(session, Agent, lock=True, id=agent.id)
            if not current.is_active or current.password_hash != known_hash:
                return None  # changed while it was being checked
            return self.enter(session, current, self._step_of(current), whence, now)

        return await self._record.write(enter)

    async def by_code(self, code: str, whence: Whence) -> Entry | None:
        """Finish a session that waits for a code, or return None if the code is wrong.

        Raises:
            TooFastError: There were too many attempts.
            UnauthorizedError: No session of this browser waits for one.
        """
        now = self._clock.now()
        waiting = await self.waiting_for(SignInStep.CODE, whence.token)
        forget = self.count(CODE, waiting.agent.email, whence)

        def check(session: Session) -> Entry | None:
            agent = get(session, Agent, lock=True, id=waiting.agent.id)
            check_waits(find_session(session, whence.token, now), SignInStep.CODE)
            has_totp = self.codes.use(session, agent, code, now)
            if not has_totp and not use_recovery_code(session, agent.id, code):
                note_failure(session, agent_name(agent.id), whence, now)
                return None
            by = "one-time code" if has_totp else "recovery code"
            return self.enter(session, agent, None, whence, now, by=by)

        entry = await self._record.write(check)
        if entry is not None:
            forget()
        return entry

    async def waiting_for(self, step: SignInStep, token: str) -> FoundSession:
        """Return the session of this browser that waits for a step.

        Raises:
            UnauthorizedError: There is none, or it has ended.
        """
        now = self._clock.now()
        found = await self._record.read(lambda s: find_session(s, token, now))
        return check_waits(found, step)

    async def is_password(self, password: str, password_hash: str | None) -> bool:
        """Tell whether a password is right."""
        return await self.hashed(is_password, password, password_hash)

    async def hashed(self, work: Callable[..., Result], *given: Any) -> Result:
        """Do what hashes passwords off the event loop, and few at a time."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._hashing, partial(work, *given))

    def count(self, what: str, email: str, whence: Whence) -> Forget:
        """Count an attempt; call what is returned if it turns out to be right.

        Raises:
            TooFastError: It is one too many.
        """
        who, line = digest_of(email), line_of(whence.address)
        device = self._devices.find(whence.devices, who, self._clock.now())
        if device is not None:
            limit, key = Limit.SIGN_INS_DEVICE, f"{what}:{who}:{device}"
        else:
            limit, key = Limit.SIGN_INS, f"{what}:{who}:{line}"
            self._limits.count(Limit.SIGN_INS_LINE, line)
            if what == CODE:
                # Whoever gets here knows the password: stopping them comes first.
                self._limits.count(Limit.CODES, who)
        self._limits.count(limit, key)
        return partial(self._limits.forget, limit, key)

    def enter(
        self,
        session: Session,
        agent: Agent,
        next_step: SignInStep | None,
        whence: Whence,
        now: datetime,
        *,
        by: str = PASSWORD,
    ) -> Entry:
        """Begin a session under a new token; the browser's old one ends.

        Args:
            session: The transaction.
            agent: Who has proven to be there.
            next_step: What is still missing.
            whence: Where they are.
            now: The moment.
            by: How they have proven it.
        """
        old = find_session(session, whence.token, now)
        if old is not None:
            end_session(session, old.agent.id, old.agent.session_id, now)
        session_id = uuid4()
        token = begin_session(
            session,
            agent.id,
            now,
            session_id=session_id,
            browser=whence.browser,
            next_step=next_step,
        )
        me = agent_name(agent.id)
        who_is = Who(me, agent.role.value, str(session_id))
        action = "agent.sign_in_begun" if next_step else "agent.signed_in"
        details = {"by": by, "address": whence.address, "browser": whence.browser}
        write_audit(session, who_is, action, me, now, details=details)
        who = digest_of(agent.email)
        known = self._devices.remember(whence.devices, who, now)
        return Entry(token, next_step, None if next_step else known)

    def _step_of(self, agent: Agent) -> SignInStep | None:
        if agent.totp_secret:
            return SignInStep.CODE
        return SignInStep.SET_UP if agent.role in self.codes_for else None


def check_waits(found: FoundSession | None, step: SignInStep) -> FoundSession:
    """Return a session if it waits for a step.

    Raises:
        UnauthorizedError: It waits for another one or none, or has ended.
    """
    if found is None or found.next_step is not step:
        raise UnauthorizedError("Begin again with your password.")
    return found


def note_failure(session: Session, target: str, whence: Whence, now: datetime) -> None:
    """Audit a failed attempt; what was typed is nobody's business."""
    details = {"address": whence.address, "browser": whence.browser}
    write_audit(session, NOBODY, FAILED, target, now, details=details)


def _read_email(typed: str) -> str:
    """Return the address in the form of the record; what is none is looked up as well."""
    try:
        return normalise_address(typed)
    except AddressError:
        return typed.strip().lower().replace("\0", "")


def digest_of(email: str) -> str:
    """Return what stands for an agent in the counts and on a known device."""
    return hashlib.sha256(email.encode("utf-8", "replace")).hexdigest()[:32]
