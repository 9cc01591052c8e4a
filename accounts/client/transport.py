"""HTTP for the client: pooled, bounded in time, retried when that can help."""

import queue
import random
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Generic, TypeVar

import requests
from requests.adapters import HTTPAdapter

from accounts.client.errors import AccountsError
from accounts.client.reading import read_answer

Result = TypeVar("Result")

MOST_ATTEMPTS = 3
PAUSES = (0.1, 0.3)
SHORTEST_ATTEMPT = 0.05
POOLED_CONNECTIONS = 16


@dataclass(frozen=True)
class Call(Generic[Result]):
    """One operation of the contract. All of them may safely be repeated."""

    method: str
    path: str
    parse: Callable[[object], Result]
    body: Mapping[str, str | bool] | None = None
    query: dict[str, str] | None = None
    idempotency_key: str | None = None
    # The path for those who watch, with names in the place of what is somebody's.
    template: str | None = None


# Surrounds each call, further tries included: given the backend's address, the method and
# the template, it gives the headers that the call takes along.
Watch = Callable[[str, str, str], AbstractContextManager[Mapping[str, str]]]


def watch_nothing(
    _base_url: str, _method: str, _path: str
) -> AbstractContextManager[Mapping[str, str]]:
    """Let calls be."""
    return nullcontext({})


class Transport:
    """Sends calls to one backend."""

    def __init__(
        self,
        base_url: str,
        token: str,
        connect_timeout: float,
        read_timeout: float,
        budget: float,
        watch: Watch = watch_nothing,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._budget = budget
        self._watch = watch
        self._session = _session(token)

    def call(self, call: Call[Result]) -> Result:
        """Return the parsed answer.

        Raises:
            AccountsError: It did not come, or was a refusal or rubbish.
        """
        template = call.template or call.path
        with self._watch(self._base_url, call.method, template) as headers:
            return self._try_again_and_again(call, headers)

    def close(self) -> None:
        """Give the pooled connections back."""
        self._session.close()

    def _try_again_and_again(
        self, call: Call[Result], headers: Mapping[str, str]
    ) -> Result:
        deadline = time.monotonic() + self._budget
        for attempt in range(MOST_ATTEMPTS):
            try:
                return self._attempt_in_time(call, headers, deadline)
            except AccountsError as error:
                pause = PAUSES[min(attempt, len(PAUSES) - 1)] * random.uniform(0.5, 1.5)  # noqa: S311 - spreads retries, protects nothing
                left = deadline - time.monotonic() - pause
                is_last = attempt == MOST_ATTEMPTS - 1
                if error.permanent or is_last or left < SHORTEST_ATTEMPT:
                    raise
            time.sleep(pause)
        raise AssertionError("unreachable")  # pragma: no cover - the loop returns

    def _attempt_in_time(
        self, call: Call[Result], headers: Mapping[str, str], deadline: float
    ) -> Result:
        # A backend that drips its answer byte by byte never trips a socket's time-out,
        # so the attempt runs beside us and is left alone when the time is up.
        answers: queue.SimpleQueue[Result | AccountsError] = queue.SimpleQueue()

        def attempt() -> None:
            try:
                answers.put(self._attempt(call, headers, deadline))
            except AccountsError as error:
                answers.put(error)

        threading.Thread(target=attempt, name="accounts-call", daemon=True).start()
        try:
            answer = answers.get(timeout=max(deadline - time.monotonic(), 0) + 0.2)
        except queue.Empty:
            raise _too_slow() from None
        if isinstance(answer, AccountsError):
            raise answer
        return answer

    def _attempt(
        self, call: Call[Result], headers: Mapping[str, str], deadline: float
    ) -> Result:
        left = max(deadline - time.monotonic(), SHORTEST_ATTEMPT)
        key = call.idempotency_key
        named = {"Idempotency-Key": key} if key is not None else {}
        try:
            with self._session.request(
                call.method,
                self._base_url + call.path,
                params=call.query,
                json=call.body,
                headers={**headers, **named},
                timeout=(
                    min(self._connect_timeout, left),
                    min(self._read_timeout, left),
                ),
                allow_redirects=False,
                stream=True,
            ) as response:
                return read_answer(response, call.parse, deadline)
        except AccountsError:
            raise
        except requests.Timeout:
            raise _too_slow() from None
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
            message = "The account backend cannot be reached."
            raise AccountsError("unreachable", message, permanent=False) from None
        except requests.exceptions.ContentDecodingError:
            message = "The account backend's answer cannot be decoded."
            raise AccountsError("bad_answer", message, permanent=False) from None
        except Exception as error:
            # A base address or key that cannot be sent at all; requests and urllib3
            # raise many kinds of errors for that.
            message = f"The request cannot be made: {type(error).__name__}."
            raise AccountsError("bad_request", message, permanent=True) from error


class _BearerToken(requests.auth.AuthBase):
    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _session(token: str) -> requests.Session:
    session = requests.Session()
    # Neither a proxy for the outside world nor a .netrc is meant for this backend.
    session.trust_env = False
    session.auth = _BearerToken(token)
    session.headers["Accept"] = "application/json"
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_maxsize=POOLED_CONNECTIONS)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def _too_slow() -> AccountsError:
    message = "The account backend did not answer in time."
    return AccountsError("timeout", message, permanent=False)
