"""When a conversation comes back from people, nothing from before holds."""

import pytest

from bot.turn import TurnTaker
from tests.bot.turns import KNOWS_LOG_IN, Run, new_id, pressed, texts, typed


@pytest.mark.parametrize(
    "begin", ["I forgot my password", "xyzzy gnorf", "/resend_invite"]
)
def test_beginning_afresh_says_nothing_and_forgets_everything(
    begin: str, taker: TurnTaker, run: Run
) -> None:
    conversation = new_id()
    first = (
        pressed(begin, conversation) if begin[0] == "/" else typed(begin, conversation)
    )
    run(taker.take(first))
    run(taker.take(pressed('/inform_email{"email": "a@example.com"}', conversation)))
    afresh = pressed("/session_start", conversation)
    for _ in range(2):
        result = run(taker.take(afresh))
        assert result["replies"] == []
        assert result["handoff"] is None
        assert result["trouble"] is False
    tracker = run(taker._agent.tracker_store.retrieve(conversation))
    assert tracker.active_loop_name is None
    kept = {name: slot.value for name, slot in tracker.slots.items()}
    assert {name for name, value in kept.items() if value} <= {
        "session_started_metadata"
    }
    answer = run(taker.take(typed("how do I log in?", conversation)))
    assert KNOWS_LOG_IN in texts(answer)[0]
