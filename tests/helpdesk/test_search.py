"""Search over the articles, as people type."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from cli.__main__ import app
from foundation.names import read_names
from helpdesk.desk.articles import read_articles
from helpdesk.desk.passages import LONGEST_PASSAGE, Piece
from helpdesk.desk.search import MOST_FOUND, Found, SearchIndex
from helpdesk.desk.vocabulary import Stems, Vocabulary, normalise, words_in
from tests.accounts.service import ROOT
from tests.helpdesk.writing_articles import DOMAIN, read, write_article

SHIPPED = read_articles(ROOT / "kb", DOMAIN, read_names(ROOT / "settings.yml"))
INDEX = SearchIndex(SHIPPED)


def first(text: str) -> str:
    found = INDEX.search(text)
    return found[0].article.slug if found else ""


def hits(found: Found) -> set[str]:
    return {piece.text.lower() for piece in found.passage if piece.is_hit}


def text_of(pieces: Sequence[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        # as it is written
        ("I forgot my password", "forgot-password"),
        ("My invitation link has expired", "invite-expired"),
        # typos
        ("forgoten pasword", "forgot-password"),
        ("invitaton expierd", "invite-expired"),
        ("confrimation mial", "no-confirmation-email"),
        ("regsiter myslef", "self-register"),
        # word forms
        ("inviting expires", "invite-expired"),
        ("installers setting up", "installer-setup"),
        ("registering yourself", "self-register"),
        # unfinished words
        ("instal", "installer-setup"),
        ("forgot passw", "forgot-password"),
        ("confirmat", "no-confirmation-email"),
        # unfinished, with a typo
        ("expird invitatoi", "invite-expired"),
        # one word for two, another hyphen, capitals, accents, quotes
        ("forgot pass word", "forgot-password"),
        ("E‑MAIL REJECTED", "email-rejected"),
        ("e-mail rejécted", "email-rejected"),
        ('"registration" (form)', "self-register"),
        # only among the questions
        ("6 digit code", "no-confirmation-email"),
        # a whole sentence
        (
            "hello, since this morning I cannot log in because the link in the "
            "invitation that I got last week is too old, what can I do?",
            "invite-expired",
        ),
        ("how to log in", "how-to-log-in"),
    ],
)
def test_what_people_type_finds_the_article(text: str, slug: str) -> None:
    assert first(text) == slug


@pytest.mark.parametrize("text", ["", "   ", "?!", "🙂👋", "zzzzz qqqqq", "\x00", "()"])
def test_what_means_nothing_finds_nothing(text: str) -> None:
    assert INDEX.search(text) == []


ODD = [
    'title:"a" AND (b OR c) NOT d^4 ~2 [a TO z] {x} /re.*/ +a -b * ? \\',
    "password" * 1300,
    "pass word " * 1000,
    "🔑 password 🔑",
    "ｐａｓｓｗｏｒｄ",
    "密码 忘记",
    "\ud800 password",
    "a\u0300" * 500,
    "<script>alert(1)</script>",
    "'; DROP TABLE articles; --",
]


@pytest.mark.parametrize("text", ODD, ids=lambda text: ascii(text[:12]))
def test_odd_queries_are_just_words(text: str) -> None:
    for found in INDEX.search(text):
        assert found.article in list(SHIPPED)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_no_query_fails(text: str) -> None:
    for found in INDEX.search(text, 3):
        assert found.passage


def test_titles_and_questions_count_more_than_a_body(tmp_path: Path) -> None:
    write_article(tmp_path, "a-door", title="Keys", body="Nothing about a lantern.")
    write_article(tmp_path, "b-door", title="Lantern", body="Something else.")
    write_article(tmp_path, "c-door", title="Other", questions="[which lantern is it]")
    found = SearchIndex(read(tmp_path)).search("lantern")
    *best, last = [each.article.slug for each in found]
    assert (set(best), last) == ({"b-door", "c-door"}, "a-door")


def test_a_better_spelling_counts_more_than_a_similar_one(tmp_path: Path) -> None:
    write_article(tmp_path, "a-door", title="Latch")
    write_article(tmp_path, "b-door", title="Match")
    index = SearchIndex(read(tmp_path))
    assert [found.article.title for found in index.search("match")] == [
        "Match",
        "Latch",
    ]


def test_a_misspelt_question_example_does_not_hide_the_right_word(
    tmp_path: Path,
) -> None:
    write_article(tmp_path, "typo", title="Other", questions="[i did not recieve it]")
    for number in range(6):
        write_article(tmp_path, f"good-{number}", title=f"Receive {number}")
    found = SearchIndex(read(tmp_path)).search("recieve ", 10)
    titles = [each.article.title for each in found]
    assert sum(title.startswith("Receive") for title in titles) >= 2


def test_the_limit_is_kept_within_bounds() -> None:
    assert len(INDEX.search("account", 2)) == 2
    assert len(INDEX.search("account", 0)) == 1
    assert len(INDEX.search("account", -5)) == 1
    assert len(INDEX.search("account", 10**9)) <= MOST_FOUND


def test_what_fits_far_worse_than_the_best_is_left_out() -> None:
    found = INDEX.search("forgoten pasword email", 10)
    assert 3 <= len(found) < len(SHIPPED)


def test_a_long_question_must_fit_in_more_than_one_word() -> None:
    assert (
        INDEX.search("banana umbrella password giraffe volcano trumpet saxophone") == []
    )


def test_the_passage_shows_the_words_that_were_found() -> None:
    found = INDEX.search("forgoten pasword")[0]
    assert hits(found) == {"forgotten", "password"}
    assert "shown to you" in text_of(found.passage)


def test_the_passage_is_the_paragraph_that_fits_best() -> None:
    found = next(f for f in INDEX.search("spam folder") if "spam" in hits(f))
    assert hits(found) == {"spam", "folder"}


def test_small_words_are_not_marked_unless_they_are_all_there_is() -> None:
    assert "the" not in hits(INDEX.search("the password")[0])
    assert "the" in hits(INDEX.search("the ")[0])


def test_an_article_found_by_a_question_alone_shows_its_answer() -> None:
    found = INDEX.search("6 digit")[0]
    assert text_of(found.passage).startswith("Reset your password")
    assert hits(found) == set()


@pytest.mark.parametrize("word", ["needle", "Start", "final"])
def test_a_long_paragraph_is_cut_around_the_hit(tmp_path: Path, word: str) -> None:
    filler = "many words that say nothing at all and go on and on "
    body = f"Start {filler * 8} needle {filler * 8} final"
    write_article(tmp_path, body=body, answer="Short.")
    passage = SearchIndex(read(tmp_path)).search(word)[0].passage
    assert len(text_of(passage)) <= LONGEST_PASSAGE + 45
    assert [piece.text for piece in passage if piece.is_hit] == [word]
    starts, ends = word == "Start", word == "final"
    assert text_of(passage).startswith("…") is not starts
    assert text_of(passage).endswith("…") is not ends


def test_a_passage_is_cut_between_words_and_keeps_its_text() -> None:
    for article in SHIPPED:
        for found in INDEX.search(article.title):
            shown = text_of(found.passage).strip("…")
            assert shown
            assert len(shown) <= LONGEST_PASSAGE + 45
            assert all(piece.text for piece in found.passage)


def test_words_are_compared_without_case_accent_hyphen_and_ending() -> None:
    forms = ["E-Mail", "e‑mail", "email", "EMAIL", "émail", "email's", "email’s"]
    assert {normalise(form) for form in forms} == {"email"}
    words = list(words_in("My e-mail's here: don’t"))
    assert [word.text for word in words] == ["my", "email", "here", "dont"]
    assert (words[1].begin, words[1].end) == (3, 11)


def test_short_words_are_not_corrected() -> None:
    vocabulary = Vocabulary(Stems(), [{"app", "map", "door"}])
    assert vocabulary.meanings_of("cap", is_unfinished=False) == {}
    assert vocabulary.meanings_of("dor", is_unfinished=False) == {}
    assert vocabulary.meanings_of("doro", is_unfinished=False) == {"door": 0.8}


def test_a_finished_word_is_not_taken_for_a_beginning() -> None:
    vocabulary = Vocabulary(Stems(), [{"door", "doorbell"}])
    assert set(vocabulary.meanings_of("door", is_unfinished=False)) == {"door"}
    assert set(vocabulary.meanings_of("door", is_unfinished=True)) == {
        "door",
        "doorbel",
    }


def test_typed_words_are_not_kept() -> None:
    before = sys.getsizeof(INDEX._stems._known)
    for number in range(2_000):
        INDEX.search(f"stranger{number}")
    assert sys.getsizeof(INDEX._stems._known) == before


def test_the_benchmark_reports_times_and_recall() -> None:
    command = ["bench", "search", "--articles", "60", "--queries", "20", "--json"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert figures["articles"] == 60
    assert figures["queries"] == 80
    assert 0 < figures["p50_ms"] <= figures["p95_ms"]
    assert figures["index_s"] > 0
    assert figures["typo_top3_recall"] > 0.9
    assert figures["unfinished_top3_recall"] > 0.9
