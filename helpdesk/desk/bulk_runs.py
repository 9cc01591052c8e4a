"""Bulk commands: planned, confirmed, carried out one person at a time, stopped.

Each person is one turn of a conversation that nobody sees, so a run is as durable as any
question: it goes on after a crash, and no turn is carried out twice.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session

from foundation.addresses import AddressError, normalise_address
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.changes import Change
from helpdesk.desk.command_payloads import write_payload
from helpdesk.desk.conversations import begin_conversation
from helpdesk.desk.errors import NotFoundError, NotPossibleError
from helpdesk.desk.events import RunChanged
from helpdesk.desk.numbers import ids_of, is_numbered, number_of
from helpdesk.desk.office import Office
from helpdesk.desk.sentences import fill
from helpdesk.store.action_models import BulkRun
from helpdesk.store.models import Conversation, Message, Turn
from helpdesk.store.rows import add, as_row, change, find, get, table_of
from helpdesk.store.words import BulkState, Purpose, TurnState

PLAN_LIFE = timedelta(minutes=30)  # afterwards other people may be meant
MOST_ADDRESSES = 5_000
FEW = 20
ONE_BEGINS = 7_204_121  # PostgreSQL's lock on beginning one: of two at once, one does
MINUTE_MS = 60_000
MILLISECOND = timedelta(milliseconds=1)
UNSETTLED = (BulkState.PLANNED, BulkState.WAITING, BulkState.RUNNING)
_RUNS, _TURNS = table_of(BulkRun).c, table_of(Turn).c
_OTHERS_RUNNING = (
    select(_RUNS.id)
    .where(
        _RUNS.state == BulkState.RUNNING,
        _RUNS.command == bindparam("command"),
        _RUNS.id != bindparam("it"),
    )
    .limit(1)
)
_BY_NUMBER = select(*_RUNS).where(is_numbered(_RUNS.id))
_NEWEST = (
    select(*_RUNS)
    .where(_RUNS.agent_id == bindparam("agent"))
    .order_by(_RUNS.created_at.desc(), _RUNS.id)
    .limit(FEW)
)
_UNDONE = select(_TURNS.attempts, _TURNS.due_at).where(
    _TURNS.conversation_id == bindparam("conversation"),
    _TURNS.done_at.is_(None),
    _TURNS.state.in_((TurnState.WAITING, TurnState.RUNNING)),
)
_FIRST_UNDONE = _UNDONE.order_by(_TURNS.number).limit(1)
HELD_UP_AFTER = 4  # attempts, which take five seconds and more


@dataclass(frozen=True)
class Progress:
    """A run as its agent sees it."""

    run: BulkRun
    is_held_up: bool  # a part is down; it is tried again and again
    ends_at: datetime | None


def plan_run(
    office: Office,
    step: Change,
    agent_id: UUID,
    session_id: UUID,
    message: Message,
    plan: Mapping[str, Any],
    left_out: Collection[str] = (),
) -> BulkRun | None:
    """Return a run that waits for its agent's word; None if nobody is meant.

    Args:
        office: Has the words.
        step: What is said in the agent's own chat; the run is shown with `message`.
        agent_id: Who wants it.
        session_id: Of that agent.
        message: What the assistant says of it.
        plan: The assistant's: a command, its arguments and the addresses.
        left_out: Addresses that are not meant.
    """
    addresses = [each for each in addresses_in_plan(plan) if each not in left_out]
    if not addresses:
        return None
    run = BulkRun(
        id=uuid4(),
        agent_id=agent_id,
        session_id=session_id,
        asked_in=step.conversation.id,
        seq=message.seq,
        command=str(plan["command"]),
        arguments=dict(plan.get("arguments") or {}),
        addresses={"addresses": addresses},
        total=len(addresses),
        done=0,
        failed=0,
        skipped=0,
        pause_ms=0,
        state=BulkState.PLANNED,
        created_at=step.now,
    )
    words = office.sentences
    message.details["run"] = str(run.id)
    message.details["buttons"] = [
        {
            "title": fill(words.start_run.of(run.total), total=run.total),
            "command": f"/start {number_of(run.id)}",
        },
        {"title": words.leave_run, "command": f"/stop {number_of(run.id)}"},
    ]
    step.more.append(RunChanged(run.asked_in, run.id))
    return run


def find_run(session: Session, number: str) -> BulkRun:
    """Return the run that people call so.

    Raises:
        NotFoundError: There is none.
    """
    mapping = session.execute(_BY_NUMBER, ids_of(number)).mappings().first()
    if mapping is None:
        raise NotFoundError(f"There is no bulk command {number}.")
    return as_row(BulkRun, mapping)


def runs_of(session: Session, agent_id: UUID) -> list[BulkRun]:
    """Return an agent's newest runs, the newest first."""
    rows = session.execute(_NEWEST, {"agent": agent_id}).mappings()
    return [as_row(BulkRun, row) for row in rows]


