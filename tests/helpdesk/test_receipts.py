"""Receipts: what a turn did is kept, told to both sides as each may know it, and audited."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.database import Database
from helpdesk.desk.agent_transcript import entries_before
from helpdesk.desk.answers import Outcome, Reply
from helpdesk.desk.audit import verify_chain
from helpdesk.desk.events import ReceiptChanged
from helpdesk.desk.pseudonyms import Pseudonyms
from helpdesk.desk.receipts import (
    IDS,
    TOLD,
    Deed,
    Result,
    mark_undone,
    may_be_undone,
    read_deeds,
)
from helpdesk.desk.turns import OpenTurn
from helpdesk.store.action_models import BulkRun, Receipt
from helpdesk.store.models import Agent, AuditEntry, Conversation, Message, Turn
from helpdesk.store.rows import add, as_row, change, get, table_of
from helpdesk.store.words import (
    BulkState,
    Kind,
    Purpose,
    ReceiptState,
    Role,
    TurnState,
)
from helpdesk.web.presentation import Presentation
from tests.helpdesk.desk_steps import Desk
from tests.helpdesk.running import TEST_KEY

Json = dict[str, Any]
PSEUDONYMS = Pseudonyms(TEST_KEY)
ANA = "ana@example.com"
PERSON = PSEUDONYMS.target(ANA)
SENT = Reply("A new invitation is on its way.", {})
HOUR = timedelta(hours=1)


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database).enter()


def said(desk: Desk, **others: object) -> Json:
    """Return a receipt as the assistant gives it."""
    return {
        "action": "recovery.requested",
        "kind": "invite",
        "address": ANA,
        "key": uuid4().hex,
        "result": "accepted",
        "expires_at": (desk.now + 72 * HOUR).isoformat(),
        **others,
    }


def outcome(*receipts: Json) -> Outcome:
    nlu = {"intent": "resend_invite"}
    return Outcome(
        nlu=nlu, has_acted=True, deeds=read_deeds(list(receipts), PSEUDONYMS)
    )


def turn_of(desk: Desk, text: str = "please send it again") -> OpenTurn:
    turn = desk.say(text).turn
    assert turn
    return turn


def do(desk: Desk, *receipts: Json, turn: OpenTurn | None = None) -> list[Message]:
    end = desk.end(turn or turn_of(desk), SENT, outcome=outcome(*receipts))
    return end.change.messages if end.change else []


def receipts(desk: Desk) -> list[Receipt]:
    with desk.database.reading() as session:
        rows = session.execute(table_of(Receipt).select().order_by("at", "id"))
        return [as_row(Receipt, row) for row in rows.mappings()]


def audited(desk: Desk) -> list[AuditEntry]:
    with desk.database.reading() as session:
        assert verify_chain(session).is_right
        found = session.scalars(select(AuditEntry).order_by(AuditEntry.number))
        return list(found)


def test_a_contacts_own_request_leaves_a_receipt_and_an_entry(desk: Desk) -> None:
    given = said(desk)
    turn = turn_of(desk)
    (message,) = do(desk, given, turn=turn)
    (receipt,) = receipts(desk)
    assert (receipt.email, receipt.email_digest) == (ANA, PSEUDONYMS.digest(ANA))
    assert (receipt.recovery_key, receipt.kind) == (given["key"], "invite")
    assert (receipt.state, receipt.settled_at) == (ReceiptState.REQUESTED, None)
    assert (receipt.conversation_id, receipt.seq) == (desk.conversation, message.seq)
    assert (receipt.turn_id, receipt.contact_id) == (turn.id, desk.contact)
    assert (receipt.agent_id, receipt.bulk_id) == (None, None)
    (entry,) = audited(desk)
    assert (entry.actor, entry.action) == (f"contact:{desk.contact}", given["action"])
    assert entry.target == PERSON
    assert entry.details == {
        "role": "contact",
        "session": f"conversation:{desk.conversation}",
        "reason": "resend_invite",
        "result": "accepted",
        "kind": "invite",
        "receipt": str(receipt.id),
        "conversation": str(desk.conversation),
    }


def test_the_contact_sees_what_was_asked_for_and_nothing_that_is_known(
    desk: Desk,
) -> None:
    (message,) = do(desk, said(desk))
    shown = Presentation("http://here").message(message)
    (told,) = shown["receipts"]
    assert told == {
        "kind": "invite",
        "target": "a•••@example.com",
        "at": desk.now.isoformat(timespec="milliseconds"),
        "expires_at": (desk.now + 72 * HOUR).isoformat(timespec="milliseconds"),
    }
    (receipt,) = receipts(desk)
    run(desk, lambda s: mark_undone(s, receipt, desk.now, None))
    bounced = {"state": ReceiptState.BOUNCED, "reason": "no such user"}
    run(desk, lambda s: change(s, Receipt, {"id": receipt.id}, **bounced))
    with desk.database.reading() as session:
        now = get(session, Message, conversation_id=desk.conversation, seq=message.seq)
        (entry,) = entries_before(session, desk.conversation).entries[-1:]
    assert Presentation("http://here").message(now) == shown
    assert [each.state for each in entry.receipts] == [ReceiptState.BOUNCED]


def run(desk: Desk, work: Any) -> Any:
    with desk.database.transaction() as session:
        return work(session)


@pytest.mark.parametrize("result", ["unknown", "refused"])
def test_what_was_not_done_is_not_told_to_the_contact(desk: Desk, result: str) -> None:
    (message,) = do(desk, said(desk, result=result))
    assert TOLD not in message.details
    (receipt,) = receipts(desk)
    assert receipt.state.value == result
    assert (receipt.settled_at is not None) == (result == "refused")
    assert message.details[IDS] == [str(receipt.id)]
    assert audited(desk)[-1].details["result"] == result


def test_a_further_try_with_the_same_key_is_the_same_receipt(desk: Desk) -> None:
    first = said(desk, result="unknown")
    do(desk, first)
    desk.now += HOUR
    again = first | {"result": "accepted", "expires_at": None}
    (message,) = do(desk, again)
    (receipt,) = receipts(desk)
    assert (receipt.state, receipt.seq) == (ReceiptState.REQUESTED, message.seq)
    assert receipt.expires_at is None
    assert message.details[IDS] == [str(receipt.id)]
    later = first | {"result": "unknown"}
    do(desk, later)
    assert receipts(desk)[0].state is ReceiptState.REQUESTED
    assert [entry.details["result"] for entry in audited(desk)] == [
        "unknown",
        "accepted",
        "unknown",
    ]


def test_by_reference_nobody_is_named(desk: Desk) -> None:
    (message,) = do(desk, said(desk, address=None, kind="auto"))
    (receipt,) = receipts(desk)
    assert (receipt.email, receipt.email_digest) == (None, "")
    assert message.details[TOLD][0]["target"] is None
    assert audited(desk)[-1].target == f"conversation:{desk.conversation}"


def test_an_agents_wish_is_the_agents_and_can_be_undone(desk: Desk) -> None:
    agent = Agent(
        id=uuid4(),
        email="sam@x.example",
        name="Sam",
        role=Role.ADMIN,
        created_at=desk.now,
    )
    session_id = uuid4()
    run(desk, lambda s: add(s, agent))
    turn = replace(turn_of(desk), agent_id=agent.id, session_id=session_id)
    given = said(desk)
    do(desk, given, turn=turn)
    (receipt,) = receipts(desk)
    assert (receipt.agent_id, may_be_undone(receipt)) == (agent.id, True)
    other = Desk(desk.database, desk.now + HOUR).enter()
    turn = replace(turn_of(other), agent_id=agent.id, session_id=session_id)
    undone = said(desk, action="recovery.withdrawn", key=given["key"])
    end = other.end(turn, Reply("It is undone.", {}), outcome=outcome(undone))
    assert end.change
    (message,) = end.change.messages
    (receipt,) = receipts(desk)
    assert end.change.more == [ReceiptChanged(desk.conversation, receipt.seq)]
    assert (receipt.state, receipt.undone_by) == (ReceiptState.UNDONE, agent.id)
    assert (receipt.undone_at, receipt.settled_at) == (other.now, other.now)
    assert receipt.conversation_id == desk.conversation
    assert not may_be_undone(receipt)
    assert message.details == {IDS: [str(receipt.id)]}
    requested, withdrawn = audited(desk)
    assert requested.actor == withdrawn.actor == f"agent:{agent.id}"
    assert withdrawn.action == "recovery.withdrawn"
    assert withdrawn.target == PERSON
    assert withdrawn.details["role"] == "admin"
    assert withdrawn.details["session"] == str(session_id)


def test_in_a_bulk_command_each_receipt_names_it(desk: Desk) -> None:
    agent_id, run_id = uuid4(), uuid4()
    agent = Agent(
        id=agent_id,
        email="eve@x.example",
        name="Eve",
        role=Role.ADMIN,
        created_at=desk.now,
    )
    bulk = BulkRun(
        id=run_id,
        agent_id=agent_id,
        asked_in=desk.conversation,
        seq=1,
        conversation_id=desk.conversation,
        command="resend",
        arguments={},
        addresses={},
        total=1,
        state=BulkState.RUNNING,
        created_at=desk.now,
    )

    def prepare(session: Session) -> None:
        add(session, agent)
        add(session, bulk)
        it = {"id": desk.conversation}
        change(session, Conversation, it, purpose=Purpose.BULK)

    turn = turn_of(desk)
    run(desk, prepare)
    do(desk, said(desk), turn=replace(turn, agent_id=agent_id))
    assert receipts(desk)[0].bulk_id == run_id
    assert audited(desk)[-1].details["bulk"] == str(run_id)


def test_what_was_done_counts_though_people_have_taken_over(desk: Desk) -> None:
    turn = turn_of(desk)
    run(
        desk,
        lambda s: change(s, Turn, {"id": turn.id}, state=TurnState.DROPPED),
    )
    run(
        desk,
        lambda s: change(s, Conversation, {"id": desk.conversation}, owner_epoch=2),
    )
    (message,) = do(desk, said(desk), turn=turn)
    assert message.kind is Kind.NOTE
    assert len(receipts(desk)) == len(audited(desk)) == 1
    assert do(desk, said(desk), turn=turn) == [], "once"
    assert len(receipts(desk)) == 1


def test_without_a_word_there_still_is_a_receipt(desk: Desk) -> None:
    desk.end(turn_of(desk), outcome=outcome(said(desk)))
    (receipt,) = receipts(desk)
    assert receipt.seq is None
    assert len(audited(desk)) == 1


def test_that_it_acted_is_audited_even_if_it_does_not_say_what(desk: Desk) -> None:
    desk.finish(turn_of(desk), SENT, has_acted=True)
    desk.finish(turn_of(desk, "thank you"), SENT)
    (entry,) = audited(desk)
    assert (entry.action, entry.target) == (
        "assistant.acted",
        f"conversation:{desk.conversation}",
    )


@pytest.mark.parametrize(
    "change_of_it",
    [
        {"action": "account.removed"},
        {"key": ""},
        {"key": "x" * 201},
        {"key": None},
        {"kind": 7},
        {"address": "nobody"},
        {"result": "perhaps"},
        {"expires_at": "soon"},
        {"expires_at": "2026-03-02T12:00:00"},
    ],
)
def test_what_is_no_receipt_is_left_out(desk: Desk, change_of_it: Json) -> None:
    bad, good = said(desk) | change_of_it, said(desk)
    (deed,) = read_deeds([bad, good, "x", None], PSEUDONYMS)
    assert deed.key == good["key"]
    assert read_deeds({"no": "list"}, PSEUDONYMS) == ()


def test_an_address_is_kept_in_its_one_form(desk: Desk) -> None:
    (deed,) = read_deeds([said(desk, address=" Ana@Example.COM ")], PSEUDONYMS)
    ends = datetime.fromisoformat(said(desk)["expires_at"])
    assert deed == Deed(
        "recovery.requested",
        "invite",
        deed.key,
        Result.ACCEPTED,
        ANA,
        PSEUDONYMS.digest(ANA),
        ends,
    )
    assert UUID(deed.key)
