"""The way to the action server: kept connections, and the domain encoded once.

Rasa opens a connection for each call and encodes the whole domain, which never changes,
into each request. The requests stay byte for byte what rasa-sdk documents.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, Dict, Optional, Text
from weakref import WeakKeyDictionary

import aiohttp
from rasa.utils.endpoints import EndpointConfig

DOMAIN = "domain"


class _SharedSession:
    """A session that outlives the `async with` that Rasa puts around each request."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def __aenter__(self) -> "_SharedSession":
        return self

    async def __aexit__(self, *_: Any) -> None:
        """Leave the session open for the next call."""

    def request(self, method: Text, url: Text, *, json: Any = None, **more: Any) -> Any:
        """Send a request; see `aiohttp.ClientSession.request`."""
        return self._session.request(method, url, data=encode(json), **more)


class ActionEndpoint(EndpointConfig):
    """Rasa's endpoint configuration, with one session for each event loop."""

    def __init__(self, *args: Any, **more: Any) -> None:
        """Take what Rasa's own class takes."""
        super().__init__(*args, **more)
        self._sessions: WeakKeyDictionary[
            asyncio.AbstractEventLoop, aiohttp.ClientSession
        ] = WeakKeyDictionary()

    def session(self) -> Any:
        """Return the session of the running loop, made as Rasa would make it."""
        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop)
        if session is None or session.closed:
            session = self._sessions[loop] = super().session()
        return _SharedSession(session)

    async def close(self) -> None:
        """Close what is open, on every loop."""
        for session in list(self._sessions.values()):
            await session.close()


_encoded: Dict[int, Any] = {}  # the domain's id to the domain itself and its bytes


def encode(call: Optional[Dict[Text, Any]]) -> bytes:
    """Return a call as JSON.

    A domain's dictionary is recognised by its identity: Rasa keeps one for each domain.
    """
    if not call or not call.get(DOMAIN):
        return json.dumps(call).encode()
    domain = call[DOMAIN]
    kept = _encoded.get(id(domain))
    if kept is None or kept[0] is not domain:
        _encoded.clear()
        kept = _encoded[id(domain)] = (domain, json.dumps(domain).encode())
    rest = {name: value for name, value in call.items() if name != DOMAIN}
    head = json.dumps(rest).encode()[:-1]
    return head + (b", " if rest else b"") + b'"domain": ' + kept[1] + b"}"
