"""Load on a chat: turns in many conversations, each timed or counted as a failure."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from websockets.exceptions import WebSocketException

from cli.chat_clients import Chat, LoadError, Question
from cli.load_figures import Tally

PATIENCE_S = 30.0
OPENED_AT_ONCE = 16
NOT_ASKED = "not asked"
FAILURES = (LoadError, OSError, EOFError, WebSocketException, ValueError, LookupError)


Open = Callable[[], Awaitable[Chat]]
Answer = tuple[str, ...]
Script = list[Question]
Opened = TypeVar("Opened", bound=Chat)


class DifferentAnswersError(Exception):
    """The two that are compared do not say the same."""


@dataclass
class Expected:
    """What each question is answered with, the first time and ever after.

    Args:
        same: Brings an answer into the form in which it is compared.
    """

    same: Callable[[Iterable[str]], Answer]

    def __post_init__(self) -> None:
        self._known: dict[Question, Answer] = {}

    def agree(self, question: Question, said: Iterable[str]) -> None:
        """Note an answer.

        Raises:
            DifferentAnswersError: It differs from that before.
        """
        known = self._known.setdefault(question, self.same(said))
        if self.same(said) != known:
            raise DifferentAnswersError(
                f"“{question.text}” gets different answers, so the two cannot be "
                f"compared: {known} and {self.same(said)}"
            )

    def is_it(self, question: Question, said: Iterable[str]) -> bool:
        """Tell whether an answer is the known one; any is if none is known."""
        return self.same(said) == self._known.get(question, self.same(said))


async def take(chat: Chat, question: Question) -> tuple[list[str], float]:
    """Take a turn; return what was said and the milliseconds until all of it had come.

    Raises:
        LoadError: No answer came.
    """
    started = time.perf_counter()
    try:
        async with asyncio.timeout(PATIENCE_S):
            said = await chat.ask(question)
    except FAILURES as error:
        raise LoadError(word_of(error)) from error
    return said, (time.perf_counter() - started) * 1e3


async def alternate(
    opens: dict[str, Open],
    questions: Sequence[Question],
    turns: int,
    a_conversation: int,
    expected: Expected,
) -> dict[str, Tally]:
    """Take turns with each in turn, so that whatever else runs disturbs all alike.

    Args:
        opens: How a conversation with each begins.
        questions: What is asked, over and over.
        turns: How many turns of each are timed.
        a_conversation: How many turns a conversation has.
        expected: The answers.

    Raises:
        DifferentAnswersError: They are not the same.
        LoadError: A turn was not answered.
    """
    tallies = {name: Tally() for name in opens}
    asked = itertools.islice(itertools.cycle(questions), turns)
    while batch := list(itertools.islice(asked, a_conversation)):
        chats = {name: await open_() for name, open_ in opens.items()}
        for number, question in enumerate(batch):
            names = list(chats) if number % 2 else list(reversed(chats))
            for name in names:
                said, took_ms = await take(chats[name], question)
                expected.agree(question, said)
                tallies[name].times_ms.append(took_ms)
        for chat in chats.values():
            await chat.close()
    return tallies


def plan(
    questions: Sequence[Question], messages: int, at_once: int, a_conversation: int
) -> list[Script]:
    """Return what is asked in each conversation: at least as many as go on at once."""
    length = max(1, min(a_conversation, messages // at_once))
    asked = itertools.islice(itertools.cycle(questions), messages)
    return [
        list(itertools.islice(asked, length)) for _ in range(-(-messages // length))
    ]


async def press(
    chats: Sequence[Chat],
    scripts: Sequence[Script],
    at_once: int,
    expected: Expected,
    tally: Tally,
) -> None:
    """Go through all conversations, some at once, each message after the answer before.

    A turn that fails ends its conversation: what remains of it, and what has no
    conversation because none could be opened, is counted as not asked.
    """

    async def converse(chat: Chat, script: Script) -> None:
        for number, question in enumerate(script):
            try:
                took_ms = await _take_expected(chat, question, expected)
            except LoadError as error:
                tally.failures[str(error)] += 1
                tally.failures[NOT_ASKED] += len(script) - number - 1
                return
            tally.times_ms.append(took_ms)

    waiting = iter(zip(chats, scripts, strict=False))

    async def work() -> None:
        for chat, script in waiting:
            await converse(chat, script)

    started = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(at_once)))
    tally.seconds += time.perf_counter() - started
    tally.failures[NOT_ASKED] += sum(map(len, scripts[len(chats) :]))
    tally.failures = +tally.failures  # without what is zero


async def _take_expected(chat: Chat, question: Question, expected: Expected) -> float:
    said, took_ms = await take(chat, question)
    if not expected.is_it(question, said):
        raise LoadError("other answer")
    return took_ms


async def open_many(
    open_: Callable[[], Awaitable[Opened]], wanted: int, tally: Tally
) -> list[Opened]:
    """Open conversations, some at once; count those that cannot be opened."""
    chats: list[Opened] = []
    left = iter(range(wanted))

    async def work() -> None:
        for _ in left:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    chats.append(await open_())
            except FAILURES as error:
                tally.failures[f"not opened: {word_of(error)}"] += 1

    await asyncio.gather(*(work() for _ in range(min(OPENED_AT_ONCE, wanted))))
    return chats


async def close_many(chats: Sequence[Chat]) -> None:
    """Leave all conversations; whether a line is still there does not matter."""
    for start in range(0, len(chats), OPENED_AT_ONCE):
        some = chats[start : start + OPENED_AT_ONCE]
        await asyncio.gather(*(chat.close() for chat in some), return_exceptions=True)


def word_of(error: BaseException) -> str:
    """Return the word by which a failure is counted."""
    return str(error) if isinstance(error, LoadError) else type(error).__name__
