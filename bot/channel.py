"""The one way into Rasa: signed turns from the helpdesk.

`POST /webhooks/latchkey/turn` takes `{message_id, conversation_id, text | payload,
actor}` with the header `X-Latchkey-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of
"<t>.<body>">`. Rasa's own channels trust whoever reaches them; this one trusts the key.
With the header `traceparent` of a trace that is collected, the answer has `spans`: what took
how long.

`POST /webhooks/latchkey/parse` takes `{text}`, signed likewise, and answers what it would be
understood as, `{intent, confidence, ambiguous, ranking}`. No conversation is touched.

`POST /webhooks/latchkey/forget` takes `{conversations, before?}`, signed likewise: those, and
the ones in which nothing happened since `before` (Unix time), are forgotten. It answers
`{forgotten}`, how many there were.

A process that is told to end refuses what comes from then on, with 503 and the code
`stopping`, and ends when the turns that it has are answered. Another one takes the rest.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import logging
import os
import re
import time
from email.utils import formatdate
from typing import (
    Any,
    Awaitable,
    Callable,
    Dict,
    List,
    Optional,
    Sequence,
    Text,
    Tuple,
)

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from bot import trace
from bot.action_endpoint import ActionEndpoint
from bot.tracker_rows import StoreTroubleError
from bot.turn import CHANNEL, TURN_LIMIT_S, InvalidTurnError, Turn, TurnTaker

SIGNATURE_HEADER = "X-Latchkey-Signature"
SIGNATURE_LIFE_S = 300  # a captured request cannot be replayed later than this
KEY_LENGTH = 32  # characters at least
FORMER_KEYS = "LATCHKEY_TURN_KEY_FORMER"

_SIGNATURE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")
_NAME = re.compile(r"[\w.:-]{1,128}")
_FIELDS = {"message_id", "conversation_id", "text", "payload", "actor"}

Work = Callable[[TurnTaker, bytes], Awaitable[Dict[Text, Any]]]

logger = logging.getLogger(__name__)


class _Door:
    """Counts what is being answered; closed, it lets nothing more in."""

    def __init__(self) -> None:
        self.is_closed = False
        self._open = 0
        self._is_empty = asyncio.Event()
        self._is_empty.set()

    def __enter__(self) -> None:
        self._open += 1
        self._is_empty.clear()

    def __exit__(self, *_: Any) -> None:
        self._open -= 1
        if not self._open:
            self._is_empty.set()

    async def close(self) -> None:
        """Let nothing more in, and wait for what is inside, as long as a turn may take."""
        self.is_closed = True
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._is_empty.wait(), TURN_LIMIT_S)


class TurnChannel(InputChannel):
    """Rasa input channel for the helpdesk's turns."""

    def __init__(self, key: Text, former: Sequence[Text] = ()) -> None:
        self._keys = [each.encode() for each in (key, *former) if each]

    @classmethod
    def name(cls) -> Text:
        """Name the channel, which is also its place under /webhooks."""
        return CHANNEL

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[Text, Any]]) -> "TurnChannel":
        """Make the channel from credentials.yml."""
        key = str((credentials or {}).get("key") or "")
        if len(key) < KEY_LENGTH or key.startswith("${"):
            logger.warning("LATCHKEY_TURN_KEY is not set: every turn will be refused.")
            key = ""
        # Honoured as well until the help desk has the new one.
        former = os.environ.get(FORMER_KEYS, "").replace(",", " ").split()
        return cls(key, [each for each in former if len(each) >= KEY_LENGTH])

    def blueprint(
        self, on_new_message: Callable[[UserMessage], Awaitable[Any]]
    ) -> Blueprint:
        """Make the channel's routes."""
        routes = Blueprint(f"{CHANNEL}_turn")
        takers: Dict[int, TurnTaker] = {}
        doors: List[_Door] = []

        def door() -> _Door:
            if not doors:  # it belongs to the event loop, which runs only now
                doors.append(_Door())
            return doors[0]

        def taker(request: Request) -> TurnTaker:
            # The agent changes when another model is loaded into the running server.
            agent = request.app.ctx.agent
            if id(agent) not in takers:
                takers.clear()
                takers[id(agent)] = TurnTaker(agent)
            return takers[id(agent)]

        @routes.listener("before_server_stop")
        async def close(app: Sanic, loop: Any) -> None:
            # The server still listens: who comes now is sent away, and not left hanging.
            await door().close()
            processor = app.ctx.agent and app.ctx.agent.processor
            endpoint = processor and processor.action_endpoint
            if isinstance(endpoint, ActionEndpoint):
                await endpoint.close()

        @routes.get("/")
        async def health(request: Request) -> HTTPResponse:
            if door().is_closed:
                return _stopping()
            # What time it is here: a signature is good for a while only.
            date = {"Date": formatdate(usegmt=True)}
            return json_response({"status": "ok"}, headers=date)

        async def answer(request: Request, work: Work) -> HTTPResponse:
            header = request.headers.get(SIGNATURE_HEADER, "")
            if not self.is_signed(header, request.body, now=time.time()):
                return _problem(401, "bad_signature", "The signature does not hold.")
            if door().is_closed:
                return _stopping()
            try:
                with door(), trace.follow(request.headers.get(trace.HEADER)):
                    return json_response(await work(taker(request), request.body))
            except InvalidTurnError as error:
                return _problem(422, "invalid_turn", str(error))

        @routes.post("/turn")
        async def take_turn(request: Request) -> HTTPResponse:
            return await answer(request, _take)

        @routes.post("/parse")
        async def parse(request: Request) -> HTTPResponse:
            return await answer(request, _parse)

        @routes.post("/forget")
        async def forget(request: Request) -> HTTPResponse:
            try:
                return await answer(request, _forget)
            except StoreTroubleError as error:
                return _problem(503, "busy", str(error))

        return routes

    def is_signed(self, header: Text, body: bytes, *, now: float) -> bool:
        """Tell whether `header` signs `body` with a key of ours, not too long ago."""
        match = _SIGNATURE.fullmatch(header)
        if not match:
            return False
        if abs(now - int(match.group(1))) > SIGNATURE_LIFE_S:
            return False
        signed = match.group(1).encode() + b"." + body
        given = match.group(2)
        expected = (
            hmac.new(key, signed, hashlib.sha256).hexdigest() for key in self._keys
        )
        return any(hmac.compare_digest(each, given) for each in expected)


