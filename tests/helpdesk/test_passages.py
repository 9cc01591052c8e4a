"""Choosing and cutting passages, on texts small enough to see why."""

import pytest

from helpdesk.desk.passages import LONGEST_PASSAGE, Block, Hit, Piece, best_passage
from helpdesk.desk.vocabulary import words_in

FILLER = "and so it goes on without a point "


def block(text: str) -> Block:
    return Block(text, tuple({word.text for word in words_in(text)}))


def places_in(text: str) -> list[Hit]:
    return [Hit(word.begin, word.end, word.text) for word in words_in(text)]


def passage(texts: list[str], **weights: float) -> list[Piece]:
    return best_passage([block(text) for text in texts], weights, places_in)


def shown(pieces: list[Piece]) -> str:
    """Return a passage with its hits in brackets."""
    return "".join(f"[{p.text}]" if p.is_hit else p.text for p in pieces)


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ({"key": 1.0}, "The [key] is lost."),
        ({"door": 1.0}, "A [door] and a lock."),
        ({"key": 1.0, "lock": 1.0, "door": 1.0}, "A [door] and a [lock]."),
        ({"key": 3.0, "lock": 1.0, "door": 1.0}, "The [key] is lost."),
        ({}, "Nothing here."),
        ({"window": 1.0}, "Nothing here."),
    ],
)
def test_the_paragraph_with_the_heaviest_words_is_chosen(
    weights: dict[str, float], expected: str
) -> None:
    texts = ["Nothing here.", "The key is lost.", "A door and a lock."]
    assert shown(passage(texts, **weights)) == expected


def test_the_first_paragraph_wins_a_draw() -> None:
    assert shown(passage(["One key.", "Two key."], key=1.0)) == "One [key]."


def test_a_word_that_comes_often_does_not_beat_two_words() -> None:
    texts = ["key key key key key", "key and lock"]
    assert shown(passage(texts, key=1.0, lock=1.0)) == "[key] and [lock]"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("key", "[key]"),
        ("key lock", "[key] [lock]"),
        ("a key", "a [key]"),
        ("key.", "[key]."),
        ("“key”", "“[key]”"),
        ("", ""),
    ],
)
def test_pieces_put_together_are_the_text(text: str, expected: str) -> None:
    pieces = passage([text], key=1.0, lock=1.0)
    assert shown(pieces) == expected
    assert "".join(piece.text for piece in pieces) == text


def test_a_long_paragraph_is_cut_where_most_words_are() -> None:
    text = f"A key. {FILLER * 12}Then a key, a lock and a door. {FILLER * 12}"
    result = shown(passage([text], key=1.0, lock=1.0, door=1.0))
    assert "[key], a [lock] and a [door]" in result
    assert result.startswith("…")
    assert result.endswith("…")


def test_a_cut_begins_with_a_sentence_where_one_is_near() -> None:
    text = f"{FILLER * 12}end. Now the key is here. {FILLER * 12}"
    assert shown(passage([text], key=1.0)).startswith("…Now the [key] is here.")


def test_a_paragraph_without_a_hit_is_cut_at_its_beginning() -> None:
    result = shown(passage([FILLER * 20]))
    assert result.startswith("and so it goes")
    assert result.endswith("…")
    assert len(result) <= LONGEST_PASSAGE + 1


def test_text_without_any_space_is_cut_all_the_same() -> None:
    result = passage(["x" * 5_000])
    assert len("".join(piece.text for piece in result)) <= LONGEST_PASSAGE + 1
    words = ["密" * 5_000, "key" + "x" * 900]
    for text in words:
        assert passage([text], key=1.0)
