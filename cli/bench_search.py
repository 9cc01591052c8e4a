"""`bench search`: how fast the help centre finds, and whether it forgives typos."""

import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Annotated

import typer
from rich.table import Table

from cli.console import out, print_json
from cli.nlu import Json
from cli.places import PROJECT
from foundation.names import read_names
from helpdesk.desk.articles import Article, read_articles
from helpdesk.desk.search import SearchIndex

SEED = 20_260_301
LETTERS = "abcdefghijklmnopqrstuvwxyz"
VERBS = ("pair", "remove", "replace", "rename", "update", "restart", "share", "clean")
THINGS = (
    *("keypad", "intercom", "thermostat", "camera", "gateway", "antenna", "battery"),
    *("lockbox", "turnstile", "doorbell", "elevator", "dispenser", "barrier", "locker"),
)
PLACES = (
    *("garage", "lobby", "workshop", "warehouse", "canteen", "library", "stairwell"),
    *("rooftop", "laundry", "nursery"),
)
PARAGRAPHS = 8
RARE_WORDS = 8  # in each article; a real knowledge base has names that come once
TOP = 3


@dataclass(frozen=True)
class Asked:
    """A query, the article that it is about, and how it was made."""

    text: str
    slug: str
    kind: str


def bench_search(
    articles: Annotated[int, typer.Option(help="Articles in the index.")] = 1000,
    queries: Annotated[int, typer.Option(help="Queries of each kind.")] = 200,
    as_json: Json = False,
) -> None:
    """Measure search over many articles with typos, word forms and unfinished words.

    The articles are put together from those in kb/ and made-up topics, always the same.
    A query is about one article's title; recall says how often that article is among the
    first three. Times are milliseconds of one search on one thread.
    """
    chance = random.Random(SEED)  # noqa: S311 - the same on every run
    texts = list(_write_articles(chance, articles))
    started = time.perf_counter()
    index = SearchIndex(texts)
    result: dict[str, float] = {"articles": len(texts)}
    result["index_s"] = time.perf_counter() - started
    asked = [
        Asked(spoil(chance, article.title.lower()), article.slug, kind)
        for kind, spoil in KINDS.items()
        for article in chance.choices(texts, k=queries)
    ]
    chance.shuffle(asked)
    result.update(_measure(index, asked))
    if as_json:
        print_json(result)
    else:
        table = Table("figure", "value")
        for name, value in result.items():
            table.add_row(name, f"{value:.3g}")
        out.print(table)


def _measure(index: SearchIndex, asked: list[Asked]) -> dict[str, float]:
    times = []
    found: dict[str, list[bool]] = {kind: [] for kind in KINDS}
    for each in asked:
        started = time.perf_counter()
        results = index.search(each.text, 10)
        times.append((time.perf_counter() - started) * 1e3)
        slugs = [result.article.slug for result in results[:TOP]]
        found[each.kind].append(each.slug in slugs)
    return {
        "queries": len(asked),
        "p50_ms": statistics.median(times),
        "p95_ms": statistics.quantiles(times, n=20)[-1],
        **{
            f"{kind}_top3_recall": statistics.mean(hits) for kind, hits in found.items()
        },
    }


def _write_articles(chance: random.Random, number: int) -> Iterator[Article]:
    names = read_names(PROJECT / "settings.yml")
    known = list(read_articles(PROJECT / "kb", PROJECT / "domain.yml", names))
    paragraphs = [part for each in known for part in each.body.split("\n\n")]
    questions = [question for each in known for question in each.questions]
    topics = [(v, t, p) for v in VERBS for t in THINGS for p in PLACES]
    chance.shuffle(topics)
    for verb, thing, place in topics[:number]:
        topic = f"{verb} the {place} {thing}"
        rare = [_make_up_word(chance) for _ in range(RARE_WORDS)]
        body = [*chance.sample(paragraphs, PARAGRAPHS), " ".join(rare)]
        body.insert(2, f"To {topic}, open its settings first. Then {verb} it.")
        yield replace(
            chance.choice(known),
            slug=f"{verb}-{place}-{thing}",
            title=f"How to {topic}",
            questions=(f"can I {topic} myself?", *chance.sample(questions, 12)),
            answer=f"Only a site admin can {topic}. {chance.choice(paragraphs)}",
            body="\n\n".join(body),
        )


def _make_up_word(chance: random.Random) -> str:
    length = chance.randint(4, 11)
    return "".join(
        chance.choice("aeiou" if n % 2 else "bdfgklmnprstvz") for n in range(length)
    )


def _misspell(chance: random.Random, text: str) -> str:
    """Return the text with a typo in each long word, as fingers make them."""
    return " ".join(
        _misspell_word(chance, word) if len(word) > 4 else word for word in text.split()
    )


def _misspell_word(chance: random.Random, word: str) -> str:
    place = chance.randrange(1, len(word) - 1)
    before, here, after = word[:place], word[place], word[place + 1 :]
    letter = chance.choice(LETTERS)
    typos = (
        before + after,
        before + here + here + after,
        before + letter + after,
        before + after[0] + here + after[1:],
    )
    return chance.choice(typos)


def _leave_unfinished(chance: random.Random, text: str) -> str:
    last = text.rsplit(" ", 1)[1]
    return text[: len(text) - chance.randint(1, len(last) - 3)]


def _change_forms(chance: random.Random, text: str) -> str:
    """Return the text with its words in another form, as in “restarting the gateways”."""
    _how, _to, verb, *rest, thing = text.split()
    ing = verb.removesuffix("e") + "ing"
    things = thing[:-1] + "ies" if thing.endswith("y") else thing + "s"
    return " ".join([chance.choice(["i am", "problem", "error"]), ing, *rest, things])


def _ask_at_length(chance: random.Random, text: str) -> str:
    topic = text.removeprefix("how to ")
    question = f"hello, since yesterday i cannot {topic}, it says error, what can i do"
    return _misspell(chance, question)


KINDS: dict[str, Callable[[random.Random, str], str]] = {
    "typo": _misspell,
    "unfinished": _leave_unfinished,
    "word_form": _change_forms,
    "long_question": _ask_at_length,
}
