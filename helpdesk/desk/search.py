"""Search over the articles, in memory: forgives typos and word forms, finds while typing.

The index holds stems; what a typed word may mean is the vocabulary's business. So a
query is never parsed: no character in it has a meaning, and nothing in it can fail.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from tantivy import (
    Document,
    Index,
    Occur,
    Query,
    SchemaBuilder,
    TextAnalyzerBuilder,
    Tokenizer,
)

from helpdesk.desk.articles import Article
from helpdesk.desk.passages import Block, Hit, Piece, best_passage
from helpdesk.desk.prose import plain_blocks, plain_text
from helpdesk.desk.vocabulary import JOINED, Stems, Vocabulary, words_in

# Chosen on the articles' own questions, each held out of the index in turn.
BOOSTS = {"title": 3.0, "questions": 3.0, "answer": 1.0, "body": 0.6}
PASSAGES = ("answer", "body")
TIE_BREAKER = 0.6
LONGEST_QUERY = 600  # characters; more is read by nobody
MOST_WORDS = 16
MOST_FOUND = 50
FAINT = 0.2  # of the best score; what fits so much worse only distracts
ALWAYS_SHOWN = 3  # a rare word can outweigh all others by far
INDEX_MEMORY = 20_000_000
WEIGHT_OF_A_SMALL_WORD = 0.4
SMALL_WORDS = frozenset(
    [
        *("a", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can"),
        *("could", "did", "do", "does", "for", "from", "had", "has", "have", "how"),
        *("i", "if", "im", "in", "is", "it", "its", "ive", "me", "my", "of", "on"),
        *("or", "please", "so", "that", "the", "their", "them", "then", "there"),
        *("they", "this", "to", "was", "we", "were", "what", "when", "where", "which"),
        *("who", "why", "will", "with", "would", "you", "your"),
    ]
)


@dataclass(frozen=True)
class Found:
    """An article that fits, and the passage of it that fits best."""

    article: Article
    passage: list[Piece]


@dataclass(frozen=True)
class _Asked:
    """A word of a query: what it may mean, and whether it says much."""

    meanings: dict[str, float]
    is_small: bool


class SearchIndex:
    """Finds articles. Never raises for what somebody typed."""

    def __init__(self, articles: Iterable[Article]) -> None:
        self._articles = list(articles)
        self._stems = Stems()
        fields = [_fields_of(article) for article in self._articles]
        words = [
            {name: [_words(text) for text in texts] for name, texts in each.items()}
            for each in fields
        ]
        self._vocabulary = Vocabulary(self._stems, map(_all_words, words))
        self._blocks = [
            self._block(texts, parts) for texts, parts in zip(fields, words)
        ]
        self._index = self._build(words)
        self._searcher = self._index.searcher()

    def search(self, text: str, limit: int = 10) -> list[Found]:
        """Return the articles that fit a query, the best first.

        Args:
            text: What somebody typed; a last word without a space after it may be
                unfinished.
            limit: How many are returned at most.
        """
        asked = self._read(text)
        if not asked:
            return []
        limit = max(1, min(limit, MOST_FOUND))
        hits = self._searcher.search(self._query(asked), limit, count=False).hits
        best = max((score for score, _ in hits), default=0.0)
        addresses = [
            address
            for place, (score, address) in enumerate(hits)
            if place < ALWAYS_SHOWN or score >= best * FAINT
        ]
        numbers = self._searcher.fast_field_values("number", addresses)
        weights = self._weights(asked)
        return [
            Found(
                self._articles[number],
                best_passage(self._blocks[number], weights, self._places_in),
            )
            for number in numbers
            if isinstance(number, int)
        ]

    def _block(
        self, fields: dict[str, list[str]], words: dict[str, list[list[str]]]
    ) -> list[Block]:
        stem = self._stems.of
        return [
            Block(text, tuple({stem(word) for word in part}))
            for name in PASSAGES
            for text, part in zip(fields[name], words[name])
        ]

    def _build(self, words: list[dict[str, list[list[str]]]]) -> Index:
        builder = SchemaBuilder()
        for field in BOOSTS:
            builder.add_text_field(field, tokenizer_name="stems")
        builder.add_integer_field("number", fast=True)
        index = Index(builder.build())
        whole = TextAnalyzerBuilder(Tokenizer.whitespace()).build()
        index.register_tokenizer("stems", whole)
        writer = index.writer(INDEX_MEMORY, 1)
        for number, fields in enumerate(words):
            stems = {
                name: " ".join(self._stems.of(word) for part in parts for word in part)
                for name, parts in fields.items()
            }
            writer.add_document(Document(number=number, **stems))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        return index

    def _read(self, text: str) -> list[_Asked]:
        text = text[:LONGEST_QUERY]
        words = list(words_in(text))[:MOST_WORDS]
        asked: dict[str, _Asked] = {}
        for place, word in enumerate(words):
            is_unfinished = word.end == len(text)
            meanings = dict(
                self._vocabulary.meanings_of(word.text, is_unfinished=is_unfinished)
            )
            if place + 1 < len(words):
                joined = word.text + words[place + 1].text
                if joined in self._vocabulary:  # “pass word”
                    meanings.setdefault(self._stems.of(joined), JOINED)
            is_small = word.text in SMALL_WORDS
            asked.setdefault(word.text, _Asked(meanings, is_small))
        if all(each.is_small for each in asked.values()):
            asked = {w: _Asked(each.meanings, False) for w, each in asked.items()}
        return list(asked.values())

    def _query(self, asked: list[_Asked]) -> Query:
        telling = [self._word_query(each) for each in asked if not each.is_small]
        small = [self._word_query(each) for each in asked if each.is_small]
        # A long question need not be in the article word by word.
        at_least = math.ceil(len(telling) / 3)
        must = Query.boolean_query(
            [(Occur.Should, query) for query in telling],
            minimum_number_should_match=at_least,
        )
        parts = [(Occur.Should, query) for query in small]
        return Query.boolean_query([(Occur.Must, must), *parts])

    def _word_query(self, word: _Asked) -> Query:
        factor = WEIGHT_OF_A_SMALL_WORD if word.is_small else 1.0
        schema = self._index.schema
        parts = [
            Query.boost_query(
                Query.term_query(schema, field, stem), boost * weight * factor
            )
            for stem, weight in word.meanings.items()
            for field, boost in BOOSTS.items()
        ]
        if not parts:
            return Query.empty_query()
        return Query.disjunction_max_query(parts, TIE_BREAKER)

    def _weights(self, asked: list[_Asked]) -> dict[str, float]:
        weights: dict[str, float] = {}
        for word in asked:
            for stem, weight in () if word.is_small else word.meanings.items():
                rarity = math.log1p(
                    len(self._articles) / self._vocabulary.stem_frequencies[stem]
                )
                weights[stem] = max(weights.get(stem, 0.0), weight * rarity)
        return weights

    def _places_in(self, text: str) -> list[Hit]:
        return [
            Hit(word.begin, word.end, self._stems.of(word.text))
            for word in words_in(text)
        ]


def _fields_of(article: Article) -> dict[str, list[str]]:
    return {
        "title": [article.title],
        "questions": list(article.questions),
        "answer": [plain_text(article.answer)],
        "body": plain_blocks(article.body),
    }


def _words(text: str) -> list[str]:
    return [word.text for word in words_in(text)]


def _all_words(fields: dict[str, list[list[str]]]) -> set[str]:
    return {word for parts in fields.values() for part in parts for word in part}