def check_may_start(session: Session, run: BulkRun, now: datetime) -> BulkRun:
    """Return a run as it is, locked, if it can begin now.

    Raises:
        NotPossibleError: It cannot.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SELECT pg_advisory_xact_lock({ONE_BEGINS})"))
    found = get(session, BulkRun, id=run.id, lock=True)
    if found.state not in UNSETTLED:
        raise NotPossibleError("This bulk command is over, or another one replaced it.")
    if found.state is BulkState.RUNNING:
        raise NotPossibleError("This bulk command runs already.")
    if found.state is BulkState.PLANNED and now - found.created_at > PLAN_LIFE:
        raise NotPossibleError(
            "This list is more than half an hour old. Type the command again, so that "
            "it is about those who need it now."
        )
    which = {"command": found.command, "it": found.id}
    other = session.scalar(_OTHERS_RUNNING, which)
    if other is not None:
        raise NotPossibleError(
            f"Another one runs at the moment: {number_of(other)}. Wait until it is done, "
            "or stop it."
        )
    return found


def begin_run(session: Session, step: Change, run: BulkRun, per_minute: int) -> BulkRun:
    """Have a run begin: one turn for each person, one after the other.

    Other lists that were made meanwhile are void: they name the same people.

    Args:
        session: The transaction; `check_may_start` has locked the run in it.
        step: A change of its agent's own chat.
        run: Which one.
        per_minute: How many are carried out in a minute.

    Raises:
        NotPossibleError: It cannot begin now.
    """
    now, pause_ms = step.now, MINUTE_MS // per_minute
    own = get(session, Conversation, id=run.asked_in)
    place = begin_conversation(session, own.contact_id, now, purpose=Purpose.BULK)
    addresses: list[str] = run.addresses["addresses"]
    add(session, *_turns(run, place, addresses, now, pause_ms))
    _void_others(session, step, run)
    run.state, run.started_at = BulkState.RUNNING, now
    run.conversation_id, run.pause_ms = place.id, pause_ms
    change(
        session,
        BulkRun,
        {"id": run.id},
        state=run.state,
        started_at=now,
        conversation_id=place.id,
        pause_ms=pause_ms,
    )
    step.more.append(RunChanged(run.asked_in, run.id))
    return run


def target_of(run: BulkRun) -> str:
    """Return how the audit record names a bulk command."""
    return f"bulk:{run.id}"


def facts_of(run: BulkRun) -> dict[str, Any]:
    """Return what the audit record says of one."""
    facts = {"command": run.command, "total": run.total, "conversation": run.asked_in}
    became = {"done": run.done, "skipped": run.skipped, "failed": run.failed}
    return facts | (became if run.started_at else {})


def wait_for_second(
    session: Session, step: Change, run: BulkRun, approval_id: UUID
) -> None:
    """Have a run wait until somebody else has agreed."""
    waiting = {"state": BulkState.WAITING, "approval_id": approval_id}
    change(session, BulkRun, {"id": run.id}, **waiting)
    step.more.append(RunChanged(run.asked_in, run.id))


def drop_run(session: Session, step: Change, run: BulkRun) -> None:
    """End a run that never began."""
    _end(session, run, BulkState.DROPPED, step.now)
    step.more.append(RunChanged(run.asked_in, run.id))


def stop_run(
    session: Session, office: Office, step: Change, agent: SignedInAgent, run: BulkRun
) -> BulkRun:
    """Carry out nothing more of a run; what is under way is finished.

    Raises:
        NotPossibleError: It is over.
    """
    if run.state is BulkState.RUNNING:
        # In the order in which the end of one of its turns locks them: what became of it
        # is said in its own agent's chat.
        get(session, Conversation, id=run.asked_in, lock=True)
    found = get(session, BulkRun, id=run.id, lock=True)
    if found.state not in UNSETTLED:
        raise NotPossibleError("This bulk command is over already.")
    found.stopped_by = agent.id
    if found.state is not BulkState.RUNNING:
        change(session, BulkRun, {"id": found.id}, stopped_by=agent.id)
        drop_run(session, step, found)
        return found
    drop_rest(session, found, step.now)
    settle(session, office, step, found)
    return found


def drop_rest(session: Session, run: BulkRun, now: datetime) -> None:
    """Stop a run: what has not begun never will."""
    waiting = {"conversation_id": run.conversation_id, "state": TurnState.WAITING}
    change(session, Turn, waiting, state=TurnState.DROPPED, done_at=now)
    run.state = BulkState.STOPPED
    # In one go: changing a row twice makes PostgreSQL look at what it refers to, and so wait
    # for the end of the turn that runs, which waits for this.
    stopped = {"state": run.state, "stopped_by": run.stopped_by}
    change(session, BulkRun, {"id": run.id}, **stopped)


def settle(session: Session, office: Office, step: Change, run: BulkRun) -> bool:
    """End a run of which nothing is left, and say in its agent's chat what became of it.

    Args:
        session: The transaction.
        office: Has the words.
        step: A change of the chat of whoever stopped it, or of the run's own agent.
        run: Which one, locked.

    Returns:
        Whether it has ended.
    """
    step.more.append(RunChanged(run.asked_in, run.id))
    where = {"conversation": run.conversation_id}
    if session.execute(_UNDONE.limit(1), where).first() is not None:
        return False
    is_stopped = run.state is BulkState.STOPPED
    _end(session, run, BulkState.STOPPED if is_stopped else BulkState.DONE, step.now)
    words = office.sentences
    left = run.total - run.done - run.failed - run.skipped
    facts = {
        "number": number_of(run.id),
        "done": run.done,
        "skipped": run.skipped,
        "failed": run.failed,
        "left": left,
        "total": run.total,
    }
    said = fill(words.run_stopped if is_stopped else words.run_done, **facts)
    told = step
    if step.conversation.id != run.asked_in:
        own = get(session, Conversation, id=run.asked_in, lock=True)
        told = Change(own, step.now)
        step.others.append(told)
    told.note_event("run_ended", said, run=str(run.id))
    if told is not step:
        told.write(session)
    return True


def progress_of(session: Session, run: BulkRun) -> Progress:
    """Return how far a run has come."""
    first = None
    if run.state is BulkState.RUNNING:
        where = {"conversation": run.conversation_id}
        first = session.execute(_FIRST_UNDONE, where).first()
    if first is None:
        return Progress(run, is_held_up=False, ends_at=run.ended_at)
    left = run.total - run.done - run.failed - run.skipped
    rest = max(0, left - 1) * run.pause_ms * MILLISECOND
    return Progress(run, first.attempts >= HELD_UP_AFTER, first.due_at + rest)


def progress_of_chosen(session: Session, chosen: Iterable[UUID]) -> list[Progress]:
    """Return how far some runs have come."""
    found = [find(session, BulkRun, id=each) for each in chosen]
    return [progress_of(session, run) for run in found if run is not None]


def addresses_in_plan(plan: Mapping[str, Any]) -> list[str]:
    """Return the addresses of a plan that mail can be sent to, each once."""
    found: dict[str, None] = {}
    for each in plan.get("addresses") or ():
        try:
            found[normalise_address(str(each))] = None
        except AddressError:
            continue
    return list(found)[:MOST_ADDRESSES]


def _turns(
    run: BulkRun,
    place: Conversation,
    addresses: Iterable[str],
    now: datetime,
    pause_ms: int,
) -> list[Turn]:
    return [
        _turn(run, place, address, number, now + (number - 1) * pause_ms * MILLISECOND)
        for number, address in enumerate(addresses, 1)
    ]


def _turn(
    run: BulkRun, place: Conversation, address: str, number: int, due_at: datetime
) -> Turn:
    turn_id = uuid4()
    arguments = {
        "address": address,
        "dry_run": False,
        "as_json": False,
        "key": str(turn_id),
    }
    return Turn(
        id=turn_id,
        conversation_id=place.id,
        number=number,
        state=TurnState.WAITING,
        text="",
        payload=write_payload(run.command, arguments),
        owner_epoch=place.owner_epoch,
        created_at=due_at,  # nobody has waited for it before
        due_at=due_at,
        attempts=0,
        is_trouble_told=True,  # the run says so itself
        agent_id=run.agent_id,
        session_id=run.session_id,
    )


def _void_others(session: Session, step: Change, run: BulkRun) -> None:
    rows = session.execute(
        select(*_RUNS).where(
            _RUNS.state == BulkState.PLANNED,
            _RUNS.command == run.command,
            _RUNS.id != run.id,
        )
    ).mappings()
    for other in [as_row(BulkRun, row) for row in rows]:
        drop_run(session, step, other)


def _end(session: Session, run: BulkRun, state: BulkState, now: datetime) -> None:
    run.state, run.ended_at, run.addresses = state, now, {}
    ended: dict[str, Any] = {"state": state, "ended_at": now, "addresses": {}}
    change(session, BulkRun, {"id": run.id}, **ended)
