"""Who is asking: the signed statement that travels with every turn.

A JWT (HS256) whose claims name the conversation and the message, so that it is good for
one message of one conversation. Whatever the text says, authority comes from here.
"""

import os
from dataclasses import dataclass
from typing import Any

import jwt
from rasa_sdk import Tracker

KEY_VARIABLE = "LATCHKEY_ACTOR_KEY"
FORMER_VARIABLE = (
    "LATCHKEY_ACTOR_KEY_FORMER"  # honoured until the help desk has the new
)
AUDIENCE = "latchkey-actions"
ADMIN, CONTACT = "admin", "contact"


class ActorError(Exception):
    """The turn carries no valid statement of who is asking."""


@dataclass(frozen=True)
class Actor:
    """Who is asking: a subject and a role (`contact`, `agent`, `lead`, `admin`, `auditor`).

    `may_act` is true only where the statement says so: whoever counts what was done
    has found that there may be one more. `session_id` is that of an agent, else empty;
    `addresses` are those that are proven to be the person's.
    """

    subject: str
    role: str
    message_id: str
    may_act: bool
    session_id: str = ""
    addresses: tuple[str, ...] = ()

    @property
    def is_admin(self) -> bool:
        """Whether this is somebody who may act for others."""
        return self.role == ADMIN

    @property
    def is_contact(self) -> bool:
        """Whether this is somebody who is helped, and not one of those who help."""
        return self.role == CONTACT

    def owns(self, address: str) -> bool:
        """Tell whether an address is proven to be this person's."""
        return address.casefold() in {own.casefold() for own in self.addresses}


def read_actor(tracker: Tracker) -> Actor:
    """Return the actor of the latest message.

    Raises:
        ActorError: there is none, it is not ours, or it was made for another message.
    """
    message = tracker.latest_message
    claims = read_claims((message.get("metadata") or {}).get("actor") or "")
    if claims["cid"] != tracker.sender_id or claims["mid"] != message.get("message_id"):
        raise ActorError("made for another message")
    return Actor(
        subject=claims["sub"],
        role=claims["role"],
        message_id=claims["mid"],
        may_act=claims.get("act") is True,
        session_id=_text(claims.get("sid")),
        addresses=_texts(claims.get("adr")),
    )


def is_from_admin(tracker: Tracker) -> bool:
    """Tell whether it is certain that an admin sent the latest message."""
    try:
        return read_actor(tracker).is_admin
    except ActorError:
        return False


def read_claims(token: str) -> dict[str, Any]:
    """Return what a statement says.

    Raises:
        ActorError: No key of ours signed it, or it is too old.
    """
    former = os.environ.get(FORMER_VARIABLE, "").replace(",", " ").split()
    problem: Exception | None = None
    for key in (os.environ.get(KEY_VARIABLE, ""), *former):
        try:
            return jwt.decode(
                token,
                key,
                algorithms=["HS256"],
                audience=AUDIENCE,
                options={"require": ["exp", "sub", "role", "cid", "mid"]},
            )
        except jwt.PyJWTError as error:
            problem = problem or error
    raise ActorError(str(problem)) from problem


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else []
    return tuple(each for each in values if isinstance(each, str))
