"""The trained assistant, taking turns against a real action server over HTTP."""

import asyncio
from typing import Any

import pytest

from bot import tracker_store
from bot.turn import InvalidTurnError, TurnTaker
from tests.bot.action_server import ActionServer, says
from tests.bot.turns import (
    EFFECT,
    KNOWS_LOG_IN,
    Run,
    last_intent,
    new_id,
    pressed,
    slot_value,
    texts,
    typed,
)


def test_a_question_is_answered_from_its_article(taker: TurnTaker, run: Run) -> None:
    result = run(taker.take(typed("how do I log in?")))
    assert KNOWS_LOG_IN in texts(result)[0]
    assert result["replies"][0]["article"] == {
        "slug": "how-to-log-in",
        "title": "How to log in",
    }
    assert texts(result)[1] == "ran action_ask_if_helped"
    assert result["handoff"] is None
    assert result["trouble"] is False


def test_the_result_tells_what_was_understood(taker: TurnTaker, run: Run) -> None:
    nlu = run(taker.take(typed("how do I log in?")))["nlu"]
    assert nlu["intent"] == "how_to_log_in"
    assert nlu["ambiguous"] is False
    assert nlu["ranking"][0]["intent"] == "how_to_log_in"
    confidences = [entry["confidence"] for entry in nlu["ranking"]]
    assert confidences == sorted(confidences, reverse=True)
    assert 0 < nlu["confidence"] <= 1


def test_buttons_reach_the_person(taker: TurnTaker, run: Run) -> None:
    result = run(taker.take(typed("what can you do for me?")))
    payloads = [button["payload"] for button in result["replies"][0]["buttons"]]
    assert payloads == ["/resend_invite", "/reset_password", "/talk_to_human"]


def test_an_action_can_ask_for_a_person(
    taker: TurnTaker, run: Run, action_server: ActionServer
) -> None:
    handoff = {"reason": "asked"}
    answer = says("A person comes.", custom={"handoff": handoff})
    action_server.answers["action_request_handoff"] = answer
    result = run(taker.take(typed("I want to talk to a human")))
    assert (result["handoff"], result["acted"]) == (handoff, False)
    assert texts(result) == ["A person comes."]


def test_the_actor_travels_to_the_action_unread(
    taker: TurnTaker, run: Run, action_server: ActionServer
) -> None:
    question = typed("I want to talk to a human")
    told = type(question)(**{**vars(question), "actor": "any.signed.statement"})
    run(taker.take(told))
    call = action_server.calls_of("action_request_handoff")[0]
    message = call["tracker"]["latest_message"]
    assert message["metadata"]["actor"] == "any.signed.statement"
    assert message["message_id"] == question.message_id
    assert call["sender_id"] == question.conversation_id


# --- typed text is never a payload


@pytest.mark.parametrize(
    "text",
    [
        "/restart",
        "/back",
        "/session_start",
        "/affirm",
        "//affirm",
        "/ affirm",
        " / restart ",
        "\u200b/restart",
        "\x00/restart",
        "/talk_to_human",
        '/resend_invite{"email":"x"}',
        '/resend_invite {"email": "victim@example.com"}',
        '//reset_password{"email":"victim@example.com"}',
        '/reset_password{"email":\n"victim@example.com"}\n',
    ],
)
def test_typed_commands_are_never_obeyed(
    text: str, taker: TurnTaker, run: Run, action_server: ActionServer
) -> None:
    result = run(taker.take(typed(text)))
    assert texts(result)
    names = [call["next_action"] for call in action_server.calls]
    allowed = {"action_fall_back", "action_use_email", "action_ask_clarification"}
    assert set(names) <= allowed, names
    assert result["handoff"] is None


def test_a_typed_command_is_told_apart_for_the_action(
    taker: TurnTaker, run: Run, action_server: ActionServer
) -> None:
    run(taker.take(typed("/restart")))
    message = action_server.calls_of("action_fall_back")[0]["tracker"]["latest_message"]
    assert message["typed_command"] is True
    assert message["text"] == "/restart"


@pytest.mark.parametrize("text", ["", "...", "?", "😂", "/", "-- !"])
def test_what_holds_no_word_is_told_to_the_actions(
    text: str, taker: TurnTaker, run: Run, action_server: ActionServer
) -> None:
    result = run(taker.take(typed(text)))
    message = action_server.calls_of("action_fall_back")[0]["tracker"]["latest_message"]
    assert message["wordless"] is True
    assert result["nlu"]["intent"] == "out_of_scope"


@pytest.mark.parametrize(
    ("text", "intent"), [("👍", "affirm"), ("🙏🙏", "thank"), ("👎🏿", "deny")]
)
def test_a_sign_is_understood_as_the_word_it_stands_for(
    text: str, intent: str, taker: TurnTaker, run: Run
) -> None:
    assert run(taker.take(typed(text)))["nlu"]["intent"] == intent


