"""One turn of a conversation: a message in, what the assistant says and thought out.

Owns the rule that typed text is never a Rasa payload and the promise that a turn always
ends with words. It remembers nothing itself: what a repeated message came to is kept with
its tracker, so any process may take it. Used by the turn channel and by the `ask` command,
so that both behave alike.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Text
from weakref import WeakValueDictionary

from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.shared.core.constants import (
    ACTION_LISTEN_NAME,
    ACTION_SESSION_START_NAME,
    DEFAULT_INTENTS,
    USER_INTENT_SESSION_START,
)
from rasa.shared.core.events import ActionExecuted, SessionStarted

from bot import remote_actions, sessions, trace, wording
from bot.intent_classifier import AMBIGUOUS
from bot.message_text import clean, is_in_other_script, is_wordless, spoken
from bot.tracker_rows import ForgottenError, StoreTroubleError
from bot.tracker_store import own_store

TURN_LIMIT_S = 9.0  # the person hears something within ten seconds, whatever happens
OUT_OF_SCOPE = "out_of_scope"
OTHER_LANGUAGE = "other_language"
TROUBLE = "utter_assistant_trouble"
# The help desk's own, when the conversation comes back from people: nothing of what the
# assistant had in mind before holds any more, and nothing is said.
AFRESH = f"/{USER_INTENT_SESSION_START}"
CHANNEL = "latchkey"

_TYPED_COMMAND = re.compile(r"/+\s*\w+\s*(\{.*\})?\s*", re.DOTALL)
_PAYLOAD = re.compile(r"/([a-z_]+)(\{.*\})?", re.DOTALL)

logger = logging.getLogger(__name__)


class InvalidTurnError(ValueError):
    """The turn cannot be taken; the message says why."""


@dataclass(frozen=True)
class Turn:
    """What the helpdesk sends: exactly one of `text` and `payload` is set.

    `payload` is what a button carried, `/intent` with optional JSON entities; `actor` is
    the signed statement of who is asking, passed on to the actions unread.
    """

    message_id: Text
    conversation_id: Text
    text: Optional[Text] = None
    payload: Optional[Text] = None
    actor: Optional[Text] = None


class _Collector(OutputChannel):
    """Keeps what the assistant says, whole, in order."""

    def __init__(self) -> None:
        self.messages: List[Dict[Text, Any]] = []
        self.tried: List[Dict[Text, Text]] = []

    @classmethod
    def name(cls) -> Text:
        return CHANNEL

    async def send_response(self, recipient_id: Text, message: Dict[Text, Any]) -> None:
        self.messages.append(dict(message))


class TurnTaker:
    """Runs turns on an agent, one at a time in each conversation."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._store = own_store(agent.tracker_store)
        self._locks: "WeakValueDictionary[Text, asyncio.Lock]" = WeakValueDictionary()
        remote_actions.install()
        wording.install()
        sessions.install()

    async def take(self, turn: Turn) -> Dict[Text, Any]:
        """Answer a turn; a repeated one gets the first one's result, without effect.

        Returns:
            `{"replies": […], "nlu": {…}, "handoff": null | {"reason"}, "actions": […],
            "acted": bool, "skipped": bool, "receipts": […], "plan": null | {…},
            "wish": null | {…}, "trouble": bool}`. `actions` are those of the action
            server, `{"name", "outcome"}`: `done`, `failed` or `cut_off`. `acted` means
            that one asked for a mail, and `receipts` for which; `skipped` that one of
            many was left out; `plan` is whom a bulk command concerns, and `wish` the
            command that an admin's words stand for. `trouble` means that a part was down
            and the turn may be sent again.

        Raises:
            InvalidTurnError: the payload is none that the assistant knows, or the
                conversation was forgotten.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + TURN_LIMIT_S
        # Understanding needs no lock, and what was understood is told even in trouble.
        with trace.timed("internal", "understand"):
            parse_data = await self._understand(turn)
        collector = _Collector()
        taking = self._take_in_order(turn, parse_data, collector)
        try:
            return await asyncio.wait_for(taking, end - loop.time())
        except asyncio.TimeoutError:
            logger.warning(
                "A turn took longer than %s s and was cut off.", TURN_LIMIT_S
            )
        except remote_actions.BrokenOffError:
            logger.exception("An action failed and the turn was broken off.")
        except StoreTroubleError as error:
            logger.warning("A turn could not be kept. %s", error)
        except ForgottenError as error:
            raise InvalidTurnError("The conversation was forgotten.") from error
        # Rasa saves only a turn that ended well.
        said = [*collector.messages, {"text": self._trouble_text()}]
        return _result(said, parse_data, trouble=True, tried=collector.tried)

    async def understand(self, text: Text) -> Dict[Text, Any]:
        """Return what a typed text would be understood as; nothing else happens.

        No conversation is read or written: neither what was said before nor an open form
        has a part in it.
        """
        return nlu_summary(await self._understand_text(text))

    async def forget(
        self, conversations: Sequence[Text], before: Optional[float] = None
    ) -> int:
        """Forget conversations for good, and those with nothing new since a moment.

        Of a turn that runs or comes later, in whichever process, nothing is kept.

        Returns:
            How many were known.

        Raises:
            StoreTroubleError: they may still be there.
        """
        return await self._store.forget(conversations, before)

    async def _take_in_order(
        self, turn: Turn, parse_data: Dict[Text, Any], collector: _Collector
    ) -> Dict[Text, Any]:
        def result() -> Dict[Text, Any]:
            said = collector.messages
            if not said and turn.payload != AFRESH:
                said = [{"text": self._trouble_text()}]
            return _result(said, parse_data, trouble=False, tried=collector.tried)

        lock = self._locks.setdefault(turn.conversation_id, asyncio.Lock())
        async with lock:
            known = await self._store.begin(
                turn.conversation_id, turn.message_id, result
            )
            if known is not None:
                return known
            await self._run(turn, parse_data, collector)
            return result()

    async def _run(
        self, turn: Turn, parse_data: Dict[Text, Any], collector: _Collector
    ) -> None:
        if turn.payload == AFRESH:
            await self._begin_afresh(turn)
            return
        message = UserMessage(
            parse_data["text"],
            collector,
            turn.conversation_id,
            parse_data=parse_data,
            input_channel=CHANNEL,
            message_id=turn.message_id,
            metadata={"actor": turn.actor},
        )
        sessions.note_press(turn.payload is not None)
        remote_actions.break_off_in_silence(collector.messages)
        remote_actions.note_tries(collector.tried)
        await self._agent.handle_message(message)

    async def _begin_afresh(self, turn: Turn) -> None:
        """Begin a new session, whatever state the one before was left in."""
        tracker = await self._store.retrieve(turn.conversation_id)
        if tracker is not None:
            for event in (
                ActionExecuted(ACTION_SESSION_START_NAME),
                SessionStarted(),
                ActionExecuted(ACTION_LISTEN_NAME),
            ):
                tracker.update(event, self._agent.domain)
            await self._store.save(tracker)

    async def _understand(self, turn: Turn) -> Dict[Text, Any]:
        if turn.payload is not None:
            return self._read_payload(turn.payload)
        return await self._understand_text(turn.text or "")

    async def _understand_text(self, typed: Text) -> Dict[Text, Any]:
        text = clean(typed)
        if _TYPED_COMMAND.fullmatch(text):
            return {**_certain(text, OUT_OF_SCOPE), "typed_command": True}
        # Rasa would take a leading slash for a payload: it is not shown one.
        plain = spoken(text.lstrip("/ "))
        if is_wordless(plain):
            return {**_certain(text, OUT_OF_SCOPE), "wordless": True}
        parsed = await self._agent.parse_message(plain)
        if is_in_other_script(plain):
            parsed["intent"] = {"name": OTHER_LANGUAGE, "confidence": 1.0}
        return {**parsed, "text": text}

    def _read_payload(self, payload: Text) -> Dict[Text, Any]:
        if payload == AFRESH:
            return _certain(payload, USER_INTENT_SESSION_START)
        match = _PAYLOAD.fullmatch(payload)
        domain = self._agent.domain
        known = set(domain.intents if domain else []) - set(DEFAULT_INTENTS)
        if not match or match.group(1) not in known | {OUT_OF_SCOPE}:
            raise InvalidTurnError("The payload is none that the assistant knows.")
        try:
            values = json.loads(match.group(2) or "{}")
        except (ValueError, RecursionError) as error:
            raise InvalidTurnError("The payload's entities are not JSON.") from error
        allowed = set(domain.entities if domain else [])
        if not isinstance(values, dict) or set(values) - allowed:
            raise InvalidTurnError("The payload has entities that nobody knows.")
        if not all(isinstance(value, str) for value in values.values()):
            raise InvalidTurnError("The payload's entities must be texts.")
        entities = [
            {"entity": name, "value": value, "start": 0, "end": 0}
            for name, value in values.items()
        ]
        return {**_certain(payload, match.group(1)), "entities": entities}

    def _trouble_text(self) -> Text:
        domain = self._agent.domain
        assert domain is not None, "a loaded agent has a domain"
        return domain.responses[TROUBLE][0]["text"]


def _certain(text: Text, intent: Text) -> Dict[Text, Any]:
    named = {"name": intent, "confidence": 1.0}
    return {"text": text, "intent": named, "intent_ranking": [named], "entities": []}


def _result(
    said: List[Dict[Text, Any]],
    parse_data: Dict[Text, Any],
    *,
    trouble: bool,
    tried: Sequence[Dict[Text, Text]] = (),
) -> Dict[Text, Any]:
    replies = [_reply(message) for message in said if message.get("text")]
    notes: Dict[Text, Any] = {"handoff": None, "plan": None, "wish": None}
    flags = {"acted": False, "skipped": False}
    receipts = []
    for message in said:
        custom = message.get("custom") or {}
        notes.update({name: custom[name] for name in notes if custom.get(name)})
        flags.update({name: True for name in flags if custom.get(name) is True})
        receipts += [custom["receipt"]] if custom.get("receipt") else []
    return {
        "replies": replies,
        "nlu": nlu_summary(parse_data),
        "actions": list(tried),
        "receipts": receipts,
        "trouble": trouble,
        **notes,
        **flags,
    }


def _reply(message: Dict[Text, Any]) -> Dict[Text, Any]:
    reply: Dict[Text, Any] = {"text": message["text"].strip()}
    if message.get("buttons"):
        reply["buttons"] = message["buttons"]
    notes = message.get("metadata") or {}
    if notes.get("article"):
        slug = notes["article"].replace("_", "-")
        reply["article"] = {"slug": slug, "title": notes.get("title", "")}
    return reply


def nlu_summary(parse_data: Dict[Text, Any]) -> Dict[Text, Any]:
    """Return what was understood: intent, confidence, ranking, and whether it asked.

    Where two articles were equally likely and the person is asked, `intent` is the first
    of the two and `ambiguous` is true.
    """
    ranking = parse_data.get("intent_ranking") or []
    intent = parse_data["intent"]
    ambiguous = intent["name"] == AMBIGUOUS
    return {
        "intent": ranking[0]["name"] if ambiguous else intent["name"],
        "confidence": float(intent["confidence"]),
        "ambiguous": ambiguous,
        "ranking": [
            {"intent": entry["name"], "confidence": float(entry["confidence"])}
            for entry in ranking
        ],
    }
