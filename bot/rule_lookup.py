"""Finds the rules that fit a conversation without reading them all anew each time.

Rasa keeps a rule as JSON text and, for each of a turn's predictions, turns every rule
around and compares it with every state of the conversation. Here each rule is unfolded
once into what it asks of the last state, the one before, and so on; states older than
the longest rule decide nothing and are not looked at. What fits is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Dict, List, Optional, Set, Text, Tuple

from rasa.core.policies.rule_policy import RulePolicy
from rasa.shared.core.constants import PREVIOUS_ACTION, SHOULD_NOT_BE_SET
from rasa.shared.nlu.constants import ACTION_NAME

State = Any
rasas_own = RulePolicy._get_possible_keys
MOST_RULES = 10_000  # unfolded rules that are kept; a model has some hundreds


@dataclass(frozen=True)
class _Step:
    """What a rule asks of one state; `asked` are (kind, key, value or None)."""

    begins: bool  # the rule is about the beginning of a conversation
    asked: Tuple[Tuple[Text, Text, Any], ...]

    def fits(self, state: State) -> bool:
        if self.begins or not state.get(PREVIOUS_ACTION):
            return self.begins and not state.get(PREVIOUS_ACTION)
        for kind, key, value in self.asked:
            found = state.get(kind, {}).get(key)
            if value is None:
                if found and found != SHOULD_NOT_BE_SET:
                    return False
            elif found != value:
                return False
        return True


@lru_cache(maxsize=MOST_RULES)
def _steps(rule: Text) -> Tuple[_Step, ...]:
    """Unfold a rule, its last state first."""
    states: List[State] = RulePolicy._rule_key_to_state(rule)
    return tuple(_step(state) for state in reversed(states))


def _step(state: State) -> _Step:
    asked = []
    for kind, values in state.items():
        for key, value in values.items():
            # JSON has turned tuples into lists. A value that is false asks nothing.
            wanted: Optional[Any] = tuple(value) if isinstance(value, list) else value
            if wanted:
                absent = wanted == SHOULD_NOT_BE_SET
                asked.append((kind, key, None if absent else wanted))
    return _Step(not state.get(PREVIOUS_ACTION), tuple(asked))


@lru_cache(maxsize=8)
def _by_last_action(rules: Tuple[Text, ...]) -> Dict[Optional[Text], List[Text]]:
    """Sort rules by the action that they ask to have been last; None is any."""
    sorted_rules: Dict[Optional[Text], List[Text]] = {}
    for rule in rules:
        names = [
            value
            for kind, key, value in _steps(rule)[0].asked
            if (kind, key) == (PREVIOUS_ACTION, ACTION_NAME)
        ]
        sorted_rules.setdefault(names[0] if names else None, []).append(rule)
    return sorted_rules


def _candidates(lookup: Dict[Text, Text], states: List[State]) -> List[Text]:
    """Return the rules that the last action alone does not rule out."""
    by_action = _by_last_action(tuple(lookup))
    last = states[-1].get(PREVIOUS_ACTION, {}).get(ACTION_NAME) if states else None
    if last is None:
        return list(lookup)
    return by_action.get(last, []) + by_action.get(None, [])


def possible_rules(
    policy: RulePolicy, lookup: Dict[Text, Text], states: List[State]
) -> Set[Text]:
    """Return the rules of `lookup` that fit the conversation's last states."""
    fitting = set(_candidates(lookup, states))
    for turn, state in enumerate(reversed(states)):
        longer = [rule for rule in fitting if len(_steps(rule)) > turn]
        if not longer:  # older states decide nothing
            break
        fitting -= {rule for rule in longer if not _steps(rule)[turn].fits(state)}
    return fitting


def length_of(rule: Text) -> int:
    """Return how many states a rule looks at."""
    return len(_steps(rule))


def install() -> None:
    """Let Rasa's rule policy look rules up this way in this process."""
    RulePolicy._get_possible_keys = possible_rules
