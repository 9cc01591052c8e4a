"""Which wording is chosen, by what was said in the turns before."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.events import BotUttered, Event, SessionStarted, UserUttered
from rasa.shared.core.slots import AnySlot
from rasa.shared.core.trackers import DialogueStateTracker

from bot import wording

YOU = UserUttered("…")
ASKED = BotUttered("A", metadata={"utter_action": "utter_ask"})
OTHER = BotUttered("B", metadata={"utter_action": "utter_other"})


def tracker(*events: Event) -> DialogueStateTracker:
    return DialogueStateTracker.from_events(
        "c", list(events), [AnySlot("kind", mappings=[{}])]
    )


@pytest.mark.parametrize(
    ("events", "times"),
    [
        ([], 0),
        ([YOU], 0),
        ([YOU, OTHER], 0),
        ([YOU, ASKED, YOU], 1),
        ([YOU, ASKED, YOU, OTHER], 1),
        ([YOU, OTHER, ASKED, YOU], 1),
        ([YOU, ASKED, YOU, ASKED, YOU], 2),
        ([YOU, ASKED, YOU, OTHER, YOU], 0),
        ([YOU, ASKED, YOU, OTHER, YOU, ASKED, YOU], 1),
        ([YOU, ASKED], 1),
        ([YOU, ASKED, SessionStarted(), YOU], 0),
    ],
)
def test_turns_in_a_row_are_counted(events: list[Event], times: int) -> None:
    assert wording.times_in_a_row(tracker(*events), "utter_ask") == times


def generate(responses: dict[str, Any], *events: Event, **values: Any) -> Any:
    wording.install()
    generator = TemplatedNaturalLanguageGenerator(responses)
    said = generator.generate("utter_ask", tracker(*events), "latchkey", **values)
    return asyncio.run(said)


def test_wordings_take_turns() -> None:
    responses = {"utter_ask": [{"text": "one {name}"}, {"text": "two {name}"}]}
    said = [
        generate(responses, *([YOU, ASKED] * n), YOU, name="Ana")["text"]
        for n in range(4)
    ]
    assert said == ["one Ana", "two Ana", "one Ana", "two Ana"]
    assert responses["utter_ask"][0]["text"] == "one {name}"


def test_only_wordings_whose_condition_holds_take_turns() -> None:
    condition = [{"type": "slot", "name": "kind", "value": "x"}]
    responses = {
        "utter_ask": [{"text": "for x", "condition": condition}, {"text": "for all"}]
    }
    assert generate(responses, YOU, ASKED, YOU)["text"] == "for all"


@pytest.mark.parametrize("responses", [{}, {"utter_ask": []}])
def test_what_has_no_wording_is_not_said(responses: dict[str, Any]) -> None:
    assert generate(responses) is None
