"""Which part of a message is read, and which pieces are found in it."""

import time

import pytest
import spacy

from bot import message_text
from bot.message_text import (
    EMAIL_PLACEHOLDER,
    LINK_PLACEHOLDER,
    MAX_CHARACTERS,
    SUFFIX_WITHIN,
    clean,
    find_pieces,
    is_in_other_script,
    is_wordless,
    meaningful,
    nlp,
    spoken,
)


def pieces(text: str) -> list[tuple[str, str]]:
    return [(piece.kind, piece.value) for piece in find_pieces(nlp.make_doc(text))]


def emails(text: str) -> list[str]:
    return [value for kind, value in pieces(text) if kind == "email"]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ana@example.com", "ana@example.com"),
        ("ANA@EXAMPLE.COM", "ANA@EXAMPLE.COM"),
        ("my mail is ana@example.com", "ana@example.com"),
        ("it's ana@example.com.", "ana@example.com"),
        ("ana@example.com, thanks", "ana@example.com"),
        ("ana@example.com; bo told me", "ana@example.com"),
        ("ana@example.com!", "ana@example.com"),
        ("is it ana@example.com?", "ana@example.com"),
        ("(ana@example.com)", "ana@example.com"),
        ("<ana@example.com>", "ana@example.com"),
        ("[ana@example.com]", "ana@example.com"),
        ('"ana@example.com"', "ana@example.com"),
        ("'ana@example.com'", "ana@example.com"),
        ("`ana@example.com`", "ana@example.com"),
        ("“ana@example.com”", "ana@example.com"),
        ("mailto:ana@example.com", "ana@example.com"),
        ("mail:ana@example.com", "ana@example.com"),
        ("e-mail=>ana@example.com", "ana@example.com"),
        ("ana.b-c_d+tag@mail.example.co.uk", "ana.b-c_d+tag@mail.example.co.uk"),
        ("o'connor@eircom.ie", "o'connor@eircom.ie"),
        ("0176rene@web.de", "0176rene@web.de"),
        ("x@y.org", "x@y.org"),
        ("ana@xn--mnchen-3ya.de", "ana@xn--mnchen-3ya.de"),
        ("jürgen@müller.de", "jürgen@müller.de"),
        ("用户@例子.公司", "用户@例子.公司"),
        ("my address😀 ana@example.com😀", "ana@example.com"),
        ("line one\nana@example.com\nline three", "ana@example.com"),
    ],
)
def test_an_address_is_found_in_any_surrounding(text: str, address: str) -> None:
    assert emails(text) == [address]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ana at example dot com", "ana@example.com"),
        ("ana (at) example (dot) com", "ana@example.com"),
        ("ana[at]example[dot]com", "ana@example.com"),
        ("mary.jones at gmail.com", "mary.jones@gmail.com"),
        ("info at my-shop dot co dot uk", "info@my-shop.co.uk"),
        ("ANA AT EXAMPLE DOT COM", "ANA@EXAMPLE.COM"),
        ("ana_1 at example.com", "ana_1@example.com"),
        ("rene92 at web.de", "rene92@web.de"),
        ("jane.doe @ hotmail .com", "jane.doe@hotmail.com"),
        ("jane.doe @hotmail.com", "jane.doe@hotmail.com"),
        ("jane.doe@ hotmail.com", "jane.doe@hotmail.com"),
        ("it is ana at example dot com please", "ana@example.com"),
    ],
)
def test_a_spoken_address_is_understood(text: str, address: str) -> None:
    assert emails(text) == [address]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "ana@",
        "@example.com",
        "ana@example",
        "ana@@example.com.",
        "meet me at the door",
        "look at the log in page",
        "I am at home. Dot matrix.",
        "I am at work. please help",
        "I registered at saltoks.com",
        "I cannot log in at app.example.com",
        "look at https://example.com",
        "it says error 404 at login",
        "at dot at dot",
    ],
)
def test_what_is_no_address_is_not_found(text: str) -> None:
    assert emails(text) == []


def test_several_addresses_are_found_in_their_order() -> None:
    text = "bo@example.com or ana@example.com or bo@example.com"
    assert emails(text) == ["bo@example.com", "ana@example.com", "bo@example.com"]


@pytest.mark.parametrize(
    "link",
    [
        "https://example.com/invite?token=abc123",
        "http://example.com",
        "www.example.com/reset",
        "https://example.com/a/b#part",
    ],
)
def test_a_link_is_found(link: str) -> None:
    assert ("link", link) in pieces(f"my link {link} is dead")


def test_a_missing_space_after_a_full_stop_makes_no_link() -> None:
    assert pieces("looked in the inbox.no mail there") == []


def test_an_address_is_not_a_link_as_well() -> None:
    assert pieces("ana@www.example.com") == [("email", "ana@www.example.com")]


@pytest.mark.parametrize("code", ["1234", "123456", "12345678", "AB12-CD34", "XYZ-123"])
def test_a_code_is_found(code: str) -> None:
    assert pieces(f"the code {code} is refused") == [("code", code)]


@pytest.mark.parametrize("text", ["404", "3.14159", "room 12", "123456789", "ab-cd"])
def test_other_numbers_are_no_codes(text: str) -> None:
    assert pieces(text) == []