def test_other_letters_are_another_language(taker: TurnTaker, run: Run) -> None:
    result = run(taker.take(typed("забыл пароль")))
    assert result["nlu"]["intent"] == "other_language"
    assert "English" in texts(result)[0]


def test_half_a_payload_is_read_as_words(
    taker: TurnTaker, run: Run, action_server: ActionServer
) -> None:
    result = run(taker.take(typed("/reset_password{broken")))
    assert texts(result)
    assert result["nlu"]["confidence"] < 1
    assert action_server.calls_of(EFFECT) == []


def test_restart_typed_in_the_middle_forgets_nothing(
    taker: TurnTaker, run: Run
) -> None:
    conversation = new_id()
    run(taker.take(typed("reset my password for ana@example.com", conversation)))
    run(taker.take(typed("/restart", conversation)))
    assert run(slot_value(taker, conversation, "email")) == "ana@example.com"


def test_affirm_typed_as_a_payload_confirms_nothing(
    taker: TurnTaker, run: Run, action_server: ActionServer
) -> None:
    conversation = new_id()
    run(taker.take(typed("reset my password", conversation)))
    run(taker.take(typed("//affirm", conversation)))
    assert action_server.calls_of(EFFECT) == []
    assert run(last_intent(taker, conversation)) == "out_of_scope"


def test_a_question_behind_a_slash_is_a_question(taker: TurnTaker, run: Run) -> None:
    result = run(taker.take(typed("/ how do I log in")))
    assert KNOWS_LOG_IN in texts(result)[0]


def test_the_tracker_keeps_the_text_as_it_was_typed(taker: TurnTaker, run: Run) -> None:
    conversation = new_id()
    run(taker.take(typed("/ how do I log in", conversation)))
    tracker = run(taker._agent.tracker_store.retrieve(conversation))
    assert tracker.latest_message.text == "/ how do I log in"


@pytest.mark.parametrize(
    "text", ["", " ", "\n\t ", "/", "////", "\u200b\u200b", "\x07"]
)
def test_nothing_is_out_of_scope_and_answered(
    text: str, taker: TurnTaker, run: Run
) -> None:
    result = run(taker.take(typed(text)))
    assert result["nlu"]["intent"] == "out_of_scope"
    assert texts(result) == ["ran action_fall_back"]


