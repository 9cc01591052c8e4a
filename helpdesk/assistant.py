"""The client of the assistant's turn channel.

Signs each turn, and inside it the statement of who is asking, which the actions check
before anything with effect. Never raises for a part that is down: an unreachable
assistant is an `AssistantError` with a flag whether trying again makes sense.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import urlsplit

import jwt

from foundation import trace_context
from foundation.trace_context import current_traceparent
from foundation.tracing import Attributes, Kind, request_to, span
from helpdesk.assistant_spans import tell_of
from helpdesk.neighbour_lines import (
    Answer,
    NeighbourLines,
    NotConnectedError,
    Patience,
)

TURN_PATH = "/webhooks/latchkey/turn"
PARSE_PATH = "/webhooks/latchkey/parse"
FORGET_PATH = "/webhooks/latchkey/forget"
HEALTH_PATH = "/webhooks/latchkey/"
SIGNATURE_HEADER = "X-Latchkey-Signature"
STOPPING = "stopping"  # what a process says that is about to end
AUDIENCE = "latchkey-actions"
ACTOR_LIFE_S = 300
CONNECT_TIMEOUT_S = 2.0
AT_ONCE_MOST = 32  # lines that are kept open, one for each turn under way
READ_TIMEOUT_S = 9.8  # the assistant itself gives up after 9 s and says so
# Whoever only wants to know what a text means has something else to show instead.
PARSE_PATIENCE = Patience(connect_s=0.5, read_s=1.5)


class AssistantError(Exception):
    """The assistant did not answer this turn; `permanent` if it never will.

    `code` may be logged; the message is the assistant's, who knows what it holds.
    """

    def __init__(self, message: str, *, permanent: bool, code: str = "") -> None:
        super().__init__(message)
        self.permanent = permanent
        self.code = code if code.isidentifier() else "unknown"


class AssistantAwayError(AssistantError):
    """This process has taken nothing: it is not there, or it ends. Another one may."""


class AssistantSilentError(AssistantError):
    """This process may have taken the turn, and says nothing."""


@dataclass(frozen=True)
class Actor:
    """Who is asking; the role comes from the session, never from text.

    `may_act` is false when as many mails as are allowed were asked for already.
    `session_id` is an agent's, `addresses` are those proven to be the person's own.
    """

    subject: str = "visitor"
    role: str = "contact"
    may_act: bool = True
    session_id: str = ""
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Turn:
    """One message: either typed `text` or the `payload` of a button we offered."""

    conversation_id: str
    message_id: str
    text: str | None = None
    payload: str | None = None


def sign_actor(actor: Actor, turn: Turn, key: str) -> str:
    """Return the signed statement that `actor` sent `turn`."""
    claims = {
        "aud": AUDIENCE,
        "sub": actor.subject,
        "role": actor.role,
        "act": actor.may_act,
        "sid": actor.session_id,
        "adr": list(actor.addresses),
        "cid": turn.conversation_id,
        "mid": turn.message_id,
        "exp": int(time.time()) + ACTOR_LIFE_S,
    }
    return jwt.encode(claims, key, algorithm="HS256")


def sign_body(body: bytes, key: str, *, now: float) -> str:
    """Return the signature header's value for a request body."""
    moment = str(int(now))
    signed = moment.encode() + b"." + body
    digest = hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


class Assistant(Protocol):
    """Whoever answers turns: one process, or a pool of them."""

    def take_turn(self, turn: Turn, actor: Actor | None = None) -> dict[str, Any]:
        """See `AssistantClient.take_turn`."""

    def parse(self, text: str) -> dict[str, Any]:
        """See `AssistantClient.parse`."""

    def forget(
        self, conversations: Sequence[str], before: datetime | None = None
    ) -> int:
        """See `AssistantClient.forget`."""


