"""The two repairs to how Rasa calls the action server, on the real classes."""

from typing import Any

import pytest
from jsonschema import ValidationError
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import RasaException
from rasa.utils.endpoints import EndpointConfig

from bot import remote_actions
from bot.remote_actions import BrokenOffError, break_off_in_silence, note_tries
from tests.bot.action_server import ActionServer, says
from tests.bot.turns import Run

NAME = "action_say_something"


@pytest.fixture(autouse=True)
def _installed() -> None:
    remote_actions.install()


async def call(server: ActionServer, said: list[Any] | None = None) -> list[Any]:
    """Run one action as Rasa does."""
    if said is not None:
        break_off_in_silence(said)
    action = RemoteAction(NAME, EndpointConfig(server.url))
    generator = TemplatedNaturalLanguageGenerator({})
    tracker = DialogueStateTracker("person", [])
    channel = CollectingOutputChannel()
    return await action.run(channel, generator, tracker, Domain.empty())


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"events": [], "responses": []},
        {"events": [{"event": "slot", "name": "a", "value": 1}]},
        {"responses": [{"text": "hello", "buttons": []}]},
        {"events": [], "responses": [], "something": "else"},
    ],
)
def test_a_good_result_is_let_through(result: Any) -> None:
    assert RemoteAction(NAME, None)._validate_action_result(result)


@pytest.mark.parametrize(
    "result",
    [
        None,
        [],
        "text",
        1,
        {"events": {}},
        {"events": "none"},
        {"events": [1]},
        {"events": [{"event": "no such event"}]},
        {"events": [{"event": "slot"}]},
        {"responses": {}},
        {"responses": ["text"]},
    ],
)
def test_a_bad_result_is_refused_and_the_action_named(result: Any) -> None:
    with pytest.raises(ValidationError, match=NAME):
        RemoteAction(NAME, None)._validate_action_result(result)


def test_what_rasa_itself_refuses_is_refused_and_the_other_way_round() -> None:
    from jsonschema import validate

    schema = RemoteAction.action_response_format_spec()
    results = [
        {},
        {"events": [{}]},
        {"events": [{"event": "user"}]},
        {"responses": [1]},
    ]
    for result in results:
        verdicts = []
        for check in (
            RemoteAction(NAME, None)._validate_action_result,
            lambda r: validate(r, schema),
        ):
            try:
                check(result)
                verdicts.append(True)
            except ValidationError:
                verdicts.append(False)
        assert verdicts[0] == verdicts[1], result


def test_an_action_that_works_says_what_it_has_to_say(
    run: Run, action_server: ActionServer
) -> None:
    (said,) = run(call(action_server, []))
    assert said.text == f"ran {NAME}"


def test_an_action_that_fails_in_silence_breaks_the_turn_off(
    run: Run, action_server: ActionServer
) -> None:
    action_server.status = 500
    with pytest.raises(BrokenOffError, match=NAME) as caught:
        run(call(action_server, []))
    assert isinstance(caught.value.__cause__, RasaException)


def test_an_action_may_ask_to_be_called_again(
    run: Run, action_server: ActionServer
) -> None:
    action_server.answers[NAME] = says("", custom={"try_again": True})
    with pytest.raises(BrokenOffError, match=NAME):
        run(call(action_server, []))


@pytest.mark.parametrize("said", [None, [{"text": "the answer"}]])
def test_after_something_was_said_or_outside_of_a_turn_it_may_not(
    said: list[Any] | None, run: Run, action_server: ActionServer
) -> None:
    action_server.answers[NAME] = says("", custom={"try_again": True})
    assert len(run(call(action_server, said))) == 1


@pytest.mark.parametrize("custom", [{}, {"try_again": "yes"}, {"acted": True}])
def test_nothing_else_makes_an_action_be_called_again(
    custom: dict[str, Any], run: Run, action_server: ActionServer
) -> None:
    action_server.answers[NAME] = says("hello", custom=custom)
    assert len(run(call(action_server, []))) == 1


def test_an_action_that_fails_after_something_was_said_does_not(
    run: Run, action_server: ActionServer
) -> None:
    action_server.status = 500
    with pytest.raises(RasaException):
        run(call(action_server, [{"text": "the answer"}]))


def test_outside_of_a_turn_an_action_fails_as_rasa_has_it(
    run: Run, action_server: ActionServer
) -> None:
    action_server.status = 500
    with pytest.raises(RasaException):
        run(call(action_server))


def test_a_rejection_is_no_failure(run: Run, action_server: ActionServer) -> None:
    action_server.status = 400
    action_server.body = b'{"action_name": "action_say_something", "error": "not now"}'
    with pytest.raises(ActionExecutionRejection):
        run(call(action_server, []))


def test_what_was_tried_is_noted_with_its_outcome(
    run: Run, action_server: ActionServer
) -> None:
    tried: list[dict[str, str]] = []

    async def try_both() -> None:
        note_tries(tried)
        await call(action_server, [])
        action_server.status = 500
        with pytest.raises(BrokenOffError):
            await call(action_server, [])

    run(try_both())
    assert tried == [
        {"name": NAME, "outcome": "done"},
        {"name": NAME, "outcome": "failed"},
    ]


def test_installing_twice_changes_nothing(
    run: Run, action_server: ActionServer
) -> None:
    remote_actions.install()
    remote_actions.install()
    action_server.answers[NAME] = says("once")
    assert [event.text for event in run(call(action_server, []))] == ["once"]
    assert len(action_server.calls) == 1