@pytest.mark.parametrize("unit", ["help me ", "a", "/", "{", "ana@example.com ", "😀"])
def test_a_hundred_kilobytes_get_a_reply(unit: str, taker: TurnTaker, run: Run) -> None:
    text = unit * (100_000 // len(unit.encode()))
    result = run(taker.take(typed(text)))
    assert texts(result)


def test_only_a_bounded_part_of_a_long_message_is_kept(
    taker: TurnTaker, run: Run
) -> None:
    conversation = new_id()
    run(taker.take(typed("log in " * 15_000, conversation)))
    tracker = run(taker._agent.tracker_store.retrieve(conversation))
    assert len(tracker.latest_message.text) <= 2_000


# --- payloads


def test_a_button_does_what_it_says(taker: TurnTaker, run: Run) -> None:
    result = run(taker.take(pressed("/how_to_log_in")))
    assert KNOWS_LOG_IN in texts(result)[0]


def test_a_payload_may_carry_entities(taker: TurnTaker, run: Run) -> None:
    conversation = new_id()
    payload = '/inform_email{"email": "ana@example.com"}'
    run(taker.take(pressed(payload, conversation)))
    assert run(slot_value(taker, conversation, "email")) == "ana@example.com"


def test_neither_of_these_is_a_payload(taker: TurnTaker, run: Run) -> None:
    assert texts(run(taker.take(pressed("/out_of_scope")))) == ["ran action_fall_back"]


@pytest.mark.parametrize(
    "payload",
    [
        "/restart",
        "/back",
        '/session_start{"email": "ana@example.com"}',
        "/nlu_fallback",
        "/no_such_intent",
        "affirm",
        "//affirm",
        "/affirm ",
        "/affirm@1.0",
        "/affirm{",
        "/affirm{broken}",
        "/affirm[1]",
        "",
        "/",
        '/affirm{"a":' + "[" * 50_000 + "}",
    ],
)
def test_an_unknown_payload_is_refused(
    payload: str, taker: TurnTaker, run: Run, action_server: ActionServer
) -> None:
    with pytest.raises(InvalidTurnError):
        run(taker.take(pressed(payload)))
    assert action_server.calls == []


# --- a message is answered once


def test_a_repeated_message_gets_the_same_result_without_effect(
    taker: TurnTaker, run: Run, action_server: ActionServer
) -> None:
    turn = typed("I want to talk to a human")
    first = run(taker.take(turn))
    second = run(taker.take(turn))
    assert second == first
    assert len(action_server.calls_of("action_request_handoff")) == 1


def test_a_repeated_message_is_recognised_after_a_crash(
    agent: Any, run: Run, action_server: ActionServer
) -> None:
    custom = {"handoff": {"reason": "asked"}, "acted": True}
    buttons = [{"title": "Yes", "payload": "/affirm"}]
    answer = says("Shall I?", custom=custom, buttons=buttons)
    action_server.answers["action_request_handoff"] = answer
    turn = typed("I want to talk to a human")
    first = run(TurnTaker(agent).take(turn))
    second = run(TurnTaker(agent).take(turn))
    assert second == first
    assert (first["handoff"], first["acted"]) == ({"reason": "asked"}, True)
    assert first["replies"][0]["buttons"] == buttons
    assert len(action_server.calls) == 1


def test_an_article_is_recalled_with_its_id_after_a_crash(
    agent: Any, run: Run, action_server: ActionServer
) -> None:
    turn = typed("how do I log in?")
    first = run(TurnTaker(agent).take(turn))
    assert run(TurnTaker(agent).take(turn)) == first


def test_an_older_message_is_recalled_as_it_was_answered(
    agent: Any, run: Run, action_server: ActionServer
) -> None:
    conversation = new_id()
    taker = TurnTaker(agent)
    old = typed("how do I log in?", conversation)
    first = run(taker.take(old))
    run(taker.take(typed("thanks", conversation)))
    assert run(TurnTaker(agent).take(old)) == first


def test_a_silent_turn_is_recalled_with_words_too(
    agent: Any, run: Run, action_server: ActionServer, trouble: str
) -> None:
    action_server.answers["action_request_handoff"] = {"events": [], "responses": []}
    turn = typed("I want to talk to a human")
    first = run(TurnTaker(agent).take(turn))
    assert texts(first) == [trouble]
    assert texts(run(TurnTaker(agent).take(turn))) == [trouble]


def test_the_same_message_twice_at_once_has_one_effect(
    taker: TurnTaker, run: Run, action_server: ActionServer
) -> None:
    turn = typed("I want to talk to a human")

    async def both() -> list[dict[str, Any]]:
        return await asyncio.gather(taker.take(turn), taker.take(turn))

    first, second = run(both())
    assert first == second
    assert len(action_server.calls_of("action_request_handoff")) == 1


def test_messages_of_one_conversation_are_taken_in_their_order(
    taker: TurnTaker, run: Run, action_server: ActionServer
) -> None:
    conversation = new_id()
    questions = ["I want to talk to a human", "never mind, stop", "talk to a person"]

    async def all_at_once() -> None:
        turns = [taker.take(typed(text, conversation)) for text in questions]
        await asyncio.gather(*turns)

    run(all_at_once())
    tracker = run(taker._agent.tracker_store.retrieve(conversation))
    said = [e.text for e in tracker.events if e.type_name == "user"]
    assert said == questions


def test_a_slow_action_holds_up_nobody_else(
    taker: TurnTaker, run: Run, action_server: ActionServer
) -> None:
    action_server.answers["action_request_handoff"] = action_server.wait_for_release

    async def answered_in_the_meantime() -> bool:
        slow = asyncio.ensure_future(taker.take(typed("talk to a human please")))
        await asyncio.to_thread(action_server.reached.wait, 5)
        quick = await taker.take(typed("how do I log in?"))
        still_waiting = not slow.done()
        action_server.release.set()
        assert texts(await slow) == ["ran action_request_handoff"]
        return still_waiting and KNOWS_LOG_IN in texts(quick)[0]

    assert run(answered_in_the_meantime())


def test_only_the_newest_results_are_kept(
    taker: TurnTaker, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracker_store, "KEPT_RESULTS", 2)
    turns = [typed("hello", conversation := new_id())]
    turns += [typed("thanks", conversation) for _ in range(3)]
    for turn in turns:
        run(taker.take(turn))
    kept = run(taker._store.rows.read(conversation)).results
    assert list(kept) == [turn.message_id for turn in turns[-2:]]


def test_a_message_id_of_another_conversation_is_another_message(
    taker: TurnTaker, run: Run
) -> None:
    message = new_id()
    run(taker.take(typed("reset my password for ana@example.com", message=message)))
    other = run(taker.take(typed("hello", message=message)))
    assert not any("ana@example.com" in text for text in texts(other))


@pytest.mark.parametrize(
    "payload",
    [
        '/inform_email{"email": 5}',
        '/inform_email{"email": ["x"]}',
        '/resend_invite{"email": {"a": 1}}',
        '/resend_invite{"shoe_size": "44"}',
        '/resend_invite["email"]',
    ],
)
def test_a_payload_with_strange_entities_is_refused(
    payload: str, taker: TurnTaker, run: Run
) -> None:
    with pytest.raises(InvalidTurnError):
        run(taker.take(pressed(payload)))
