"""Limits that several processes share, and a Redis that holds nobody up."""

import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
from redis import Redis

from helpdesk.desk.errors import TooFastError
from helpdesk.desk.limits import Limit, RateLimits
from tests.valkey import Valkey, run_valkey


@pytest.fixture
def own_valkey() -> Iterator[Valkey]:
    with run_valkey() as running:
        yield running


@pytest.fixture
def who() -> str:
    return uuid4().hex


def test_what_is_done_at_one_process_counts_at_the_other(
    valkey: Valkey, who: str
) -> None:
    one, other = RateLimits(valkey.url), RateLimits(valkey.url)
    for each in (one, other) * 10:
        each.count(Limit.MESSAGES, who)
    for each in (one, other):
        with pytest.raises(TooFastError):
            each.count(Limit.MESSAGES, who)
    one.forget(Limit.MESSAGES, who)
    other.count(Limit.MESSAGES, who)


def test_every_key_is_known_for_ours_and_goes_by_itself(
    valkey: Valkey, who: str
) -> None:
    RateLimits(valkey.url).count(Limit.MESSAGES, who)
    server = Redis.from_url(valkey.url)
    keys = [key for key in server.scan_iter() if who.encode() in key]
    assert keys
    for key in keys:
        assert key.startswith(b"latchkey:")
        assert 0 < server.ttl(key) <= 20


def test_a_connection_is_counted_where_it_is(valkey: Valkey, who: str) -> None:
    one, other = RateLimits(valkey.url), RateLimits(valkey.url)
    for _ in range(120):
        one.count(Limit.FRAMES, who)
    with pytest.raises(TooFastError):
        one.count(Limit.FRAMES, who)
    other.count(Limit.FRAMES, who)
    kept = Redis.from_url(valkey.url).scan_iter()
    assert not [key for key in kept if who.encode() in key]


def test_a_redis_that_hangs_is_left_alone_for_a_while(
    own_valkey: Valkey, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every count waits for it, and so does everybody else in the process."""
    asked: list[float] = []
    limits = RateLimits(own_valkey.url)
    limits.count(Limit.MESSAGES, who)
    own_valkey.hang()
    hit = limits._limiter.hit

    def noted(*arguments: object) -> bool:
        asked.append(time.monotonic())
        return bool(hit(*arguments))  # type: ignore[arg-type]

    monkeypatch.setattr(limits._limiter, "hit", noted)
    for _ in range(100):
        limits.count(Limit.MESSAGES, who)  # talking goes on
    assert len(asked) == 1
    with pytest.raises(TooFastError):
        limits.count(Limit.LINKS, who)
    for _ in range(10):
        limits.count(Limit.SIGN_INS, who)
    with pytest.raises(TooFastError):  # guessing is counted here meanwhile
        limits.count(Limit.SIGN_INS, who)
    assert len(asked) == 1
    own_valkey.go_on()
    monkeypatch.setattr(limits, "_away_until", 0.0)
    limits.count(Limit.MESSAGES, who)
    assert len(asked) == 2
    assert not limits._is_away


def test_what_redis_forgets_is_only_allowed_again(own_valkey: Valkey, who: str) -> None:
    limits = RateLimits(own_valkey.url)
    for _ in range(20):
        limits.count(Limit.MESSAGES, who)
    Redis.from_url(own_valkey.url).flushall()
    limits.count(Limit.MESSAGES, who)
