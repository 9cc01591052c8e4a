"""Commands of admins: one action checks who asks, the functions behind it do the work."""

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from accounts.client import AccountsError
from actions.account_commands import deliveries, find, invites, status
from actions.actor import Actor, ActorError, read_actor
from actions.command import (
    FAILED,
    REFUSED,
    UNKNOWN,
    Answer,
    Command,
    NoAddressError,
    trouble_words,
)
from actions.mail_choice import receipt_of
from actions.mail_commands import resend, reset
from actions.plan_commands import resend_expired
from actions.receipts import REFUSED as NOTHING_DONE
from actions.receipts import UNKNOWN as NOBODY_KNOWS
from actions.safe_action import Domain, Event, SafeAction
from actions.undo_command import undo
from actions.words import Words, quoted

COMMANDS: Mapping[str, Callable[[Command], Awaitable[Answer]]] = {
    "deliveries": deliveries,
    "find": find,
    "invites": invites,
    "resend": resend,
    "resend_expired": resend_expired,
    "reset": reset,
    "status": status,
    "undo": undo,
}
BULK = "resend"  # the one that may be one of many
LIMIT_S = 8.0  # the turn ends after nine
KEY = re.compile(r"[\x21-\x7e]{1,200}")

logger = logging.getLogger(__name__)


class UnreadableError(ValueError):
    """The help desk sent something that is no command of ours."""


class TryAgainError(Exception):
    """One of many could not be done now; the turn is to be taken again."""


class ActionRunCommand(SafeAction):
    """Carry out a command. Reads and sets no slots: an open form stays as it is."""

    def name(self) -> str:
        """Return the action's name in domain.yml."""
        return "action_run_command"

    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> list[Event]:
        """Do it for an admin; refuse it politely to anybody else."""
        words = Words(domain)
        try:
            command = _read_command(tracker, words, read_actor(tracker))
            answer = await _carry_out(command)
        except ActorError as error:
            logger.warning("A command was refused: %s", error)
            answer = Answer(words.say("utter_command_refused"), REFUSED)
        except UnreadableError as error:
            logger.warning("A command could not be read: %s", error)
            answer = Answer(words.say("utter_command_unreadable"), REFUSED)
        except TryAgainError:
            dispatcher.utter_message(json_message={"try_again": True})
            return []
        else:
            if command.flag("as_json"):
                answer = _as_json(command, answer)
        dispatcher.utter_message(
            text=answer.text, json_message=answer.notes, buttons=list(answer.buttons)
        )
        return _leave_form_as_it_is(tracker)


def _leave_form_as_it_is(tracker: Tracker) -> list[Event]:
    """Return the events after which an open form takes the next message as its answer.

    Rasa notes that the form was passed over, and would ask it nothing any more.
    """
    form = tracker.active_loop_name
    is_open = [ActiveLoop(form)] if form else []
    return [*is_open, FollowupAction("action_listen")]


async def _carry_out(command: Command) -> Answer:
    words = command.words
    if not command.actor.is_admin:
        logger.warning("A command was refused to %s.", command.actor.subject)
        text = words.say("utter_command_refused")
        return Answer(text, REFUSED, receipt=receipt_of(command, NOTHING_DONE))
    try:
        doing = COMMANDS[command.name](command)
        return await asyncio.wait_for(doing, LIMIT_S)
    except NoAddressError as error:
        given = quoted(str(error))
        text = words.say("utter_command_no_address", given=given)
        return Answer(text, REFUSED)
    except AccountsError as error:  # before anything was asked for
        logger.warning("/%s: %s", command.name, error.code)
        return _failed(command, error)
    except TimeoutError:
        logger.warning("/%s took too long.", command.name)
        if command.is_one_of_many:
            raise TryAgainError from None
        receipt = receipt_of(command, NOBODY_KNOWS)
        text = words.say("utter_backend_silent")
        return Answer(text, UNKNOWN, receipt=receipt, has_acted=receipt is not None)


def _failed(command: Command, error: AccountsError) -> Answer:
    """Say that the account system is in trouble, and that nothing was done."""
    if command.is_one_of_many and not error.permanent:
        raise TryAgainError
    receipt = receipt_of(command, NOTHING_DONE)
    text = trouble_words(command.words, error, nothing_sent=receipt is not None)
    return Answer(text, FAILED, {"code": error.code}, receipt=receipt)


def _read_command(tracker: Tracker, words: Words, actor: Actor) -> Command:
    """Read what the help desk sent.

    Raises:
        UnreadableError: it is no command.
    """
    given = {e["entity"]: e["value"] for e in tracker.latest_message["entities"]}
    name = given.get("command", "")
    if name not in COMMANDS:
        raise UnreadableError("no such command")
    arguments = _read_arguments(given.get("arguments") or "{}")
    given_key = arguments.get("key") if name == BULK else None
    is_key = isinstance(given_key, str) and KEY.fullmatch(given_key)
    if given_key is not None and not is_key:
        raise UnreadableError("the key is none")
    return Command(
        name=name,
        arguments=arguments,
        actor=actor,
        turn=f"{tracker.sender_id}:{actor.message_id}",
        given_key=given_key,
        words=words,
        now=datetime.now(UTC),
    )


def _read_arguments(text: str) -> dict[str, Any]:
    try:
        arguments = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError("the arguments are not JSON") from error
    if not isinstance(arguments, dict):
        raise UnreadableError("the arguments are no object")
    return arguments


def _as_json(command: Command, answer: Answer) -> Answer:
    content = {
        "command": command.name,
        "result": answer.result,
        **answer.facts,
        "message": answer.text,
    }
    # Three of them in a row would end the block.
    shown = json.dumps(content, ensure_ascii=False, indent=2).replace("`", "\\u0060")
    block = f"```json\n{shown}\n```"
    return Answer(
        block,
        answer.result,
        answer.facts,
        answer.receipt,
        answer.plan,
        has_acted=answer.has_acted,
    )