class AssistantClient:
    """Sends turns to one Rasa process, from several threads if need be."""

    def __init__(self, base_url: str, *, turn_key: str, actor_key: str) -> None:
        # A turn is tried again by whoever knows that it is one.
        self._lines = NeighbourLines(base_url, AT_ONCE_MOST)
        self._turn_key = turn_key
        self._actor_key = actor_key
        self._name = urlsplit(base_url).netloc.rpartition("@")[2]
        self._span_attributes = request_to(base_url, "POST", TURN_PATH)

    def take_turn(self, turn: Turn, actor: Actor | None = None) -> dict[str, Any]:
        """Send a turn and return `{replies, nlu, handoff, acted, trouble}`.

        Sending the same turn again is harmless: it returns the first result.

        Raises:
            AssistantError: no usable answer came.
        """
        with span(f"POST {TURN_PATH}", Kind.CLIENT, self._span_attributes) as told:
            result = self._send_turn(turn, actor or Actor(), told)
            tell_of(result.pop("spans", None), self._name)
        return result

    def _send_turn(self, turn: Turn, actor: Actor, told: Attributes) -> dict[str, Any]:
        fields = {
            "message_id": turn.message_id,
            "conversation_id": turn.conversation_id,
            "text": turn.text,
            "payload": turn.payload,
            "actor": sign_actor(actor, turn, self._actor_key),
        }
        patience = Patience(CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
        answer = self._post(TURN_PATH, fields, patience)
        told["http.response.status_code"] = answer.status
        return _read_result(answer, _is_turn)

    def parse(self, text: str, patience: Patience = PARSE_PATIENCE) -> dict[str, Any]:
        """Return what a text would be understood as; no conversation is touched.

        Args:
            text: The text.
            patience: How long to wait.

        Returns:
            `{intent, confidence, ambiguous, ranking}`.

        Raises:
            AssistantError: no usable answer came, soon enough.
        """
        answer = self._post(PARSE_PATH, {"text": text}, patience)
        return _read_result(answer, _is_understood)

    def forget(
        self, conversations: Sequence[str], before: datetime | None = None
    ) -> int:
        """Have the assistant forget conversations, for good.

        Args:
            conversations: Which; no turn of these is taken any more.
            before: Likewise all in which nothing happened since that moment.

        Returns:
            How many it knew.

        Raises:
            AssistantError: nobody knows whether it has.
        """
        fields: dict[str, Any] = {"conversations": list(conversations)}
        if before is not None:
            fields["before"] = before.timestamp()
        answer = self._post(
            FORGET_PATH, fields, Patience(CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
        )
        return int(_read_result(answer, _is_forgotten)["forgotten"])

    def is_well(self, patience: Patience) -> bool:
        """Tell whether the process is there and takes turns."""
        return self._lines.is_well(HEALTH_PATH, patience)

    def hang_up(self) -> None:
        """Give up waiting for every answer: each becomes an `AssistantSilentError`."""
        self._lines.hang_up()

    def _post(self, path: str, fields: dict[str, Any], patience: Patience) -> Answer:
        body = json.dumps(fields).encode()
        headers = {
            "Content-Type": "application/json",
            SIGNATURE_HEADER: sign_body(body, self._turn_key, now=time.time()),
        }
        traceparent = current_traceparent()
        if traceparent:
            headers[trace_context.HEADER] = traceparent
        try:
            return self._lines.post(path, body, headers, patience)
        except NotConnectedError as error:
            problem = (
                f"The assistant does not answer ({type(error.__cause__).__name__})."
            )
            raise AssistantAwayError(problem, permanent=False) from error
        except OSError as error:
            problem = f"The assistant does not answer ({type(error).__name__})."
            raise AssistantSilentError(problem, permanent=False) from error


def _is_turn(answer: dict[str, Any]) -> bool:
    return isinstance(answer.get("replies"), list)


def _is_forgotten(answer: dict[str, Any]) -> bool:
    return isinstance(answer.get("forgotten"), int)


def _is_understood(answer: dict[str, Any]) -> bool:
    ranking = answer.get("ranking")
    return (
        isinstance(answer.get("intent"), str)
        and isinstance(answer.get("confidence"), float | int)
        and isinstance(ranking, list)
        and all(isinstance(each, dict) and "intent" in each for each in ranking)
    )


def _read_result(
    response: Answer, is_right: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    try:
        answer = json.loads(response.body)
    except (ValueError, RecursionError):
        answer = None
    if (
        response.status == HTTPStatus.OK
        and isinstance(answer, dict)
        and is_right(answer)
    ):
        return answer
    if isinstance(answer, dict) and "message" in answer:
        problem = f"The assistant refused the turn: {answer['message']}"
        # A key that does not fit is mended by the operator; the turn can wait for that.
        is_refused = response.status < HTTPStatus.INTERNAL_SERVER_ERROR
        permanent = is_refused and response.status != HTTPStatus.UNAUTHORIZED
        code = str(answer.get("code"))
        if code == STOPPING:
            raise AssistantAwayError(problem, permanent=False, code=code)
        raise AssistantError(problem, permanent=permanent, code=code)
    problem = f"The assistant answers rubbish (status {response.status})."
    raise AssistantError(problem, permanent=False)
