"""Rasa with less work: the same results as Rasa's own, on the trained model."""

import copy
import logging
from typing import Any

import pytest
from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.exceptions import GraphRunError
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.slots import TextSlot

from bot import rule_lookup, state_history
from bot.graph_runner import OrderedGraphRunner
from bot.turn import TurnTaker
from tests.bot.turns import Run, new_id, pressed, typed

DIALOGUES = [
    ["hello", "how do I log in?", "/problem_solved", "thank you"],
    ["reset my password", "what can you do?", "ana@example.com", "/affirm"],
    ["resend my invite", "pancakes", "/talk_to_human", "ana@example.com"],
    ["resend my invite", "no", "/stop", "/deny", "/search_articles"],
    ["how do I log in?", "no", "no", "/talk_to_human", "bye"],
    ["resend my invite", "/run_command", "/report_link", "hello", "/renew_link"],
]


def component(agent: Any, kind: type) -> Any:
    nodes = agent.processor.graph_runner._instantiated_nodes.values()
    (found,) = (n._component for n in nodes if isinstance(n._component, kind))
    return found


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda lines: lines[0])
def test_the_rules_that_fit_are_those_that_rasa_finds(
    dialogue: list[str],
    agent: Any,
    taker: TurnTaker,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = []

    def find_both(policy: Any, lookup: Any, states: Any) -> set[str]:
        ours = rule_lookup.possible_rules(policy, lookup, states)
        compared.append((ours, rule_lookup.rasas_own(policy, lookup, states)))
        return ours

    monkeypatch.setattr(RulePolicy, "_get_possible_keys", find_both)
    conversation = new_id()
    for line in dialogue:
        take = pressed if line.startswith("/") else typed
        run(taker.take(take(line, conversation)))
    assert any(ours for ours, _ in compared)
    for ours, rasas in compared:
        assert ours == rasas


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda lines: lines[0])
def test_looking_back_shows_what_rasa_sees(
    dialogue: list[str],
    agent: Any,
    taker: TurnTaker,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = []

    def see_both(policy: Any, *tracker_and_domain: Any, **more: Any) -> Any:
        ours = state_history.prediction_states(policy, *tracker_and_domain, **more)
        compared.append(
            (ours, state_history.rasas_own(policy, *tracker_and_domain, **more))
        )
        return ours

    monkeypatch.setattr(RulePolicy, "_prediction_states", see_both)
    conversation = new_id()
    for line in [*dialogue, *dialogue]:
        take = pressed if line.startswith("/") else typed
        run(taker.take(take(line, conversation)))
    assert any(len(ours) < len(rasas) for ours, rasas in compared)
    for ours, rasas in compared:
        assert ours == rasas[-len(ours) :]


def test_looking_back_is_as_long_as_the_longest_rule(agent: Any) -> None:
    policy = component(agent, RulePolicy)
    keys = [*policy.lookup["rules"], *policy.lookup["rules_for_loop_unhappy_path"]]
    lengths = [len(RulePolicy._rule_key_to_state(key)) for key in keys]
    assert state_history._longest(policy) == max(lengths)


def test_whether_a_domain_is_empty_is_found_out_once(agent: Any) -> None:
    assert not agent.domain.is_empty()
    assert not agent.domain.is_empty()
    assert Domain.empty().is_empty()


def test_states_are_written_down_for_a_log_that_is_read(
    caplog: pytest.LogCaptureFixture,
) -> None:
    states = [{"user": {"intent": "greet"}}]
    with caplog.at_level(logging.WARNING):
        assert not RulePolicy.format_tracker_states(states)
    with caplog.at_level(logging.DEBUG):
        assert "greet" in RulePolicy.format_tracker_states(states)


@pytest.mark.parametrize("states", [[], [{}], [{"user": {"intent": "greet"}}]])
def test_the_rules_at_the_beginning_are_those_that_rasa_finds(
    states: Any, agent: Any
) -> None:
    policy = component(agent, RulePolicy)
    for lookup in (
        policy.lookup["rules"],
        policy.lookup["rules_for_loop_unhappy_path"],
    ):
        ours = rule_lookup.possible_rules(policy, lookup, states)
        assert ours == rule_lookup.rasas_own(policy, lookup, states)


def test_the_loaded_model_runs_in_order(agent: Any) -> None:
    assert isinstance(agent.processor.graph_runner, OrderedGraphRunner)


@pytest.mark.parametrize("text", ["how do I log in?", "mail ana@example.com", ""])
def test_a_message_is_understood_as_dask_has_it(
    text: str, agent: Any, run: Run
) -> None:
    ordered = run(agent.parse_message(text))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OrderedGraphRunner, "run", DaskGraphRunner.run)
        assert run(agent.parse_message(text)) == ordered


def test_an_input_named_like_a_node_is_refused(agent: Any) -> None:
    runner = agent.processor.graph_runner
    name = next(iter(runner._instantiated_nodes))
    with pytest.raises(GraphRunError, match=name):
        runner.run(inputs={name: "something"})


def test_a_missing_input_is_reported(agent: Any) -> None:
    with pytest.raises(GraphRunError, match="Missing input"):
        agent.processor.graph_runner.run(
            targets=[agent.processor.model_metadata.nlu_target]
        )


def test_events_are_found_by_their_names() -> None:
    for kind in (SlotSet, BotUttered, UserUttered):
        assert Event.resolve_by_type(kind.type_name) is kind
        assert Event.resolve_by_type(kind.type_name) is kind
    assert Event.resolve_by_type("topic") is None
    assert Event.resolve_by_type("unheard of", SlotSet) is SlotSet
    with pytest.raises(ValueError, match="unheard of"):
        Event.resolve_by_type("unheard of")


def test_a_copied_slot_is_one_of_its_own() -> None:
    slot = TextSlot("name", mappings=[], initial_value="a")
    twin = copy.copy(slot)
    twin.value = "b"
    assert (slot.value, twin.value) == ("a", "b")
    assert type(twin) is TextSlot
    assert twin.mappings is slot.mappings
