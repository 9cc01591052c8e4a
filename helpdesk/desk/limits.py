"""Rate limits on talking: per connection, visit and address.

They are shared through Redis where there is one. What may be done for people is limited
in `helpdesk.desk.action_limits`.
"""

import itertools
import logging
import time
from enum import Enum

from limits import RateLimitItem, parse
from limits.errors import ConfigurationError, StorageError
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

from foundation.environment import SettingsError
from helpdesk.desk.errors import TooFastError

log = logging.getLogger(__name__)


class Limit(Enum):
    """What is limited, and how much is allowed."""

    FRAMES = "120/10 seconds"  # per connection
    MESSAGES = "20/10 seconds"  # per visit
    MESSAGES_LONG = "300/1 hour"  # per visit
    ADDRESS_MESSAGES = "200/10 seconds"  # per IP address; offices share one
    VISITS = "60/1 minute"  # per IP address
    SOCKETS = "120/1 minute"  # per IP address
    REQUESTS = "100/10 seconds"  # per visit, over HTTP
    STARTS = "10/1 minute"  # per visit
    SEARCHES = "100/10 seconds"  # per IP address
    RATINGS = "30/1 minute"  # per IP address


class _Memory(MemoryStorage):
    """Counts of this process, which one thread keeps.

    The library starts a thread with nearly every count, a hundredth of a second later, to
    forget what has expired; here that is done in passing.
    """

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count more, for so many seconds."""
        count = self.get(key) + amount
        if count == amount:
            self._forget_some()
            self.expirations[key] = time.time() + expiry
        self.storage[key] = count
        return count

    def _forget_some(self) -> None:
        """Look at the oldest counts: more of them than come new, so it keeps up."""
        for key in list(itertools.islice(self.expirations, 2)):
            expires_at = self.expirations.pop(key)
            if expires_at <= time.time():
                self.storage.pop(key, None)
            else:
                self.expirations[key] = expires_at  # to the end of the queue


class RateLimits:
    """Counts what was done and refuses what is too much.

    Args:
        redis_url: Where the counts are shared; empty for this process alone.
        factor: Multiplies every allowance, for load tests.

    Raises:
        SettingsError: The address of Redis cannot be used.
    """

    def __init__(self, redis_url: str = "", factor: int = 1) -> None:
        self._storage = _open(redis_url)
        self._is_away = False
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)
        self._items = {limit: _parse(limit, factor) for limit in Limit}

    def count(self, limit: Limit, who: str) -> None:
        """Count one more.

        What only talks goes on when the counts cannot be reached.

        Raises:
            TooFastError: It is one too many.
        """
        item = self._items[limit]
        try:
            is_allowed = self._limiter.hit(item, limit.name, who)
            self._is_away = False
            if is_allowed:
                return
            reset_at = self._limiter.get_window_stats(item, limit.name, who).reset_time
        except StorageError as error:
            self._note_outage(error)
            return
        retry_in_ms = max(100, round((reset_at - time.time()) * 1000))
        raise TooFastError("That was too much at once; wait a moment.", retry_in_ms)

    def _note_outage(self, error: StorageError) -> None:
        if not self._is_away:  # once is enough
            self._is_away = True
            log.error("the rate limits cannot be counted: %s", error)


def _open(redis_url: str) -> Storage:
    if not redis_url:
        return _Memory()
    try:
        # Wrapped, so that a Redis that is away is known for what it is.
        return storage_from_string(redis_url, wrap_exceptions=True)  # type: ignore[return-value]
    except (ConfigurationError, ValueError) as error:
        raise SettingsError(f"LATCHKEY_REDIS_URL cannot be used: {error}") from error


def _parse(limit: Limit, factor: int) -> RateLimitItem:
    item = parse(limit.value)
    return type(item)(item.amount * factor, item.multiples)
