"""Which of its wordings a response is said in: never the same twice in a row.

Rasa draws one of a response's variations by lot. Here the first is said first, and only
while the assistant has to say the same thing turn after turn does it go on to the next.
So whoever did not understand a question hears it in other words, and a conversation can
be repeated word for word.
"""

from __future__ import annotations

import copy
from typing import Any, Dict, Optional, Text

from rasa.core.nlg.generator import ResponseVariationFilter
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.events import BotUttered, SessionStarted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker


def times_in_a_row(tracker: DialogueStateTracker, response: Text) -> int:
    """Return in how many turns up to now, without a gap, a response was said."""
    times, said, turns = 0, False, 0
    for event in reversed(tracker.events):
        if isinstance(event, BotUttered):
            said = said or event.metadata.get("utter_action") == response
        elif isinstance(event, (UserUttered, SessionStarted)):
            # The turn that is being answered may not have come to it yet.
            if (not said and turns > 0) or isinstance(event, SessionStarted):
                break
            times, said, turns = times + said, False, turns + 1
    return times


async def _generate(
    generator: TemplatedNaturalLanguageGenerator,
    utter_action: Text,
    tracker: DialogueStateTracker,
    output_channel: Text,
    **values: Any,
) -> Optional[Dict[Text, Any]]:
    if utter_action not in generator.responses:
        return None
    slots = tracker.current_slot_values()
    variations = ResponseVariationFilter(
        generator.responses
    ).responses_for_utter_action(utter_action, output_channel, slots)
    if not variations:
        return None
    chosen = variations[times_in_a_row(tracker, utter_action) % len(variations)]
    return generator._fill_response(copy.deepcopy(chosen), slots, **values)


def install() -> None:
    """Let this process choose wordings so. Calling it again changes nothing."""
    TemplatedNaturalLanguageGenerator.generate = _generate
