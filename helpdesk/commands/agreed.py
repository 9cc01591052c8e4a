"""What follows when a second person has agreed to a command, has not, or did not answer."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from helpdesk.commands.bulk import START, begin
from helpdesk.commands.call import Ask, Call, Room
from helpdesk.commands.carrying_out import have_done, say
from helpdesk.commands.typed import make_line
from helpdesk.desk.approval_reading import requester_of
from helpdesk.desk.bulk_runs import check_may_start, drop_run
from helpdesk.desk.changes import Change
from helpdesk.desk.errors import NotPossibleError
from helpdesk.desk.sentences import fill
from helpdesk.store.action_models import Approval, BulkRun
from helpdesk.store.models import Agent, Conversation
from helpdesk.store.rows import find, get
from helpdesk.store.words import ApprovalState, BulkState, Role

EVENTS = {
    ApprovalState.APPROVED: "approved",
    ApprovalState.REFUSED: "not_approved",
    ApprovalState.EXPIRED: "approval_expired",
}


def do_agreed(
    session: Session, room: Room, approval: Approval, now: datetime
) -> Change:
    """Do what was agreed to as its requester's, and say so in their own chat.

    Raises:
        NotPossibleError: It can no longer be done; then it cannot be agreed to either.
    """
    own = get(session, Conversation, id=approval.conversation_id, lock=True)
    step = Change(own, now)
    said = _sentence(session, room, approval)
    step.note_event(EVENTS[approval.state], said, approval=str(approval.id))
    if approval.state is ApprovalState.APPROVED:
        agent = requester_of(session, approval)
        call = Call(session, agent, step, room, approval.id)
        _do(call, approval)
        call.write()
    else:
        _drop(session, step, approval)
        step.write(session)
    return step


def _do(call: Call, approval: Approval) -> None:
    """Do it, if whoever asked still may."""
    run = _run_of(call.session, approval)
    if run is not None and call.agent.role is Role.ADMIN:
        say(call, begin(call, check_may_start(call.session, run, call.step.now)))
        return
    line = make_line(approval.command, approval.arguments) if run is None else None
    known = line.command if line else None
    if line is None or known is None or not known.is_for(call.agent.role):
        raise NotPossibleError(call.room.words.no_longer_theirs)
    have_done(call, Ask(approval.command, approval.arguments), line.kept)


def _drop(session: Session, step: Change, approval: Approval) -> None:
    run = _run_of(session, approval)
    if run is not None and run.state is BulkState.WAITING:
        drop_run(session, step, run)


def _run_of(session: Session, approval: Approval) -> BulkRun | None:
    if approval.command != START:
        return None
    run_id = UUID(str(approval.arguments["run"]))
    return find(session, BulkRun, id=run_id, lock=True)


def _sentence(session: Session, room: Room, approval: Approval) -> str:
    words = room.approvals.words
    said = {
        ApprovalState.APPROVED: words.approved,
        ApprovalState.REFUSED: words.refused,
        ApprovalState.EXPIRED: words.expired,
    }[approval.state]
    by = find(session, Agent, id=approval.decided_by) if approval.decided_by else None
    return fill(said, agent=by.name if by else "", summary=approval.summary)
