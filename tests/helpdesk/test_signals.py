"""Signals: what the words of messages say, measured on messages never tuned on."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.yaml_text import read_yaml
from helpdesk.desk.signals import read_signals
from tests.accounts.service import ROOT

CASES = read_yaml((ROOT / "tests" / "helpdesk" / "radar_cases.yml").read_text("utf-8"))
SIGNALS = read_signals()
MOST_READ = 12_000  # characters
SEEN = ("hurry", "pressure", "other_address")
LABELLED = {
    part: [
        (label, line)
        for label, block in labels.items()
        for line in block.strip().splitlines()
    ]
    for part, labels in CASES.items()
}
SLOW = [
    *("send " * 800, "tell link " * 400, "change email " * 300, " " * 4_000),
    *("send a@" + "@" * 3_990, "no a b c " * 440, "." * 4_000, "send a@b " * 440),
]


def seen(text: str) -> set[str]:
    found = {signal for signal in SEEN if SIGNALS.has(signal, text)}
    # Whoever presses is mostly in a hurry too; that says nothing more.
    return found - {"hurry"} if found - {"hurry"} else found


def test_the_labelled_messages_are_many_and_in_one_part_only() -> None:
    texts = [line for part in LABELLED.values() for _, line in part]
    assert len(texts) >= 60
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(("part", "least"), [("development", 0.97), ("held_out", 0.9)])
def test_nearly_all_signals_are_seen_and_little_else(part: str, least: float) -> None:
    for signal in SEEN:
        given = [line for label, line in LABELLED[part] if label == signal]
        found = [line for line in given if signal in seen(line)]
        alarms = [
            line
            for label, line in LABELLED[part]
            if label != signal and signal in seen(line)
        ]
        assert len(found) / len(given) >= min(least, 1 - 1 / len(given)), signal
        assert len(found) / (len(found) + len(alarms)) >= least, (signal, alarms)


@pytest.mark.parametrize("part", LABELLED)
def test_ordinary_questions_give_no_signal(part: str) -> None:
    ordinary = [line for label, line in LABELLED[part] if label == "nothing"]
    assert [line for line in ordinary if seen(line)] == []


def test_phones_and_new_lines_make_no_difference() -> None:
    assert seen("I CAN’T get into\nmy old   email any more") == {"other_address"}
    assert seen("Don‘t ask!") == {"pressure"}


def test_what_takes_a_signal_back_counts() -> None:
    assert seen("There is no hurry, but not urgent does not mean never") == set()
    assert seen("No rush? It is urgent!") == {"hurry"}


def test_a_conversation_is_read_from_its_end_and_not_for_ever() -> None:
    long_ago = ["it is urgent"]
    assert SIGNALS.of(SEEN, ["hello", *long_ago], MOST_READ) == {"hurry"}
    filler = ["x" * 1_000] * (MOST_READ // 1_000)
    assert SIGNALS.of(SEEN, [*filler, *long_ago], MOST_READ) == set()


@pytest.mark.parametrize("text", SLOW)
def test_no_text_takes_long(text: str) -> None:
    begin = process_time()
    for signal in SIGNALS.patterns:
        SIGNALS.has(signal, text)
    assert process_time() - begin < 2  # it took half a minute for one of them


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    assert seen(text) <= set(SEEN)
