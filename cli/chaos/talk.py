"""One contact following a script: asks, waits for the answer, asks on."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from cli.chaos.clients import Contact, RefusedError, new_message
from cli.chaos.script import SEND, TRY_AGAIN, WISH, YES, Script, Step
from cli.chaos.story import Asked

PATIENCE_S = 120.0  # for an answer; whoever waits longer is counted as lost
TRIES = 15
PAUSE_S = 1.0  # before somebody tries again
SETTLE_S = 0.3  # the rest of an answer
HEARD_LATE_S = 10.0

Texts = tuple[str, ...]
Same = Callable[[Iterable[str]], Texts]


class Pacer:
    """Gives out moments to speak, so many a second; those not taken are gone."""

    def __init__(self, per_second: float) -> None:
        self._between_s = 1 / per_second
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for the next moment."""
        now = time.monotonic()
        self._next = max(self._next, now) + self._between_s
        await asyncio.sleep(self._next - self._between_s - now)


@dataclass
class Known:
    """What all conversations of a run have in common.

    Attributes:
        same: Brings texts into the form in which they are compared.
        is_trouble: Tells whether a text says that it takes longer.
        failure: What is said when a mail could not be asked for.
        answers: What each saying of a script is answered with in calm.
        probes: The questions whose time is looked at, the oldest first.
        is_over: Whether people should come to an end.
    """

    same: Same
    is_trouble: Callable[[str], bool]
    failure: str
    answers: dict[tuple[Script, str], Texts] = field(default_factory=dict)
    probes: list[Asked] = field(default_factory=list)
    is_over: bool = False


class Talk:
    """One contact following a script; without a pacer it is calm, and answers are learnt."""

    def __init__(
        self, contact: Contact, known: Known, script: Script, pacer: Pacer | None
    ) -> None:
        self._contact, self._known = contact, known
        self._script, self._pacer = script, pacer
        self._group = self._number = 0
        self._newest: Asked | None = None
        self._is_lost = False  # nobody knows what the assistant has in mind

    async def hold(self) -> None:
        """Take the steps, until all are taken or the run is to end."""
        do = {
            Step.ASK: self._ask,
            Step.AGREE: self._agree,
            Step.ASK_TWO: self._ask_two,
            Step.RECOVER: self._recover,
        }
        for step in self._script.steps:
            await do[step]()
            if self._known.is_over or self._is_lost:
                break

    async def end(self) -> None:
        """Look at the record, wait for what is in it and was not heard yet, and leave."""
        contact, story = self._contact, self._contact.story
        story.end_at = time.monotonic()
        await contact.read_record()
        numbers = {each.seq for each in story.record or ()}
        await contact.hear_until(lambda: numbers <= story.heard.keys(), HEARD_LATE_S)
        await contact.close()

    async def _ask(self) -> None:
        await self._turn()
        question = self._next_question()
        asked = self._new(question)
        if self._pacer is not None:
            self._known.probes.append(asked)
        await self._say(asked, {"text": question})

    async def _agree(self) -> None:
        """Say yes, if it was asked whether that helped, and nothing of it is missing."""
        asked = self._newest
        said = self._said(asked) if asked else ()
        if asked and len(said) > 1 and set(asked.expected or ()) <= set(said):
            await self._turn()
            await self._say(self._new(f"{YES} {self._number}"), {"text": YES})

    async def _ask_two(self) -> None:
        if self._pacer is None:
            await self._ask()
            await self._ask()
            return
        await self._turn()
        both: list[Asked] = []
        for _ in range(2):
            question = self._next_question()
            asked = self._new(question, self._group if both else None)
            both.append(asked)
            await self._contact.send(asked, {"text": question})
        await self._wait_for(both)

    async def _recover(self) -> None:
        """Have a mail sent, however often that has to be tried."""
        story = self._contact.story
        await self._turn()
        await self._say(self._new(WISH), {"text": WISH})
        await self._turn()
        last = await self._say(self._new("address"), {"text": story.email})
        for _ in range(TRIES):
            buttons = await self._buttons_after(last)
            if SEND in buttons:
                asked = self._new(SEND, instead=self._known.failure)
                story.may_want = 1
            elif TRY_AGAIN in buttons:
                await asyncio.sleep(PAUSE_S)
                asked = self._new("address")
            else:
                break
            await self._turn()
            try:
                last = await self._say(
                    asked, {"button": buttons.get(SEND) or buttons[TRY_AGAIN]}
                )
            except RefusedError:
                story.asked.remove(asked)  # the record has it not
                await asyncio.sleep(PAUSE_S)
        self._is_lost = not self._is_promised(last)
        if not self._is_lost:
            story.wanted, story.may_want = 1, 0

    def _is_promised(self, last: Asked) -> bool:
        """Tell whether the last answer says that a mail is on its way."""
        if last.name != SEND or self._known.failure in self._said(last):
            return False
        email = self._contact.story.email
        return any(email in text for text in self._heard_after(last))

    async def _say(self, asked: Asked, content: dict[str, str]) -> Asked:
        """Say something and hear the answer."""
        await self._contact.send(asked, content)
        await self._wait_for([asked])
        self._newest = asked
        if self._pacer is None:
            await asyncio.sleep(SETTLE_S)
            self._known.answers.setdefault(
                (self._script, asked.name), self._said(asked)
            )
        return asked

    async def _buttons_after(self, asked: Asked) -> dict[str, str]:
        await asyncio.sleep(SETTLE_S)
        newest = max(self._contact.buttons, default=0)
        return self._contact.buttons[newest] if newest > (asked.seq or 0) else {}

    def _next_question(self) -> str:
        self._number += 1
        return self._script.questions[self._number - 1]

    def _new(self, name: str, group: int | None = None, instead: str = "") -> Asked:
        if group is None:
            group = self._group = self._group + 1
        expected = self._known.answers.get((self._script, name))
        return new_message(name, group, expected, instead)

    async def _turn(self) -> None:
        if self._pacer is not None:
            await self._pacer.turn()

    async def _wait_for(self, asked: Sequence[Asked]) -> None:
        """Wait until each has its answer.

        Raises:
            TimeoutError: One has not.
        """

        def is_answered() -> bool:
            said = self._said(asked[0])
            firsts = [each.expected[0] for each in asked if each.expected]
            if len(firsts) == len(asked) > 1:
                return all(first in said for first in firsts)
            return len(said) >= len(asked)

        is_there = await self._contact.hear_until(is_answered, PATIENCE_S)
        if not is_there:
            raise TimeoutError
        now = time.monotonic()
        for each in asked:
            each.answered_at = now

    def _said(self, asked: Asked) -> Texts:
        """Return what answers have been heard since, as they are compared."""
        plain = self._contact.story.plain
        return self._known.same(plain(text) for text in self._heard_after(asked))

    def _heard_after(self, asked: Asked) -> list[str]:
        """Return what the assistant has said since, except that it takes longer."""
        heard = self._contact.story.heard
        after = asked.seq or 0
        texts = (
            heard[seq].text
            for seq in sorted(heard)
            if seq > after and heard[seq].sender == "assistant"
        )
        return [text for text in texts if not self._known.is_trouble(text)]