def test_pieces_never_overlap_and_point_at_their_text() -> None:
    text = (
        "mail 123456@example.com see https://example.com/1234 code 1234 a at b dot com"
    )
    found = find_pieces(nlp.make_doc(text))
    ends = [0] + [piece.end for piece in found]
    assert all(piece.start >= end for piece, end in zip(found, ends, strict=False))
    assert [piece.kind for piece in found] == ["email", "link", "code", "email"]
    for piece in found[:3]:
        assert text[piece.start : piece.end] == piece.value


def test_all_addresses_make_the_same_sentence() -> None:
    sentences = {
        meaningful(f"send the invite to {address} please")
        for address in ("ana@example.com", "bo@web.de", "c at d dot org")
    }
    assert sentences == {f"send the invite to {EMAIL_PLACEHOLDER} please"}


def test_all_links_make_the_same_sentence() -> None:
    assert meaningful("https://a.example/x is dead") == f"{LINK_PLACEHOLDER} is dead"


def test_a_code_stays_as_it_is() -> None:
    assert meaningful("code 123456") == "code 123456"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("  hello \n\t world  ", "hello world"),
        ("a\x00b\x07c\x1b[31md", "a b c [31md"),
        ("zero\u200bwidth", "zerowidth"),
        ("right\u202eto left", "rightto left"),
        ("\ufeffbom", "bom"),
        ("hard\u00a0space", "hard space"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("private \ue000 use", "private use"),
        ("line\u2028break\u2029s", "line break s"),
        ("naïve café ☕", "naïve café ☕"),
        ("", ""),
        ("\x00", ""),
    ],
)
def test_only_what_is_visible_is_read(text: str, read: str) -> None:
    assert clean(text) == read


def test_cleaning_twice_changes_nothing() -> None:
    text = " \x00 A\u200b message\u00a0with ana@example.com \n"
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "a@",
        "a.",
        "a@b.",
        "a at ",
        " dot ",
        "@",
        "/",
        "(at)",
        "1",
        "A1-",
        "😀",
        "\x00",
    ],
)
def test_a_hundred_kilobytes_are_read_quickly(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    begin = time.monotonic()
    read = meaningful(text)
    find_pieces(nlp.make_doc(clean(text)))
    assert len(clean(text)) <= MAX_CHARACTERS
    assert len(read) <= MAX_CHARACTERS * 10
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("👍", "ok"),
        ("👍🏽 👍", "ok"),
        ("❤️", "thank you"),
        ("👎", "no"),
        ("ok 👍", "ok 👍"),
        ("👍👎", "👍👎"),
        ("🛸", "🛸"),
        ("", ""),
    ],
)
def test_a_sign_is_read_as_a_word(typed: str, read: str) -> None:
    assert spoken(typed) == read


@pytest.mark.parametrize("text", ["", " ", "?", "...", "?!", "🛸", "—"])
def test_a_message_without_a_word_is_wordless(text: str) -> None:
    assert is_wordless(text)


@pytest.mark.parametrize("text", ["a", "7", "@", "?a", "я", "我"])
def test_a_letter_a_digit_or_an_at_is_something_to_read(text: str) -> None:
    assert not is_wordless(text)


@pytest.mark.parametrize(
    "text", ["не могу войти", "我忘记了密码", "مرحبا", "ok, забыл"]
)
def test_letters_that_english_lacks_are_another_script(text: str) -> None:
    assert is_in_other_script(text)


@pytest.mark.parametrize("unit", ["🎷", "]"])
def test_a_suffix_is_looked_for_at_the_end_of_a_word_only(
    unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched = []

    def find_suffix(text: str, begin: int) -> None:
        searched.append(len(text) - begin)

    monkeypatch.setattr(message_text, "_find_suffix", find_suffix)
    nlp.make_doc(unit * 1_234)  # a length that spaCy has not met and kept
    assert searched
    assert max(searched) <= SUFFIX_WITHIN


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "123",
        "helo i cant lgo in",
        "I live in Zürich",
        "𝐡𝐞𝐥𝐩",
        "ｈｅｌｐ",
        "my name is Анна, I can't log in",
        "моя почта ana@example.com",
    ],
)
def test_english_and_addresses_are_no_other_script(text: str) -> None:
    assert not is_in_other_script(text)


@pytest.mark.parametrize(
    "text",
    [
        "It's Ana's link: https://example.com/a?b=c... isn't it?!",
        "(I paid 20km and 5$, o'clock) “really”, don't you? 😀😀 e.g. 10am.",
        "so-called log-in (pass)word)))))))))) " + "x" * 100 + "'s",
    ],
)
def test_words_are_split_as_spacy_splits_them(text: str) -> None:
    as_spacy = [token.text for token in spacy.blank("en").make_doc(text)]
    assert [token.text for token in nlp.make_doc(text)] == as_spacy


def test_an_address_said_after_punctuation_begins_where_its_name_does() -> None:
    (piece,) = find_pieces(nlp.make_doc("...ana at example dot com"))
    assert (piece.value, piece.start) == ("ana@example.com", 3)
