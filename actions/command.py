"""A command and its answer: plain values between the one action and the commands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accounts.client import AccountsError
from actions.actor import Actor
from actions.articles import Button
from actions.email_address import check_address
from actions.receipts import Receipt
from actions.words import Words

DONE = "done"
DRY_RUN = "dry_run"
SKIPPED = "skipped"  # one of many, who needs no mail any more
REFUSED = "refused"  # nothing was done, and nothing will be
UNKNOWN = "unknown"  # no answer: it may have been done
FAILED = "failed"  # nothing could be looked up
MOST_LINES = 20
# The account system lets nobody in with our token, or has none of ours.
NOT_ALLOWED = frozenset({"unauthorized", "forbidden"})


@dataclass(frozen=True)
class Command:
    """What an admin wants.

    `turn` names the conversation and the message that it came in; `given_key` is set if
    it is one of many, in a bulk run.
    """

    name: str
    arguments: Mapping[str, Any]
    actor: Actor
    turn: str
    given_key: str | None
    words: Words
    now: datetime

    @property
    def is_one_of_many(self) -> bool:
        """Whether it belongs to a bulk run."""
        return self.given_key is not None

    def key_for(self, kind: str) -> str:
        """Return the key that makes it harmless to ask for the same mail twice."""
        return self.given_key or f"{self.turn}:{kind}"

    def text(self, name: str) -> str:
        """Return an argument that is a text; empty if there is none."""
        value = self.arguments.get(name)
        return value.strip() if isinstance(value, str) else ""

    def flag(self, name: str) -> bool:
        """Return an argument that is yes or no."""
        return self.arguments.get(name) is True

    @property
    def is_dry_run(self) -> bool:
        """Whether nothing may be done."""
        return self.flag("dry_run")

    @property
    def address(self) -> str:
        """The address that it is about.

        Raises:
            NoAddressError: there is none that could be one.
        """
        checked = check_address(self.text("address"))
        if checked is None:
            raise NoAddressError(self.text("address"))
        return checked.address


@dataclass(frozen=True)
class Answer:
    """What is said, and what the help desk is told beside it.

    `facts` are for programs; `receipt` is there if something was, or should have been,
    done; `has_acted` if it counts as one more mail.
    """

    text: str
    result: str = DONE
    facts: Mapping[str, Any] = field(default_factory=dict)
    receipt: Receipt | None = None
    plan: Mapping[str, Any] | None = None
    buttons: tuple[Button, ...] = ()
    has_acted: bool = False

    @property
    def notes(self) -> dict[str, Any]:
        """What the help desk is told."""
        told: dict[str, Any] = {"receipt": self.receipt, "plan": self.plan}
        told |= {"acted": self.has_acted, "skipped": self.result == SKIPPED}
        return {name: value for name, value in told.items() if value}


class NoAddressError(ValueError):
    """What was given is no address; it is the error's only argument."""


def trouble_words(
    words: Words, error: AccountsError, *, nothing_sent: bool = False
) -> str:
    """Return why the account system did nothing; that a mail was not sent, is said."""
    if error.code in NOT_ALLOWED:
        return words.say("utter_backend_locked_out")
    if error.permanent:
        return words.say("utter_backend_refuses", code=error.code)
    if nothing_sent:
        return words.say("utter_backend_silent_nothing_sent")
    return words.say("utter_backend_silent")


def listed(lines: list[str], rest: str = "") -> str:
    """Return lines as a list; `rest`, if there is any, says what is not in it."""
    return "\n".join(f"- {line}" for line in [*lines, *filter(None, [rest])])
