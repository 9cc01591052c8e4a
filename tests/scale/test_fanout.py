"""The fan-out on a real Valkey: everybody else hears, in order, and silence is noticed."""

import asyncio
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from foundation.environment import SettingsError
from helpdesk.fanout import Fanout, channel_of
from tests.accounts.service import free_port
from tests.valkey import Valkey, run_valkey

PATIENCE_S = 20


class Place:
    """A process's place in the round, and what it heard."""

    def __init__(self, url: str, key: str) -> None:
        self.fanout = Fanout(url, channel_of(key))
        self.heard: list[bytes] = []
        self.returns = 0

    def start(self) -> None:
        self.fanout.start(self.heard.append, self._note_return)

    def _note_return(self) -> None:
        self.returns += 1


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():  # noqa: ASYNC110 - whatever it is about, no event tells
            await asyncio.sleep(0.01)


@pytest.fixture
def key() -> str:
    """What the processes of one help desk have in common."""
    return uuid4().hex


@pytest.fixture
def own_valkey() -> Iterator[Valkey]:
    """A server that nobody else uses."""
    with run_valkey() as running:
        yield running


def test_all_others_of_the_same_help_desk_hear_everything_in_order(
    valkey: Valkey, key: str
) -> None:
    async def run() -> None:
        one, other, third = (Place(valkey.url, key) for _ in range(3))
        stranger = Place(valkey.url, "another help desk")
        places = (one, other, third, stranger)
        for place in places:
            place.start()
        await until(lambda: all(not place.fanout.is_away for place in places))
        texts = [f"{number} words".encode() for number in range(300)]
        for text in texts:
            one.fanout.send(text)
        other.fanout.send(b"an answer")
        await until(lambda: len(third.heard) == 301)
        assert [text for text in third.heard if text != b"an answer"] == texts
        assert other.heard == texts
        assert one.heard == [b"an answer"]
        assert stranger.heard == []
        for place in places:
            await place.fanout.stop()

    asyncio.run(run())


def test_what_is_published_just_before_the_end_is_sent(
    valkey: Valkey, key: str
) -> None:
    async def run() -> None:
        one, other = Place(valkey.url, key), Place(valkey.url, key)
        for place in (one, other):
            place.start()
        await until(lambda: not (one.fanout.is_away or other.fanout.is_away))
        one.fanout.send(b"good night")
        await one.fanout.stop()
        await until(lambda: other.heard == [b"good night"])
        await other.fanout.stop()

    asyncio.run(run())


def test_a_redis_that_goes_and_comes_back_is_noticed_both_times(
    own_valkey: Valkey, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        one, other = Place(own_valkey.url, key), Place(own_valkey.url, key)
        for place in (one, other):
            place.start()
        await until(lambda: one.returns and other.returns)
        own_valkey.stop()
        await until(lambda: one.fanout.is_away and other.fanout.is_away)
        one.fanout.send(b"nobody can hear this")
        own_valkey.start()
        await until(lambda: one.returns == other.returns == 2)
        one.fanout.send(b"but this")
        await until(lambda: other.heard)
        assert other.heard == [b"but this"]
        for place in (one, other):
            await place.fanout.stop()

    asyncio.run(run())
    assert caplog.text.count("the other processes are not heard") == 2, "once each"


def test_a_redis_that_hangs_is_noticed_like_one_that_is_gone(
    own_valkey: Valkey, key: str
) -> None:
    async def run() -> None:
        one = Place(own_valkey.url, key)
        one.start()
        await until(lambda: one.returns)
        own_valkey.hang()
        await until(lambda: one.fanout.is_away)
        own_valkey.go_on()
        await until(lambda: one.returns >= 2)
        await one.fanout.stop()

    asyncio.run(run())


def test_one_that_is_not_there_at_the_start_is_found_later(key: str) -> None:
    async def run() -> None:
        nobody = Place(f"redis://127.0.0.1:{free_port()}", key)
        nobody.start()
        await asyncio.sleep(0)
        assert nobody.fanout.is_away
        await nobody.fanout.stop()

    asyncio.run(run())


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsError, match="LATCHKEY_REDIS_URL"):
        Fanout("memcached://cache", "channel")
