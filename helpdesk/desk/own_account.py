"""What agents change about their own sign-in: password, one-time codes, sessions.

Whoever finds a console left open must not be able to keep it: the password or a code is
asked for again, the tries are counted like those at the door, and the browser gets a new
session.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from foundation.clock import Clock
from foundation.passwords import hash_password, password_problem
from helpdesk.desk.agent_accounts import set_password
from helpdesk.desk.agent_sessions import (
    OpenSession,
    end_all_sessions,
    end_session,
    list_sessions,
)
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.audit import Who, agent_name, write_audit
from helpdesk.desk.errors import DeskError, NotFoundError, TooFastError
from helpdesk.desk.one_time_codes import (
    count_recovery_codes,
    make_recovery_codes,
    reset_codes,
    use_recovery_code,
)
from helpdesk.desk.sign_in import (
    CODE,
    PASSWORD,
    Entry,
    Forget,
    SignIns,
    Whence,
    note_failure,
)
from helpdesk.store.models import Agent, Team
from helpdesk.store.record import Record
from helpdesk.store.rows import find, get

Change = Callable[[Session, Agent, datetime], None]


class OwnAccountError(DeskError):
    """What was typed does not do; the page has a sentence for each reason."""

    code = "own_account"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class AccountView:
    """What an agent sees of their own account."""

    team: str | None
    has_password: bool
    has_codes: bool
    must_have_codes: bool
    recovery_codes: int
    sessions: list[OpenSession]


class OwnAccounts:
    """Changes an agent's own account, for the agent.

    Args:
        record: The record.
        sign_ins: Checks passwords and codes, and begins sessions.
        clock: Tells the time.
    """

    def __init__(self, record: Record, sign_ins: SignIns, clock: Clock) -> None:
        self._record = record
        self._sign_ins = sign_ins
        self._clock = clock

    async def look(self, agent: SignedInAgent) -> AccountView:
        """Return what there is."""
        now = self._clock.now()

        def read(session: Session) -> AccountView:
            row = get(session, Agent, id=agent.id)
            team = find(session, Team, id=row.team_id) if row.team_id else None
            return AccountView(
                team=team.name if team else None,
                has_password=row.password_hash is not None,
                has_codes=row.totp_secret is not None,
                must_have_codes=row.role in self._sign_ins.codes_for,
                recovery_codes=count_recovery_codes(session, row.id),
                sessions=list_sessions(session, row.id, now),
            )

        return await self._record.read(read)

    async def change_password(
        self, agent: SignedInAgent, current: str, new: str, again: str, whence: Whence
    ) -> Entry:
        """Set another password; every session ends, and this browser gets a new one.

        Raises:
            OwnAccountError: The current one is wrong, or the new one does not do.
        """
        await self.check_password(agent, current, whence)
        problem = password_problem(new, email=agent.email)
        if problem or new != again:
            raise OwnAccountError(problem or "passwords_differ")
        new_hash = await self._sign_ins.hashed(hash_password, new)
        now = self._clock.now()

        def change(session: Session) -> Entry:
            row = get(session, Agent, lock=True, id=agent.id)
            set_password(session, Who.of(agent), row, new_hash, now)
            return self._sign_ins.enter(session, row, None, whence, now)

        return await self._record.write(change)

    async def check_password(
        self, agent: SignedInAgent, password: str, whence: Whence
    ) -> None:
        """Make sure that the agent is there, not only their browser.

        Raises:
            OwnAccountError: The password is wrong, or it was tried too often.
        """
        forget = self._count(PASSWORD, agent, whence)
        row = await self._record.read(lambda s: get(s, Agent, id=agent.id))
        if not await self._sign_ins.is_password(password, row.password_hash):
            await self._note_failure(agent, whence)
            raise OwnAccountError("wrong_password")
        forget()

    async def accept_codes(
        self, agent: SignedInAgent, sealed: str, code: str, whence: Whence
    ) -> tuple[Entry, list[str]]:
        """Begin to ask for one-time codes; return the recovery codes, this once.

        The browser gets a new session and all others end.

        Raises:
            OwnAccountError: The code is not one of the offered secret, or too late.
        """
        forget, now = self._count(CODE, agent, whence), self._clock.now()
        codes = self._sign_ins.codes
        if codes.open_offer(agent.id, sealed, now) is None:
            raise OwnAccountError("offer_ended")

        def accept(session: Session) -> tuple[Entry, list[str]] | None:
            row = get(session, Agent, lock=True, id=agent.id)
            is_new = row.totp_secret is None
            if not is_new or not codes.accept(session, row.id, sealed, code, now):
                return None
            recovery = make_recovery_codes(session, row.id)
            me = agent_name(row.id)
            end_all_sessions(session, row.id, now)
            write_audit(session, Who.of(agent), "agent.codes_set_up", me, now)
            entry = self._sign_ins.enter(session, row, None, whence, now, by=CODE)
            return entry, recovery

        accepted = await self._record.write(accept)
        if accepted is None:
            raise OwnAccountError("wrong_code")
        forget()
        return accepted

    async def remove_codes(
        self, agent: SignedInAgent, code: str, whence: Whence
    ) -> None:
        """Stop asking for one-time codes.

        Raises:
            OwnAccountError: The code is wrong.
        """

        def remove(session: Session, row: Agent, now: datetime) -> None:
            reset_codes(session, Who.of(agent), row.id, now)

        await self._with_code(agent, code, whence, remove)

    async def renew_recovery_codes(
        self, agent: SignedInAgent, code: str, whence: Whence
    ) -> list[str]:
        """Replace the recovery codes and return the new ones, this once.

        Raises:
            OwnAccountError: The code is wrong.
        """
        made: list[str] = []

        def renew(session: Session, row: Agent, now: datetime) -> None:
            made.extend(make_recovery_codes(session, row.id))
            me, who = agent_name(row.id), Who.of(agent)
            write_audit(session, who, "agent.recovery_codes_made", me, now)

        await self._with_code(agent, code, whence, renew)
        return made

    async def end_session(self, agent: SignedInAgent, session_id: UUID) -> None:
        """Sign one of the agent's browsers out.

        Raises:
            NotFoundError: It is not theirs.
        """
        now, me = self._clock.now(), agent_name(agent.id)

        def end(session: Session) -> None:
            if not end_session(session, agent.id, session_id, now):
                raise NotFoundError("There is no such session.")
            ended = {"ended": session_id}
            write_audit(
                session, Who.of(agent), "agent.session_ended", me, now, details=ended
            )

        await self._record.write(end)

    async def end_all_sessions(self, agent: SignedInAgent) -> None:
        """Sign every browser of the agent out, this one too."""
        now, me = self._clock.now(), agent_name(agent.id)

        def end(session: Session) -> None:
            end_all_sessions(session, agent.id, now)
            write_audit(session, Who.of(agent), "agent.sessions_ended", me, now)

        await self._record.write(end)

    async def _with_code(
        self, agent: SignedInAgent, code: str, whence: Whence, work: Change
    ) -> None:
        """Do something once a code, of either kind, was right."""
        forget, now = self._count(CODE, agent, whence), self._clock.now()

        def check(session: Session) -> bool:
            row = get(session, Agent, lock=True, id=agent.id)
            is_right = self._sign_ins.codes.use(session, row, code, now)
            if not is_right and not use_recovery_code(session, row.id, code):
                return False
            work(session, row, now)
            return True

        if not await self._record.write(check):
            await self._note_failure(agent, whence)
            raise OwnAccountError("wrong_code")
        forget()

    def _count(self, what: str, agent: SignedInAgent, whence: Whence) -> Forget:
        try:
            return self._sign_ins.count(what, agent.email, whence)
        except TooFastError as error:
            raise OwnAccountError("too_many") from error

    async def _note_failure(self, agent: SignedInAgent, whence: Whence) -> None:
        target, now = agent_name(agent.id), self._clock.now()
        await self._record.write(lambda s: note_failure(s, target, whence, now))
