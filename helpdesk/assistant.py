"""The client of the assistant's turn channel.

Signs each turn, and inside it the statement of who is asking, which the actions check
before anything with effect. Never raises for a part that is down: an unreachable
assistant is an `AssistantError` with a flag whether trying again makes sense.
"""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Any

import jwt
import requests

TURN_PATH = "/webhooks/latchkey/turn"
SIGNATURE_HEADER = "X-Latchkey-Signature"
AUDIENCE = "latchkey-actions"
ACTOR_LIFE_S = 300
CONNECT_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 9.8  # the assistant itself gives up after 9 s and says so


class AssistantError(Exception):
    """The assistant did not answer this turn; `permanent` if it never will."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


@dataclass(frozen=True)
class Actor:
    """Who is asking; the role comes from the session, never from text."""

    subject: str = "visitor"
    role: str = "contact"


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


class AssistantClient:
    """Sends turns to one Rasa process."""

    def __init__(self, base_url: str, *, turn_key: str, actor_key: str) -> None:
        self._url = base_url.rstrip("/") + TURN_PATH
        self._turn_key = turn_key
        self._actor_key = actor_key
        self._session = requests.Session()
        # A proxy for the outside world is not meant for a neighbour.
        self._session.trust_env = False

    def take_turn(self, turn: Turn, actor: Actor | None = None) -> dict[str, Any]:
        """Send a turn and return `{replies, nlu, handoff, trouble}`.

        Sending the same turn again is harmless: it returns the first result.

        Raises:
            AssistantError: no usable answer came.
        """
        fields = {
            "message_id": turn.message_id,
            "conversation_id": turn.conversation_id,
            "text": turn.text,
            "payload": turn.payload,
            "actor": sign_actor(actor or Actor(), turn, self._actor_key),
        }
        body = json.dumps(fields).encode()
        headers = {
            "Content-Type": "application/json",
            SIGNATURE_HEADER: sign_body(body, self._turn_key, now=time.time()),
        }
        try:
            response = self._session.post(
                self._url,
                data=body,
                headers=headers,
                timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            problem = f"The assistant does not answer ({type(error).__name__})."
            raise AssistantError(problem, permanent=False) from error
        return _read_result(response)


def _read_result(response: requests.Response) -> dict[str, Any]:
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        answer = None
    is_result = isinstance(answer, dict) and isinstance(answer.get("replies"), list)
    if response.status_code == requests.codes.ok and is_result:
        return dict(answer)
    if isinstance(answer, dict) and "message" in answer:
        problem = f"The assistant refused the turn: {answer['message']}"
        permanent = response.status_code < requests.codes.internal_server_error
        raise AssistantError(problem, permanent=permanent)
    problem = f"The assistant answers rubbish (status {response.status_code})."
    raise AssistantError(problem, permanent=False)
