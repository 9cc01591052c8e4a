"""The worker: takes queued jobs, decides, and sends mail from the outbox table.

It runs in one daemon thread. Each step is one transaction; what it had not finished is
found in the tables and done after a restart.
"""

import logging
import threading
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from accounts.jobs import finish_job, postpone_job, take_job
from accounts.ledger import (
    BOUNCED_BEFORE,
    OVERTAKEN,
    WITHDRAWN,
    record,
    take_mail,
)
from accounts.letters import Letters, Writing
from accounts.links import Links, state_of
from accounts.measures import Measures
from accounts.models import Job, Mail
from accounts.recoveries import carry_out
from accounts.suppressions import hold_back, is_held_back
from accounts.words import DeliveryState, LinkState
from foundation.clock import Clock
from foundation.database import Database
from foundation.postman import Handover, Outcome, Postman
from foundation.trace_context import read_traceparent
from foundation.tracing import ERROR_TYPE, Attributes, Kind, span, within

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5
FAILURE_PAUSE_SECONDS = 2.0
# While a mail is being handed over it is nobody else's; longer than the SMTP time-outs.
LEASE = timedelta(seconds=60)
BACK_OFF = [timedelta(seconds=seconds) for seconds in (10, 30, 60, 300, 900, 3600)]
GIVE_UP_AFTER = timedelta(hours=48)
DONE = "done"
_QUEUE: Attributes = {
    "messaging.system": "latchkey",
    "messaging.destination.name": "jobs",
    "messaging.operation.name": "process",
    "messaging.operation.type": "process",
}
_SMTP: Attributes = {"network.protocol.name": "smtp"}
_TRACEPARENT = select(Job.traceparent).where(Job.mail_id == bindparam("mail")).limit(1)


class Worker:
    """Does the queued work, one thing after the other."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        links: Links,
        letters: Letters,
        postman: Postman,
        measures: Measures,
    ) -> None:
        self._database = database
        self._clock = clock
        self._links = links
        self._letters = letters
        self._postman = postman
        self._measures = measures
        self._is_stopping = threading.Event()
        self._has_work = threading.Event()
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def wake(self) -> None:
        """Say that a job was queued, so that it need not wait for the next look."""
        self._has_work.set()

    def stop(self, timeout: float) -> None:
        """Stop after the current step, or leave it to the next start."""
        self._is_stopping.set()
        self._has_work.set()
        self._thread.join(timeout)

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._is_stopping.is_set():
            self._has_work.clear()
            try:
                # One of each, so that a flood of requests holds no mail back.
                did_job, did_mail = self._do_job(), self._send_mail()
            except Exception:
                # The database may be away; the thread must outlive that.
                log.exception("the worker failed and goes on")
                self._is_stopping.wait(FAILURE_PAUSE_SECONDS)
                continue
            if not (did_job or did_mail):
                self._has_work.wait(POLL_SECONDS)

    def _do_job(self) -> bool:
        now = self._clock.now()
        with self._database.transaction() as session:
            job = take_job(session, now)
            if job is None:
                return False
            asked_in = read_traceparent(job.traceparent)
            with within(asked_in), span("process jobs", Kind.CONSUMER, _QUEUE) as told:
                told["latchkey.job.kind"] = job.kind.value
                end = self._try(session, job, now)
                if end != DONE:
                    told[ERROR_TYPE] = end
            state = job.mail.state if end == DONE and job.mail else None
        self._measures.jobs.labels(end).inc()
        if state:
            self._measures.mails.labels(state.value).inc()
        return True

    def _try(self, session: Session, job: Job, now: datetime) -> str:
        try:
            with session.begin_nested():
                carry_out(session, job, self._links, now)
                finish_job(job, now)
        except Exception:
            session.refresh(job)
            again = postpone_job(job, now)
            _report(job, is_last=not again)
            return "postponed" if again else "given_up"
        return DONE

    def _send_mail(self) -> bool:
        now = self._clock.now()
        with self._database.transaction() as session:
            mail = take_mail(session, now)
            if mail is None:
                return False
            writing = self._lease(session, mail, now)
            about_job = {"mail": mail.id}
            asked_in = session.scalar(_TRACEPARENT, about_job) if writing else None
        if writing is None:
            self._measures.mails.labels(DeliveryState.SUPPRESSED.value).inc()
            return True
        about = {"latchkey.mail.letter": writing.letter.value}
        with (
            within(read_traceparent(asked_in)),
            span("send mail", Kind.CLIENT, _SMTP | about) as told,
        ):
            message = self._letters.write(writing, now)
            outcome = self._postman.deliver(message, writing.email)
            if outcome.state is not Handover.ACCEPTED:
                told[ERROR_TYPE] = outcome.state.value
            self._enter(writing, outcome)
        return True

    def _lease(self, session: Session, mail: Mail, now: datetime) -> Writing | None:
        token = mail.token
        if why_not := _reason_to_keep(session, mail, now):
            record(mail, DeliveryState.SUPPRESSED, now, why_not)
            return None
        mail.attempts += 1
        mail.next_attempt_at = now + LEASE
        if token is None:
            return Writing(mail.id, mail.letter, mail.email)
        self._links.start_lifetime(token, now)
        return Writing(
            mail.id,
            mail.letter,
            mail.email,
            link=self._links.url(token),
            expires_at=token.expires_at,
        )

    def _enter(self, writing: Writing, outcome: Outcome) -> None:
        now = self._clock.now()
        with self._database.transaction() as session:
            mail = session.get(Mail, writing.id)
            if mail is None:
                log.info("a mail was erased while it was handed over")
                return
            if outcome.state is not Handover.DEFERRED:
                record(mail, DeliveryState(outcome.state), now, outcome.reason)
                if outcome.state is Handover.BOUNCED:
                    hold_back(session, mail.email, str(mail.reason), now)
            elif mail.state is DeliveryState.SUPPRESSED:
                pass  # withdrawn meanwhile, and the server did not take it
            elif now - mail.queued_at > GIVE_UP_AFTER:
                record(mail, DeliveryState.BOUNCED, now, f"gave up: {outcome.reason}")
            else:
                wait = BACK_OFF[min(mail.attempts, len(BACK_OFF)) - 1]
                record(
                    mail,
                    DeliveryState.DEFERRED,
                    now,
                    outcome.reason,
                    next_attempt_at=now + wait,
                )
            state, reason = mail.state, mail.reason or "-"
        self._measures.mails.labels(state.value).inc()
        log.info("mail %s %s to %s: %s", writing.letter, state, writing.email, reason)


def _reason_to_keep(session: Session, mail: Mail, now: datetime) -> str | None:
    if is_held_back(session, mail.email):
        return BOUNCED_BEFORE
    token = mail.token
    if token and state_of(token, now) in {LinkState.USED, LinkState.REPLACED}:
        return WITHDRAWN if token.withdrawn_at else OVERTAKEN
    return None


def _report(job: Job, *, is_last: bool) -> None:
    outcome = "is given up" if is_last else "will be tried again"
    log.exception("job %s (%s) failed and %s", job.id, job.kind, outcome)