def read_turn(body: bytes) -> Turn:
    """Read a turn from a request's body.

    Raises:
        InvalidTurnError: the body is not JSON, or a field is missing or malformed.
    """
    fields = _read_fields(body)
    if set(fields) - _FIELDS:
        raise InvalidTurnError(f"A turn has only {', '.join(sorted(_FIELDS))}.")
    for name in ("message_id", "conversation_id"):
        value = fields.get(name)
        if not isinstance(value, str) or not _NAME.fullmatch(value):
            raise InvalidTurnError(f"`{name}` must be a plain identifier.")
    for name in ("text", "payload", "actor"):
        if not isinstance(fields.get(name), (str, type(None))):
            raise InvalidTurnError(f"`{name}` must be a text.")
    if (fields.get("text") is None) == (fields.get("payload") is None):
        raise InvalidTurnError("A turn has either `text` or `payload`.")
    return Turn(**fields)


def read_text(body: bytes) -> Text:
    """Read what is to be understood from a request's body.

    Raises:
        InvalidTurnError: the body is not JSON, or not just a text.
    """
    fields = _read_fields(body)
    text = fields.get("text")
    if set(fields) != {"text"} or not isinstance(text, str):
        raise InvalidTurnError("What is to be understood is a `text`, nothing else.")
    return text


def read_forgetting(body: bytes) -> Tuple[List[Text], Optional[float]]:
    """Read what is to be forgotten from a request's body.

    Raises:
        InvalidTurnError: the body is not JSON, or a field is missing or malformed.
    """
    fields = _read_fields(body)
    conversations, before = fields.get("conversations"), fields.get("before")
    if set(fields) - {"conversations", "before"}:
        raise InvalidTurnError("Only `conversations` and `before` are known.")
    if not isinstance(conversations, list) or not all(
        isinstance(each, str) and _NAME.fullmatch(each) for each in conversations
    ):
        raise InvalidTurnError("`conversations` must be plain identifiers.")
    if not isinstance(before, (int, float, type(None))) or isinstance(before, bool):
        raise InvalidTurnError("`before` must be a Unix time.")
    return conversations, before


async def _forget(taker: TurnTaker, body: bytes) -> Dict[Text, Any]:
    return {"forgotten": await taker.forget(*read_forgetting(body))}


async def _take(taker: TurnTaker, body: bytes) -> Dict[Text, Any]:
    with trace.timed("server", f"POST /webhooks/{CHANNEL}/turn"):
        result = await taker.take(read_turn(body))
    here = trace.current()
    return {**result, "spans": here.spans} if here and here.spans else result


async def _parse(taker: TurnTaker, body: bytes) -> Dict[Text, Any]:
    return await taker.understand(read_text(body))


def _read_fields(body: bytes) -> Dict[Text, Any]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidTurnError("The body is not JSON.") from error
    if not isinstance(fields, dict):
        raise InvalidTurnError("The body must be an object.")
    return fields


def _stopping() -> HTTPResponse:
    return _problem(503, "stopping", "This process ends; another one takes the turn.")


def _problem(status: int, code: Text, message: Text) -> HTTPResponse:
    return json_response({"code": code, "message": message}, status=status)
