"""The way to the action servers: kept connections, and the domain encoded once.

Rasa opens a connection for each call and encodes the whole domain, which never changes,
into each request. The requests stay byte for byte what rasa-sdk documents.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, Callable, Dict, List, Optional, Text
from weakref import WeakKeyDictionary

import aiohttp
from rasa.core.constants import DEFAULT_REQUEST_TIMEOUT
from rasa.utils.endpoints import EndpointConfig

from bot import trace
from bot.action_servers import ActionServers

DOMAIN = "domain"
CONNECT_TIMEOUT_S = 2.0
# Nothing was sent then. Only connecting has a limit of its own, so no other is meant.
NOT_CONNECTED = (aiohttp.ClientConnectorError, aiohttp.ServerTimeoutError)


class _Call:
    """A call of the first action server that takes it."""

    def __init__(
        self, servers: ActionServers, order: List[Text], send: Callable[[Text], Any]
    ) -> None:
        self._servers = servers
        self._order = order
        self._send = send
        self._sent: Any = None

    async def __aenter__(self) -> Any:
        for address in self._order[:-1]:
            try:
                return await self._ask(address)
            except NOT_CONNECTED:
                continue
        return await self._ask(self._order[-1])

    async def __aexit__(self, *what: Any) -> Any:
        return await self._sent.__aexit__(*what)

    async def _ask(self, address: Text) -> Any:
        self._sent = self._send(address)
        try:
            response = await self._sent.__aenter__()
        except NOT_CONNECTED:
            self._servers.note_refusal(address)
            raise
        except (asyncio.CancelledError, asyncio.TimeoutError):
            self._servers.note_silence(address)
            raise
        self._servers.note_back(address)
        return response


class _SharedSession:
    """A session that outlives the `async with` that Rasa puts around each request."""

    def __init__(
        self, session: aiohttp.ClientSession, servers: ActionServers, others: List[Text]
    ) -> None:
        self._session = session
        self._servers = servers
        self._others = others

    async def __aenter__(self) -> "_SharedSession":
        return self

    async def __aexit__(self, *_: Any) -> None:
        """Leave the session open for the next call."""

    def request(
        self,
        method: Text,
        url: Text,
        *,
        json: Any = None,
        timeout: Any = 0,
        **more: Any,
    ) -> Any:
        """Send a request; see `aiohttp.ClientSession.request`."""
        data = encode(json)
        limits = aiohttp.ClientTimeout(
            total=timeout or DEFAULT_REQUEST_TIMEOUT, sock_connect=CONNECT_TIMEOUT_S
        )

        here = trace.current()
        named = {trace.HEADER: here.traceparent} if here else {}
        headers = {**(more.pop("headers", None) or {}), **named}

        def send(address: Text) -> Any:
            return self._session.request(
                method, address, data=data, headers=headers, timeout=limits, **more
            )

        order = self._servers.in_order([url, *self._others])
        return _Call(self._servers, order, send)


class ActionEndpoint(EndpointConfig):
    """Rasa's endpoint configuration, with one session for each event loop."""

    def __init__(self, url: Text, *others: Text) -> None:
        """Take the addresses of one action server or of several."""
        super().__init__(url)
        self._others = list(others)
        self._servers = ActionServers()
        self._sessions: WeakKeyDictionary[
            asyncio.AbstractEventLoop, aiohttp.ClientSession
        ] = WeakKeyDictionary()

    def session(self) -> Any:
        """Return the session of the running loop, made as Rasa would make it."""
        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop)
        if session is None or session.closed:
            session = self._sessions[loop] = super().session()
        return _SharedSession(session, self._servers, self._others)

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
