"""Asking parts over HTTP: once, without redirects and proxies, and not for long."""

import json
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar
from urllib.parse import urlsplit

WITHIN_S = 2.0
LARGEST_ANSWER = 64 * 1024

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")


@dataclass(frozen=True)
class Said:
    """An answer, and between which moments it was made."""

    status: int
    headers: Message
    body: bytes
    asked_at: float
    heard_at: float

    @property
    def fields(self) -> Mapping[str, Any]:
        """What it says as a JSON object; empty if it is none."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def date(self) -> float | None:
        """What time it is over there, in seconds; None if that was not said."""
        try:
            return parsedate_to_datetime(self.headers["Date"]).timestamp()
        except (TypeError, ValueError):
            return None


def ask(
    url: str,
    headers: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
) -> Said:
    """Get a page, or post an object to it.

    Raises:
        OSError: No answer came; `reason_of` says why.
    """
    place = urlsplit(url)
    line = _open(place.scheme, place.hostname or "", place.port)
    method, content = ("GET", None) if body is None else ("POST", json.dumps(body))
    kind = {} if body is None else {"Content-Type": "application/json"}
    path = f"{place.path or '/'}{'?' if place.query else ''}{place.query}"
    asked_at = time.time()
    try:
        line.request(method, path, content, {**kind, **(headers or {})})
        answer = line.getresponse()
        heard = answer.read(LARGEST_ANSWER)
        return Said(answer.status, answer.headers, heard, asked_at, time.time())
    except (HTTPException, ValueError) as error:
        raise OSError(type(error).__name__) from error
    finally:
        line.close()


def in_parallel(
    work: Callable[[Asked], Answered], things: Iterable[Asked]
) -> list[Answered]:
    """Do something with each thing, all at once, and return what came of it in order.

    What was raised by one of them is raised here.
    """
    answers: SimpleQueue[tuple[int, Answered | None, Exception | None]] = SimpleQueue()

    def one(number: int, thing: Asked) -> None:
        try:
            answers.put((number, work(thing), None))
        except Exception as error:
            answers.put((number, None, error))

    threads = [
        Thread(target=one, args=each, name="doctor-asks", daemon=True)
        for each in enumerate(things)
    ]
    for thread in threads:
        thread.start()
    done: dict[int, Any] = {}
    for _ in threads:
        number, answer, error = answers.get()
        if error is not None:
            raise error
        done[number] = answer
    return [done[number] for number in sorted(done)]


def _open(scheme: str, host: str, port: int | None) -> HTTPConnection:
    if scheme == "https":
        # The machine's own store of certificates, as browsers here would use it.
        secrecy = ssl.create_default_context()
        return HTTPSConnection(host, port, timeout=WITHIN_S, context=secrecy)
    return HTTPConnection(host, port, timeout=WITHIN_S)
