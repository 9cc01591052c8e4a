"""The hub of one process, and that of one among several."""

import asyncio
from collections.abc import Callable
from uuid import uuid4

import pytest

from foundation.clock import SystemClock
from foundation.database import Database
from helpdesk.desk.event_codec import decode_event
from helpdesk.desk.events import CompanyChanged, ConversationRead, Event, StaffChanged
from helpdesk.fanout import Fanout
from helpdesk.store.record import Record
from helpdesk.web.hub import Hub
from helpdesk.web.shared_hub import SharedHub

READ = ConversationRead(uuid4(), 3)


class Round(Fanout):
    """Hands on what is sent to another hub, which hears it at once."""

    def __init__(self) -> None:
        self.process = uuid4().hex
        self.is_away = False
        self.sent: list[bytes] = []

    def send(self, text: bytes) -> None:
        self.sent.append(text)


def watched(hub: Hub, watch: Callable[..., object], *where: object) -> list[Event]:
    heard: list[Event] = []
    watch(*where, heard.append)
    return heard


@pytest.fixture
def fanout() -> Round:
    return Round()


@pytest.fixture
def shared(database: Database, fanout: Round) -> SharedHub:
    return SharedHub(fanout, Record(database), SystemClock())


def test_whoever_watches_hears_until_they_leave() -> None:
    hub, heard = Hub(), []
    leave = hub.watch(READ.conversation_id, heard.append)
    elsewhere = watched(hub, hub.watch, uuid4())
    everything, own = watched(hub, hub.watch_all), watched(hub, hub.watch_own)
    hub.publish(READ)
    assert heard == everything == own == [READ]
    assert elsewhere == []
    leave()
    leave()
    hub.publish(READ)
    assert len(heard) == 1


def test_alone_there_is_nobody_else_to_tell() -> None:
    hub = Hub()
    everything = watched(hub, hub.watch_all)
    hub.start()
    hub.tell_others(READ)
    asyncio.run(hub.stop())
    assert (everything, hub.process) == ([], "")


def test_an_event_of_no_conversation_is_for_those_who_watch_all() -> None:
    hub, left = Hub(), StaffChanged(uuid4())
    everything = watched(hub, hub.watch_all)
    hub.publish(left)
    assert everything == [left]


def test_what_is_published_goes_to_all_and_what_is_heard_no_further(
    shared: SharedHub, fanout: Round
) -> None:
    here = watched(shared, shared.watch, READ.conversation_id)
    everything, own = (
        watched(shared, shared.watch_all),
        watched(shared, shared.watch_own),
    )
    shared.publish(READ)
    assert here == everything == own == [READ]
    assert [decode_event(text) for text in fanout.sent] == [READ]
    shared._hear(fanout.sent[0])
    assert len(here) == len(everything) == 2
    assert own == [READ], "of all processes one does what follows, as ghost answers"
    assert len(fanout.sent) == 1


def test_what_is_for_others_is_told_nobody_here(
    shared: SharedHub, fanout: Round
) -> None:
    everything = watched(shared, shared.watch_all)
    shared.tell_others(CompanyChanged(uuid4(), shared.process, ()))
    assert everything == []
    assert len(fanout.sent) == 1


def test_while_the_others_are_away_nothing_is_written_for_them(
    shared: SharedHub, fanout: Round
) -> None:
    fanout.is_away = True
    everything = watched(shared, shared.watch_all)
    shared.publish(READ)
    assert everything == [READ]
    assert fanout.sent == []


def test_a_watcher_that_stumbles_keeps_nobody_from_the_next_event(
    shared: SharedHub, fanout: Round, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(_event: Event) -> None:
        raise RuntimeError("on a stone")

    shared.watch_all(stumble)
    shared.tell_others(READ)
    shared._hear(fanout.sent[0])
    assert "could not be told" in caplog.text
    shared._hear(b"rubbish")
