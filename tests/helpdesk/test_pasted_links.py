"""Links as people paste them: found, unwrapped, and without what opens an account."""

from time import process_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helpdesk.desk.pasted_links import REMOVED, find_pasted
from helpdesk.desk.typed_text import read_typed
from tests.helpdesk.pasted import (
    BASE64,
    EVERY,
    HOST,
    LINK,
    LOOK_ALIKES,
    MENTIONS,
    OURS,
    SECRET,
    holds_secret,
)

PIECES = st.lists(
    st.sampled_from(
        [
            *(LINK, SECRET, LINK[:60], LINK[60:], LINK[8:], SECRET[:20], SECRET[20:]),
            *("hello", "https://", HOST, "/reset/", "\n", " ", "=\n", "> ", ".", "_"),
            *("%2F", "?url=", "-", "ana@example.com", REMOVED, "\u200b", "é", "()"),
        ]
    ),
    max_size=10,
).map("".join)
SLOW = [
    *("https://a.b/reset/ " * 200, "https://a.b/%72\n" * 250, "a.bc/invite " * 333),
    *("A1b2C3d4\n" * 440, "a." * 2_000, "%" * 4_000, "https://" * 500, "a1-" * 1_333),
    *("https://a/" + "%25" * 1_300, "https://x/?u=aHR0c" + "A" * 3_900, "=\n" * 2_000),
]


@pytest.mark.parametrize("text", EVERY)
def test_no_link_keeps_its_secret(text: str) -> None:
    pasted = find_pasted(text)
    assert not holds_secret(pasted.text), pasted.text
    assert REMOVED in pasted.text
    kept = read_typed(text)
    assert not holds_secret(kept.text), kept.text
    assert "link" in kept.details["redactions"]
    assert holds_secret(text)  # the test would notice


@pytest.mark.parametrize("text", EVERY)
def test_a_link_is_read_in_one_piece_and_unwrapped(text: str) -> None:
    first = find_pasted(text).links[0]
    assert first.url == (OURS | LOOK_ALIKES)[text]
    assert first.has_our_form


@pytest.mark.parametrize("text", [LINK, f"({LINK}).", f"<{LINK}>", f"_{LINK}_", SECRET])
def test_nothing_but_a_link_is_known_as_such(text: str) -> None:
    assert find_pasted(text).is_alone


@pytest.mark.parametrize("text", [f"{LINK} expired", f"hi {SECRET}", "hello", ""])
def test_what_has_words_is_not(text: str) -> None:
    assert not find_pasted(text).is_alone


@pytest.mark.parametrize("text", MENTIONS)
def test_a_page_that_is_mentioned_stays_as_it_is(text: str) -> None:
    pasted = find_pasted(text)
    assert pasted.text == text
    assert pasted.links
    assert not any(link.has_our_form for link in pasted.links)


@pytest.mark.parametrize(
    "text",
    [
        "1.5/2 and/or yes/no",
        "ana@example.com",
        "it is 10:30 / 11:30",
        "registration_confirmation_of_the_site_of_mine",
        "x" * 43,
        "a-b-c-d-" * 6,
        "",
    ],
)
def test_what_is_no_link_is_left_alone(text: str) -> None:
    pasted = find_pasted(text)
    assert (pasted.text, pasted.links) == (text, ())


def test_words_after_a_link_that_was_cut_short_stay() -> None:
    text = f"https://{HOST}/reset/abc and then it says that nothing is here any more"
    pasted = find_pasted(text)
    assert pasted.text == text
    assert pasted.links[0].leads_to_our_place
    assert not pasted.links[0].has_our_form


def test_several_links_lose_their_secrets_and_the_words_stay() -> None:
    pasted = find_pasted(f"first {LINK}\nthen {SECRET} and {LINK[8:]} - why?")
    assert pasted.text == (
        f"first https://{HOST}/reset/{REMOVED}\n"
        f"then {REMOVED} and {HOST}/reset/{REMOVED} - why?"
    )
    assert len(pasted.links) == 3


def test_where_a_link_led_stays_readable() -> None:
    kept = find_pasted(f"https://evil.test/go?u={BASE64}").text
    assert kept == f"https://evil.test/{REMOVED}"


@given(PIECES)
@example(f"{LINK[8:]}%2Fhttps://")
@example(f"{LINK[8:]}%2F{LINK}")
def test_what_was_cut_stays_cut(text: str) -> None:
    once = find_pasted(text).text
    assert find_pasted(once).text == once


@given(PIECES)
@example(f"{LINK[8:]}%2Fhttps://")
@example(f"{LINK[8:]}%2F{LINK}")
def test_whatever_stands_beside_it_the_whole_secret_is_never_kept(text: str) -> None:
    if text.strip(" \n"):
        assert SECRET not in read_typed(text).text


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    assert find_pasted(text).links is not None


@pytest.mark.parametrize("text", SLOW)
def test_no_text_takes_long(text: str) -> None:
    begin = process_time()
    find_pasted(text)
    assert process_time() - begin < 2
