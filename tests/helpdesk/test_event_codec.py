"""Events between processes: whole, and readable by an older and a newer version."""

import json
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest

from helpdesk.desk.event_codec import decode_event, encode_event
from helpdesk.desk.events import (
    AgentsTold,
    ApprovalChanged,
    CompanyChanged,
    ConversationChanged,
    ConversationRead,
    ConversationReplaced,
    Event,
    LineChanged,
    MessageCreated,
    NoticeKind,
    ReceiptChanged,
    RunChanged,
    StaffChanged,
    TypingChanged,
    concerns_contact,
)
from helpdesk.desk.viewers import Viewer
from helpdesk.store.models import Base, Conversation, Message
from helpdesk.store.words import (
    HandoffReason,
    Kind,
    Owner,
    Purpose,
    Sender,
    Status,
)

NOW = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
HERE, ANA = uuid4(), uuid4()


def conversation(**more: Any) -> Conversation:
    columns: dict[str, Any] = {
        "id": HERE,
        "contact_id": uuid4(),
        "purpose": Purpose.HELP,
        "created_at": NOW,
        "updated_at": NOW,
        "status": Status.OPEN,
        "owner": Owner.AGENT,
        "agent_id": ANA,
        "owner_epoch": 3,
        "last_seq": 7,
        "contact_seen_seq": 5,
        "waiting_since": NOW,
        "is_returned": True,
        "handoff_reason": HandoffReason.ASKED,
        "last_text": "Ünder “quotes”",
        "last_sender": Sender.CONTACT,
    }
    return Conversation(**(columns | more))


def message(**more: Any) -> Message:
    columns: dict[str, Any] = {
        "conversation_id": HERE,
        "seq": 7,
        "sender": Sender.CONTACT,
        "kind": Kind.INCOMING,
        "text": "Does this\nwork? 👍",
        "details": {"buttons": [{"title": "Yes", "payload": "/affirm"}]},
        "client_id": uuid4(),
        "turn_id": None,
        "agent_id": None,
        "created_at": NOW,
    }
    return Message(**(columns | more))


EVENTS: list[Event] = [
    AgentsTold(NoticeKind.MENTION, conversation(), "look", agent_id=ANA),
    ApprovalChanged(conversation(), uuid4()),
    CompanyChanged(HERE, "process", (Viewer(ANA, is_typing=True),)),
    ConversationChanged(conversation(), is_about_owner=False),
    ConversationRead(HERE, 4),
    ConversationReplaced(HERE, conversation(id=uuid4())),
    LineChanged(HERE),
    MessageCreated(message()),
    ReceiptChanged(HERE, 2),
    RunChanged(HERE, uuid4()),
    StaffChanged(ANA, has_session_ended=True),
    TypingChanged(HERE, Sender.AGENT, is_on=True, name="Ana", agent_id=ANA),
]


def plain(value: Any) -> Any:
    """Return what can be compared: a row is equal to nothing but itself."""
    if isinstance(value, Base):
        columns = {k: v for k, v in vars(value).items() if not k.startswith("_")}
        return {name: each for name, each in columns.items() if each is not None}
    return (
        {name: plain(each) for name, each in vars(value).items()}
        if hasattr(value, "__dataclass_fields__")
        else value
    )


def test_every_kind_of_event_is_tried_here() -> None:
    assert {type(event) for event in EVENTS} == set(get_args(Event))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_arrives_as_it_was(event: Event) -> None:
    arrived = decode_event(encode_event(event))
    assert type(arrived) is type(event)
    missing = {"topic", "misses", "assistant_turns", "last_contact_seq"}
    left = plain(arrived)
    for row in ("conversation", "successor"):
        left[row] = {k: v for k, v in left.get(row, {}).items() if k not in missing}
        left[row] = {k: v for k, v in left[row].items() if k != "agent_seen_seq"}
    assert {k: v for k, v in left.items() if v != {}} == plain(event)
    assert arrived is not None
    assert arrived.conversation_id == event.conversation_id


def rewritten(event: Event, change: Any) -> bytes:
    written = json.loads(encode_event(event))
    change(written)
    return json.dumps(written).encode()


def test_what_a_newer_version_adds_is_left_out() -> None:
    def add(written: Any) -> None:
        written["event"]["mood"] = "good"
        written["event"]["message"]["colour"] = "blue"

    arrived = decode_event(rewritten(EVENTS[7], add))
    assert isinstance(arrived, MessageCreated)
    assert arrived.message.text.startswith("Does this")


def test_columns_that_an_older_version_lacks_get_their_default() -> None:
    def remove(written: Any) -> None:
        for name in ("misses", "team_id", "is_returned", "purpose"):
            written["event"]["conversation"].pop(name, None)

    arrived = decode_event(rewritten(EVENTS[3], remove))
    assert isinstance(arrived, ConversationChanged)
    row = arrived.conversation
    assert (row.misses, row.team_id, row.is_returned) == (0, None, False)
    assert row.purpose is Purpose.HELP


def test_a_kind_from_a_newer_version_is_told_to_the_log_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    kind = f"Novelty{uuid4().hex[:6]}"
    for _ in range(3):
        text = json.dumps({"kind": kind, "event": {"conversation_id": str(HERE)}})
        assert decode_event(text.encode()) is None
    assert caplog.text.count(kind) == 1


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"not JSON", b"[]", b'{"kind": "ConversationRead"}'),
        b'{"kind": "ConversationRead", "event": {"conversation_id": 1, "seq": 2}}',
    ],
)
def test_rubbish_is_nothing(text: bytes) -> None:
    assert decode_event(text) is None


def test_what_agents_tell_each_other_is_nothing_to_contacts() -> None:
    told = {type(event) for event in EVENTS if concerns_contact(event)}
    assert told == {
        *(ConversationRead, ConversationReplaced, MessageCreated, TypingChanged)
    }
    note = MessageCreated(message(kind=Kind.NOTE))
    assert not concerns_contact(note)
    assert concerns_contact(ConversationChanged(conversation()))
    assert isinstance(note.conversation_id, UUID)
