"""Commands about bulk commands: the word that they wait for, and how they are stopped."""

from sqlalchemy.orm import Session

from helpdesk.commands.arguments import Number
from helpdesk.commands.call import Answer, Call, Result
from helpdesk.commands.registry import command
from helpdesk.desk.approvals import Reason, Wish
from helpdesk.desk.bulk_runs import (
    begin_run,
    check_may_start,
    facts_of,
    find_run,
    stop_run,
    target_of,
    wait_for_second,
)
from helpdesk.desk.errors import NotPossibleError
from helpdesk.desk.risks import Risk
from helpdesk.desk.sentences import fill
from helpdesk.store.action_models import Approval, BulkRun
from helpdesk.store.rows import find
from helpdesk.store.words import ApprovalState, BulkState

START = "start"


@command(START, risk=Risk.BULK)
def start(call: Call, run: Number) -> Result:
    """Begin a bulk command that waits for your word."""
    planned = find_run(call.session, run)
    if planned.agent_id != call.agent.id:
        raise NotPossibleError(call.room.words.not_yours)
    planned = check_may_start(call.session, planned, call.step.now)
    if not _is_agreed(call.session, planned):
        approvals = call.room.approvals
        reasons = approvals.reasons_for(call.session, call.agent, Risk.BULK)
        if reasons:
            return _ask_second(call, planned, reasons)
    return begin(call, planned)


@command("stop")
def stop(call: Call, run: Number) -> Result:
    """Stop a bulk command; what was sent stays sent."""
    words = call.room.words
    found = find_run(call.session, run)
    stopped = stop_run(call.session, call.room.office, call.step, call.agent, found)
    call.note("bulk.stopped", target_of(stopped), facts_of(stopped))
    if stopped.state is BulkState.STOPPED and stopped.ended_at is not None:
        call.note("bulk.ended", target_of(stopped), facts_of(stopped))
        return Answer("")  # what became of it is said already
    is_dropped = stopped.state is BulkState.DROPPED
    said = words.dropped if is_dropped else words.stopping
    return Answer(fill(said, number=run), facts={"run": str(found.id)})


def begin(call: Call, planned: BulkRun) -> Answer:
    """Begin a run that may begin now."""
    words, approvals = call.room.words, call.room.approvals
    run = begin_run(call.session, call.step, planned, call.room.per_minute)
    call.note("bulk.started", target_of(run), facts_of(run))
    facts = {
        "total": run.total,
        "per_minute": call.room.per_minute,
        "number": run.id.hex[:8],
    }
    said = [fill(words.started.of(run.total), **facts)]
    if Risk.BULK in approvals.rule.risks and approvals.is_alone(
        call.session, call.agent
    ):
        said.append(approvals.words.alone)
    return Answer(" ".join(said), facts={"run": str(run.id)})


def _is_agreed(session: Session, run: BulkRun) -> bool:
    approval = find(session, Approval, id=run.approval_id) if run.approval_id else None
    return approval is not None and approval.state is ApprovalState.APPROVED


def _ask_second(call: Call, run: BulkRun, reasons: tuple[Reason, ...]) -> Answer:
    words, approvals = call.room.words, call.room.approvals
    site = run.arguments.get("site") or ""
    what = words.summary_of_site if site else words.summary
    wish = Wish(
        call.wish_id,
        call.step.conversation.id,
        START,
        {"run": str(run.id)},
        fill(what.of(run.total), total=run.total, site=site, number=run.id.hex[:8]),
        reasons,
    )
    asked = approvals.ask(call.session, call.agent, wish, call.step.now)
    call.step.more.extend(asked.told)
    if asked.approval is not None:
        wait_for_second(call.session, call.step, run, asked.approval.id)
    return Answer(approvals.answer_to(asked), facts={"run": str(run.id)})
