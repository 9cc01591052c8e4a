"""Looks back no further than the longest rule when Rasa's rule policy predicts.

Rasa describes the conversation before each of its actions anew, for every prediction, and
twice after a message: once for rules about its text, once for those about its intent. What
is older than the longest rule decides nothing (`bot.rule_lookup`), and what was described
for the text holds for the intent. What is predicted is the same.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import chain
from typing import Any, Dict, List, Optional, Text, Tuple

from rasa.core.policies.rule_policy import (
    RULES,
    RULES_FOR_LOOP_UNHAPPY_PATH,
    RulePolicy,
)
from rasa.shared.core.constants import USER
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.events import ActionExecuted
from rasa.shared.core.trackers import DialogueStateTracker

from bot.rule_lookup import length_of

rasas_own = RulePolicy._prediction_states
# The conversation described last, how far it was, and its states.
_Described = Tuple[DialogueStateTracker, int, List[State]]


def prediction_states(
    policy: RulePolicy,
    tracker: DialogueStateTracker,
    domain: Domain,
    use_text_for_last_user_input: bool = False,
    rule_only_data: Optional[Dict[Text, Any]] = None,
) -> List[State]:
    """Return the newest states of a conversation, as many as the longest rule has."""
    described: Optional[_Described] = policy.__dict__.get("_described")
    now = len(tracker.events)
    if described is None or described[0] is not tracker or described[1] != now:
        described = (tracker, now, newest_states(tracker, domain, _longest(policy)))
        policy.__dict__["_described"] = described
    # What is chosen between, text and intent, is taken out of the user's part.
    states = [
        {kind: dict(part) if kind == USER else part for kind, part in state.items()}
        for state in described[2]
    ]
    if use_text_for_last_user_input is False:
        # The next prediction is about something newer; nothing is kept alive for it.
        policy.__dict__.pop("_described")
    policy.featurizer._choose_last_user_input([states], use_text_for_last_user_input)
    return states


def newest_states(
    tracker: DialogueStateTracker, domain: Domain, most: int
) -> List[State]:
    """Return the last states that `tracker.past_states(domain)` returns."""
    events = tracker.applied_events()
    actions = [i for i, each in enumerate(events) if isinstance(each, ActionExecuted)]
    wanted = set(
        actions[len(actions) + 1 - most :] if most <= len(actions) else actions
    )
    earlier = tracker.init_copy()
    states = []
    for index, event in enumerate(events):
        if index in wanted:
            states.append(domain.get_active_state(earlier))
        earlier.update(event)
    return [*states, domain.get_active_state(earlier)]


def _longest(policy: RulePolicy) -> int:
    lookups = (policy.lookup[RULES], policy.lookup[RULES_FOR_LOOP_UNHAPPY_PATH])
    return _longest_of(tuple(chain(*lookups)))


@lru_cache(maxsize=8)
def _longest_of(rules: Tuple[Text, ...]) -> int:
    return max(map(length_of, rules), default=1)


def install() -> None:
    """Let Rasa's rule policy look back this way in this process."""
    RulePolicy._prediction_states = prediction_states
