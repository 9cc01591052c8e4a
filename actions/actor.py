"""Who is asking: the signed statement that travels with every turn.

A JWT (HS256) whose claims name the conversation and the message, so that it is good for
one message of one conversation. Whatever the text says, authority comes from here.
"""

import os
from dataclasses import dataclass

import jwt
from rasa_sdk import Tracker

KEY_VARIABLE = "LATCHKEY_ACTOR_KEY"
AUDIENCE = "latchkey-actions"


class ActorError(Exception):
    """The turn carries no valid statement of who is asking."""


@dataclass(frozen=True)
class Actor:
    """Who is asking: a subject and a role (`contact`, `agent`, `admin`).

    `may_act` is true only where the statement says so: whoever counts what was done
    has found that there may be one more.
    """

    subject: str
    role: str
    message_id: str
    may_act: bool


def read_actor(tracker: Tracker) -> Actor:
    """Return the actor of the latest message.

    Raises:
        ActorError: there is none, it is not ours, or it was made for another message.
    """
    message = tracker.latest_message
    token = (message.get("metadata") or {}).get("actor") or ""
    try:
        claims = jwt.decode(
            token,
            os.environ.get(KEY_VARIABLE, ""),
            algorithms=["HS256"],
            audience=AUDIENCE,
            options={"require": ["exp", "sub", "role", "cid", "mid"]},
        )
    except jwt.PyJWTError as error:
        raise ActorError(str(error)) from error
    if claims["cid"] != tracker.sender_id or claims["mid"] != message.get("message_id"):
        raise ActorError("made for another message")
    may_act = claims.get("act") is True
    return Actor(claims["sub"], claims["role"], claims["mid"], may_act)
