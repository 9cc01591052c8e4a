"""Signing in through another system: whom it vouches for, and which agent that is.

An agent is known by issuer and subject. The first time, an address that the system has
verified leads to the agent; nobody is added unless the settings say so. One-time codes are
that system's business then.
"""

import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from cryptography.fernet import InvalidToken
from sqlalchemy.orm import Session

from foundation.addresses import AddressError, normalise_address
from foundation.clock import Clock
from foundation.seals import sealer
from foundation.secret import Secret
from helpdesk.desk.action_limits import line_of
from helpdesk.desk.agent_accounts import LONGEST_NAME, NewAgent, add_agent
from helpdesk.desk.audit import NOBODY, Who, agent_name, write_audit
from helpdesk.desk.errors import DeskError, TooFastError
from helpdesk.desk.limits import Limit, RateLimits
from helpdesk.desk.sign_in import Entry, SignIns, Whence, note_failure
from helpdesk.desk.typed_text import clean_text
from helpdesk.desk.vouching import (
    SystemAwayError,
    VouchedFor,
    VouchingError,
    VouchingSystem,
)
from helpdesk.store.models import Agent
from helpdesk.store.record import Record
from helpdesk.store.rows import change, find
from helpdesk.store.words import Role

log = logging.getLogger(__name__)

WITHIN_S = 600  # from leaving us to coming back
ASKING_AT_ONCE = 4
BY = "single sign-on"

Answer = TypeVar("Answer")


class SingleSignOnError(DeskError):
    """Nobody is let in; the page has a sentence for each reason."""

    code = "single_sign_on"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Leaving:
    """Where the browser goes, and what it must keep until it is back."""

    url: str
    sealed: str


@dataclass(frozen=True)
class _Kept:
    """What is sealed: only this browser can finish what it began."""

    state: str
    nonce: str
    verifier: str
    wanted: str


class SingleSignOn:
    """Lets agents in whom another system vouches for.

    Args:
        record: The record.
        sign_ins: Begins the sessions.
        client: Talks to the other system.
        limits: Counts the attempts.
        clock: Tells the time.
        secret: The service's secret.
        adds_agents: Whether somebody who is no agent yet becomes one.
    """

    def __init__(
        self,
        record: Record,
        sign_ins: SignIns,
        client: VouchingSystem,
        limits: RateLimits,
        clock: Clock,
        *,
        secret: Secret,
        adds_agents: bool,
    ) -> None:
        self._record = record
        self._sign_ins = sign_ins
        self._client = client
        self._limits = limits
        self._clock = clock
        self._seals = sealer(secret, "single sign-on")
        self._adds_agents = adds_agents
        self._asking = ThreadPoolExecutor(ASKING_AT_ONCE, "single-sign-on")

    async def begin(self, wanted: str, whence: Whence) -> Leaving:
        """Send a browser to the other system.

        Raises:
            SingleSignOnError: It cannot be asked.
        """
        self._count(whence)
        begun = await self._ask(self._client.begin)
        kept = _Kept(begun.state, begun.nonce, begun.verifier, wanted)
        moment = int(self._clock.now().timestamp())
        sealed = self._seals.encrypt_at_time(json.dumps(asdict(kept)).encode(), moment)
        return Leaving(begun.url, sealed.decode())

    async def finish(
        self, sealed: str, state: str, code: str, whence: Whence
    ) -> tuple[Entry, str]:
        """Let in whoever came back; return the session and where they wanted to go.

        Raises:
            SingleSignOnError: It was not begun in this browser, or nobody is vouched
                for, or that is no agent.
        """
        kept = self._open(clean_text(sealed))
        given = clean_text(state).encode()
        if kept is None or not hmac.compare_digest(kept.state.encode(), given):
            raise SingleSignOnError("sso_not_begun")
        self._count(whence)
        identity = await self._ask(self._client.finish, code, kept.nonce, kept.verifier)
        now = self._clock.now()
        entry = await self._record.write(
            lambda s: self._enter(s, identity, whence, now)
        )
        if isinstance(entry, str):
            raise SingleSignOnError(entry)
        return entry, kept.wanted

    def _enter(
        self, session: Session, identity: VouchedFor, whence: Whence, now: datetime
    ) -> Entry | str:
        """Return the session that has begun, or why none has."""
        agent, reason = self._find(session, identity, now)
        if agent is None:
            note_failure(session, NOBODY.actor, whence, now)
            return reason
        if not agent.is_active:
            note_failure(session, agent_name(agent.id), whence, now)
            return "sso_unknown"
        return self._sign_ins.enter(session, agent, None, whence, now, by=BY)

    def _find(
        self, session: Session, identity: VouchedFor, now: datetime
    ) -> tuple[Agent | None, str]:
        subject = _digest(identity)
        agent = find(session, Agent, lock=True, oidc_subject=subject)
        if agent is not None:
            return agent, ""
        if not identity.is_email_verified:
            return None, "sso_unverified"
        try:
            email = normalise_address(identity.email)
        except AddressError:
            return None, "sso_unverified"
        agent = find(session, Agent, lock=True, email=email)
        if agent is None:
            if not self._adds_agents:
                return None, "sso_unknown"
            name = _name(identity.name) or email.partition("@")[0]
            new = NewAgent(email, name, Role.AGENT, oidc_subject=subject)
            return add_agent(session, Who(BY), new, now), ""
        if agent.oidc_subject is not None or not agent.is_active:
            return None, "sso_unknown"  # the address belongs to somebody else by now
        change(session, Agent, {"id": agent.id}, oidc_subject=subject)
        me = agent_name(agent.id)
        who = Who(me, agent.role.value)
        write_audit(session, who, "agent.linked", me, now, details={"by": BY})
        return agent, ""

    def _count(self, whence: Whence) -> None:
        try:
            self._limits.count(Limit.SINGLE_SIGN_ONS, line_of(whence.address))
        except TooFastError as error:
            raise SingleSignOnError("sso_too_many") from error

    async def _ask(self, question: Callable[..., Answer], *given: str) -> Answer:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._asking, partial(question, *given))
        except SystemAwayError as error:
            raise SingleSignOnError("sso_away") from error
        except VouchingError as error:
            log.warning("%s (%s)", error, error.__cause__)
            raise SingleSignOnError("sso_refused") from error

    def _open(self, sealed: str) -> _Kept | None:
        try:
            moment = int(self._clock.now().timestamp())
            kept = self._seals.decrypt_at_time(sealed.encode(), WITHIN_S, moment)
        except InvalidToken:
            return None
        return _Kept(**json.loads(kept))


def _digest(identity: VouchedFor) -> str:
    """Return what the record keeps: another system may use the same subject."""
    who = f"{identity.issuer}\n{identity.subject}"
    return hashlib.sha256(who.encode("utf-8", "replace")).hexdigest()


def _name(given: str) -> str:
    printable = "".join(letter for letter in given if letter.isprintable())
    return " ".join(printable.split())[:LONGEST_NAME]
