"""An ordinary message must not pay for the console."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from helpdesk.desk.answers import Outcome, Reply
from tests.desk.desk_people import QUESTION
from tests.helpdesk.desk_steps import Desk

TO_ACCEPT = ["SELECT", "SELECT", "SELECT", "INSERT", "INSERT", "UPDATE"]
TO_ANSWER = ["SELECT", "UPDATE", "INSERT", "UPDATE", "SELECT"]


@contextmanager
def statements(desk: Desk) -> Iterator[list[str]]:
    """Collect what is sent to the database, by its first word."""
    sent: list[str] = []

    def note(*call: object) -> None:
        sent.append(str(call[2]).split()[0])

    event.listen(desk.database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(desk.database.engine, "before_cursor_execute", note)


def test_a_question_and_its_answer_cost_what_they_did(desk: Desk) -> None:
    desk.say(QUESTION)
    desk = desk.other()
    with statements(desk) as sent:
        turn = desk.say(QUESTION).turn
        assert [word for word in sent if word != "BEGIN"] == TO_ACCEPT
    assert turn
    outcome = Outcome(nlu={"intent": "how_to_log_in"})
    replies = [Reply("Here is how.", {}), Reply("Did that help?", {})]
    with statements(desk) as sent:
        desk.end(turn, *replies, outcome=outcome)
        assert [word for word in sent if word != "BEGIN"] == TO_ANSWER
