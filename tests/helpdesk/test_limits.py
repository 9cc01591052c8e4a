"""The rate limits of one process: they refuse, let go again, and do not grow for ever."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
import time_machine
from limits.storage import MemoryStorage

from foundation.environment import SettingsError
from helpdesk.desk.errors import TooFastError
from helpdesk.desk.limits import Limit, RateLimits
from tests.accounts.service import free_port
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.running import run_helpdesk
from tests.helpdesk.scripted_assistant import ScriptedAssistant

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def limits() -> RateLimits:
    return RateLimits()


def count_some(limits: RateLimits, times: int, who: str = "somebody") -> None:
    for _ in range(times):
        limits.count(Limit.MESSAGES, who)


def test_one_too_many_is_refused_and_nobody_else_is(limits: RateLimits) -> None:
    with time_machine.travel(NOON, tick=False):
        count_some(limits, 20)
        with pytest.raises(TooFastError) as caught:
            count_some(limits, 1)
        count_some(limits, 20, "somebody else")
    assert 100 <= caught.value.retry_in_ms <= 20_000


def test_after_a_while_it_is_allowed_again(limits: RateLimits) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        count_some(limits, 20)
        clock.shift(timedelta(seconds=20))
        count_some(limits, 20)


def test_just_after_a_window_the_one_before_still_counts(limits: RateLimits) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        count_some(limits, 20)
        clock.shift(timedelta(seconds=11))
        with pytest.raises(TooFastError):
            count_some(limits, 20)


def test_a_factor_allows_more() -> None:
    with time_machine.travel(NOON, tick=False):
        count_some(RateLimits(factor=3), 60)


def test_what_has_expired_is_forgotten(limits: RateLimits) -> None:
    kept = limits._storage.storage  # type: ignore[attr-defined]
    with time_machine.travel(NOON, tick=False) as clock:
        for number in range(500):
            count_some(limits, 1, f"early {number}")
        assert len(kept) == 500
        clock.shift(timedelta(minutes=1))
        for number in range(500):
            count_some(limits, 1, f"late {number}")
    assert len(kept) <= 501


def test_counting_starts_no_thread(limits: RateLimits) -> None:
    count_some(limits, 1)
    before = set(threading.enumerate())
    for number in range(100):
        count_some(limits, 1, f"visit {number}")
    assert set(threading.enumerate()) <= before


class DeadStorage(MemoryStorage):
    """Stands for a Redis that is down."""

    STORAGE_SCHEME: ClassVar[list[str]] = ["dead"]

    @property
    def base_exceptions(self) -> type[Exception]:
        return ConnectionError

    def acquire_sliding_window_entry(self, *_arguments: Any, **_named: Any) -> bool:
        raise ConnectionError("nobody there")


def test_talking_goes_on_when_the_counts_cannot_be_reached() -> None:
    limits = RateLimits("dead://")
    for _ in range(100):
        limits.count(Limit.MESSAGES, "a visit")


def test_a_chat_goes_on_without_its_redis(
    tmp_path: Path, assistant: ScriptedAssistant
) -> None:
    assistant.reset()
    nobody = f"redis://127.0.0.1:{free_port()}"
    with (
        run_helpdesk(
            tmp_path, LATCHKEY_RASA_URL=assistant.url, LATCHKEY_REDIS_URL=nobody
        ) as run,
        ChatClient.of_new_contact(run.base_url) as chat,
    ):
        assert chat.ask("my invitation has expired")["seq"] == 2
    assert run.process.log.count("rate limits") == 1, "said once"


def test_an_unusable_redis_address_is_refused_at_the_start() -> None:
    with pytest.raises(SettingsError, match="LATCHKEY_REDIS_URL"):
        RateLimits("nonsense://127.0.0.1")
