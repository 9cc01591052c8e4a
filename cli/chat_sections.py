"""What `bench chat` looks at, one function each; the processes run already."""

import asyncio
import time
from collections.abc import Mapping, Sequence

from cli.chat_clients import Chat, LoadError, Question, ShippedChat, StockChat
from cli.chat_load import (
    FAILURES,
    PATIENCE_S,
    Expected,
    Open,
    alternate,
    close_many,
    open_many,
    plan,
    press,
    take,
    word_of,
)
from cli.load_figures import (
    Figures,
    Tally,
    Used,
    median,
    memory_mb,
    percentiles,
    ratio,
)
from cli.processes import Child

# Whole sentences: what has one or two words waits for the rest of a burst. Each is among
# the examples, so both understand it, and an answer is an article and “did that help?”.
FAQ = tuple(
    Question(text, replies=2)
    for text in (
        "How can I change my password?",
        "What if my invitation has expired?",
        "What happens after I press Register?",
        "I am locked out because I forgot my password",
        "The registration link I was sent has expired",
    )
)
# One custom action and nothing else; asking for a person might hand the conversation over.
ACTION = (Question("That was it, it works now, thank you", replies=1),)
A_CONVERSATION = 5  # turns
AT_ONCE = (1, 16, 64)
ROUNDS = 2  # of each level, ours and stock alternately
WARM_UP = 10
EARLY, LATE, NEIGHBOURS, LONG_CONVERSATIONS = 5, 200, 2, 3
PING_EVERY_S = 20.0  # as docs/protocol.md asks of a browser
OPENED_BETWEEN_PINGS = 200


def open_shipped(base_url: str) -> Open:
    """Return how a conversation with our help desk begins."""

    async def open_() -> Chat:
        return await ShippedChat.open(base_url)

    return open_


def open_stock(base_url: str) -> Open:
    """Return how a conversation with stock Rasa begins."""

    async def open_() -> Chat:
        return StockChat(base_url)

    return open_


async def compare_turns(
    opens: dict[str, Open], questions: Sequence[Question], turns: int, known: Expected
) -> Figures:
    """Measure turns one after the other, ours and stock alternately."""
    await alternate(opens, questions, WARM_UP, A_CONVERSATION, known)
    tallies = await alternate(opens, questions, turns, A_CONVERSATION, known)
    result: Figures = {name: tally.figures() for name, tally in tallies.items()}
    return _with_ratio(result, "ratio_p50", "p50_ms", "stock", "shipped")


async def compare_throughput(
    opens: dict[str, Open],
    messages: int,
    children: Mapping[str, Child],
    known: Expected,
) -> Figures:
    """Measure messages a second with several conversations at once."""
    result: Figures = {}
    for at_once in AT_ONCE:
        scripts = plan(FAQ, messages // ROUNDS, at_once, A_CONVERSATION)
        tallies = {name: Tally() for name in opens}
        used = {name: Used(children) for name in opens}
        for _ in range(ROUNDS):
            for name, open_ in opens.items():
                chats = await open_many(open_, len(scripts), tallies[name])
                used[name].begin()
                await press(chats, scripts, at_once, known, tallies[name])
                used[name].end()
                await close_many(chats)
        level: Figures = {
            name: {**tally.throughput(), **used[name].figures(tally)}
            for name, tally in tallies.items()
        }
        result[str(at_once)] = _with_ratio(
            level, "ratio", "messages_per_s", "shipped", "stock"
        )
    return result


async def compare_late_turns(
    open_: Open,
    known: Expected,
    *,
    early: int = EARLY,
    late: int = LATE,
    neighbours: int = NEIGHBOURS,
    conversations: int = LONG_CONVERSATIONS,
) -> Figures:
    """Measure turns late in a long conversation beside early ones of a new one."""
    times: dict[str, list[float]] = {"early": [], "late": []}
    for _ in range(conversations):
        chats = {"early": await open_(), "late": await open_()}
        for name, number in (("early", early), ("late", late)):
            for before in range(number - neighbours - 1):
                await take(chats[name], FAQ[before % len(FAQ)])
        for number in range(2 * neighbours + 1):
            for name, chat in chats.items():
                question = FAQ[number % len(FAQ)]
                said, took_ms = await take(chat, question)
                known.agree(question, said)
                times[name].append(took_ms)
        await close_many(list(chats.values()))
    result: Figures = {
        f"message_{early}": {"median_ms": median(times["early"])},
        f"message_{late}": {"median_ms": median(times["late"])},
    }
    return _with_ratio(
        result, "ratio", "median_ms", f"message_{late}", f"message_{early}"
    )


async def compare_stores(
    opens: dict[str, Open], turns: int, known: Expected
) -> Figures:
    """Measure turns of a help desk with a full record beside one with an empty one."""
    await alternate(opens, FAQ, WARM_UP, A_CONVERSATION, known)
    tallies = await alternate(opens, FAQ, turns, A_CONVERSATION, known)
    result: Figures = {
        name: percentiles(tally.times_ms) for name, tally in tallies.items()
    }
    return _with_ratio(result, "ratio_p50", "p50_ms", "full", "empty")


async def hold_sockets(base_url: str, wanted: int, child: Child) -> Figures:
    """Measure what a joined socket costs that only waits, and that it still answers."""
    tally, chats = Tally(), list[ShippedChat]()
    first = await ShippedChat.open(base_url)
    await take(first, FAQ[0])  # what is loaded with the first turn is not of a socket
    await first.close()
    before_mb, pinged_at = memory_mb(child), time.monotonic()
    while len(chats) < wanted and not tally.failures:
        some = min(OPENED_BETWEEN_PINGS, wanted - len(chats))
        chats += await open_many(lambda: ShippedChat.open(base_url), some, tally)
        if time.monotonic() - pinged_at > PING_EVERY_S:
            await _ping(chats, tally)
            pinged_at = time.monotonic()
    after_mb = memory_mb(child)
    answering = await _ping(chats, tally)
    is_answered = chats and await _is_answered(chats[-1], tally)
    await close_many(chats)
    return {
        "sockets": len(chats),
        "memory_mb": {"before": before_mb, "after": after_mb},
        "kb_per_socket": ratio((after_mb - before_mb) * 1e3, len(chats)),
        "answer_ping": answering,
        "message_answered": bool(is_answered),
        "failures": dict(tally.failures),
    }


async def _ping(chats: Sequence[ShippedChat], tally: Tally) -> int:
    """Ping all; return how many answer."""
    answering = 0
    for chat in chats:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await chat.ping()
            answering += 1
        except FAILURES as error:
            tally.failures[f"ping: {word_of(error)}"] += 1
    return answering


async def _is_answered(chat: Chat, tally: Tally) -> bool:
    try:
        said, _ = await take(chat, FAQ[0])
    except LoadError as error:
        tally.failures[f"message: {error}"] += 1
        return False
    return len(said) == FAQ[0].replies


def _with_ratio(
    result: Figures, name: str, figure: str, above: str, below: str
) -> Figures:
    return {**result, name: ratio(result[above][figure], result[below][figure])}
