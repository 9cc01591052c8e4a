"""Which warnings of Rasa's data check are expected."""

import warnings
from pathlib import Path

from rasa.shared.core.domain import Domain

from bot.data_check import asked_by_forms, expect, said_by_actions

UNUSED = "The utterance '{}' is not used in any story or rule."


def test_only_what_is_said_elsewhere_is_not_warned_of(tmp_path: Path) -> None:
    (tmp_path / "doors.py").write_text('say("utter_open")', encoding="utf-8")
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        expect(said_by_actions(tmp_path))
        for name in ("utter_open", "utter_forgotten", "utter_open_wide"):
            warnings.warn(UNUSED.format(name), stacklevel=1)
    assert [str(warning.message) for warning in given] == [
        UNUSED.format("utter_forgotten"),
        UNUSED.format("utter_open_wide"),
    ]


def test_a_form_asks_for_its_slots() -> None:
    slots = {"key": {"type": "text", "mappings": [{"type": "custom"}]}}
    forms = {"key_form": {"required_slots": ["key"]}}
    with_form = Domain.from_dict({"slots": slots, "forms": forms})
    assert "utter_ask_key" in asked_by_forms(with_form)
    assert asked_by_forms(Domain.from_dict({"slots": slots})) == set()
