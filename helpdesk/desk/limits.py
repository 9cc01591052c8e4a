"""Rate limits on talking and on guessing: per connection, visit, address and device.

They are shared through Redis where there is one. What may be done for people is limited
in `helpdesk.desk.action_limits`.
"""

import itertools
import logging
import time
from collections.abc import Callable
from enum import Enum

from limits import RateLimitItem, parse
from limits.errors import ConfigurationError, StorageError
from limits.storage import MemoryStorage, Storage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

from foundation.environment import SettingsError
from helpdesk.desk.errors import TooFastError

log = logging.getLogger(__name__)


# A Redis that is away or hangs holds nobody up for longer, and is then left alone a while:
# every count waits for it.
PATIENCE_S = 0.5
LEAVE_ALONE_S = 2.0
PREFIX = "latchkey:limits"


class Limit(Enum):
    """What is limited, and how much is allowed."""

    FRAMES = "120/10 seconds"  # per connection
    MESSAGES = "20/10 seconds"  # per visit
    MESSAGES_LONG = "300/1 hour"  # per visit
    ADDRESS_MESSAGES = "200/10 seconds"  # per IP address; offices share one
    UPLOADS = "20/1 minute"  # per contact, or per agent
    UPLOADS_LONG = "60/1 day"  # per contact, or per agent
    ADDRESS_UPLOADS = "300/1 day"  # per IP address
    VISITS = "60/1 minute"  # per IP address
    SOCKETS = "120/1 minute"  # per IP address
    REQUESTS = "100/10 seconds"  # per visit, over HTTP
    STARTS = "10/1 minute"  # per visit
    AGENT_REQUESTS = "300/10 seconds"  # per session
    SEARCHES = "100/10 seconds"  # per IP address
    RATINGS = "30/1 minute"  # per IP address
    MAIL_PAGES = "30/1 minute"  # per IP address
    LINKS = "12/1 hour"  # pasted ones that are looked at; per visit
    ADDRESS_LINKS = "60/1 hour"  # from one line; offices share one
    # See docs/decisions/0013-agents-sign-in.md.
    SIGN_INS = "10/1 hour"  # of one agent from one line
    SIGN_INS_LINE = "150/1 hour"  # from one line, of whomever; offices share one
    SIGN_INS_DEVICE = "20/1 hour"  # of one agent from a device that is theirs
    CODES = "40/1 hour"  # of one agent, from devices that are not known
    SINGLE_SIGN_ONS = "60/1 minute"  # from one line


# Where these cannot be shared each process counts for itself: guessing stays slow, and
# whoever knows the password gets in.
COUNTED_ANYWAY = frozenset(
    {Limit.SIGN_INS, Limit.SIGN_INS_LINE, Limit.SIGN_INS_DEVICE, Limit.CODES}
)

# Of one connection, which one process has.
OWN = frozenset({Limit.FRAMES})

# Nothing is lost where these are not allowed, and secrets could be tried where they are.
REFUSED_UNCOUNTED = frozenset({Limit.LINKS, Limit.ADDRESS_LINKS})
RETRY_MS = 1_000


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
        note_refusal: Is told what was too much.

    Raises:
        SettingsError: The address of Redis cannot be used.
    """

    def __init__(
        self,
        redis_url: str = "",
        factor: int = 1,
        note_refusal: Callable[[Limit], None] = lambda _limit: None,
    ) -> None:
        self._note_refusal = note_refusal
        self._storage = _open(redis_url)
        self._is_away = False
        self._away_until = 0.0
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)
        self._own = SlidingWindowCounterRateLimiter(_Memory())
        self._items = {limit: _parse(limit, factor) for limit in Limit}

    def count(self, limit: Limit, who: str) -> None:
        """Count one more.

        What only talks goes on when the shared counts cannot be reached; what could try
        secrets does not.

        Raises:
            TooFastError: It is one too many.
        """
        try:
            retry_in_ms = self._hit_shared(limit, who)
        except StorageError as error:
            self._note_outage(error)
            if limit in REFUSED_UNCOUNTED:
                self._note_refusal(limit)
                message = "This cannot be counted at the moment."
                raise TooFastError(message, RETRY_MS) from error
            if limit not in COUNTED_ANYWAY:
                return
            retry_in_ms = self._hit(self._own, limit, who)
        if retry_in_ms:
            self._note_refusal(limit)
            message = "That was too much at once; wait a moment."
            raise TooFastError(message, retry_in_ms)

    def forget(self, limit: Limit, who: str) -> None:
        """Begin the count anew."""
        self._own.clear(self._items[limit], limit.name, who)
        if time.monotonic() < self._away_until:
            return
        try:
            self._limiter.clear(self._items[limit], limit.name, who)
        except StorageError as error:
            self._note_outage(error)

    def _hit_shared(self, limit: Limit, who: str) -> int:
        if limit in OWN:
            return self._hit(self._own, limit, who)
        if time.monotonic() < self._away_until:
            raise StorageError(TimeoutError("it was away a moment ago"))
        retry_in_ms = self._hit(self._limiter, limit, who)
        self._is_away = False
        return retry_in_ms

    def _hit(
        self, limiter: SlidingWindowCounterRateLimiter, limit: Limit, who: str
    ) -> int:
        """Count one more; return in how many milliseconds it is allowed, 0 if it is."""
        item = self._items[limit]
        if limiter.hit(item, limit.name, who):
            return 0
        reset_at = limiter.get_window_stats(item, limit.name, who).reset_time
        return max(100, round((reset_at - time.time()) * 1000))

    def _note_outage(self, error: StorageError) -> None:
        now = time.monotonic()
        if now >= self._away_until:
            self._away_until = now + LEAVE_ALONE_S
        if not self._is_away:  # once is enough
            self._is_away = True
            log.error("the rate limits cannot be counted: %s", error)


def _open(redis_url: str) -> Storage:
    if not redis_url:
        return _Memory()
    from redis.backoff import NoBackoff  # takes a while to load
    from redis.retry import Retry

    try:
        # Wrapped, so that a Redis that is away is known for what it is.
        return storage_from_string(  # type: ignore[return-value]
            redis_url,
            wrap_exceptions=True,
            key_prefix=PREFIX,
            socket_timeout=PATIENCE_S,
            socket_connect_timeout=PATIENCE_S,
            retry=Retry(NoBackoff(), 0),  # type: ignore[arg-type]
        )
    except (ConfigurationError, ValueError) as error:
        raise SettingsError(f"LATCHKEY_REDIS_URL cannot be used: {error}") from error


def _parse(limit: Limit, factor: int) -> RateLimitItem:
    item = parse(limit.value)
    return type(item)(item.amount * factor, item.multiples)
