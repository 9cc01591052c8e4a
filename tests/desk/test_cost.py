"""An ordinary message must not pay for the console."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from helpdesk.desk.answers import Outcome, Reply
from tests.desk.desk_people import QUESTION
from tests.helpdesk.desk_steps import Desk

TO_ACCEPT = ["SELECT", "SELECT", "SELECT", "INSERT", "INSERT", "UPDATE"]
TO_ANSWER = ["SELECT", "UPDATE", "INSERT", "UPDATE", "SELECT"]


@contextmanager
def statements(desk: Desk) -> Iterator[list[str]]:
    """Collect what is sent to the database, by its first word.

    SQLite is asked itself, since not all goes by way of SQLAlchemy. It names an insert for
    each row and each trigger; what it runs inside of a statement begins with a comment.
    """
    sent: list[str] = []
    inserted_into = ""

    def note(text: str) -> None:
        nonlocal inserted_into
        word, into = text.split()[0], text.partition("(")[0]
        if word in {"BEGIN", "COMMIT", "ROLLBACK", "--"} or into == inserted_into:
            return
        inserted_into = into if word == "INSERT" else ""
        sent.append(word)

    def trace(driver: Any, *_: object) -> None:
        driver.set_trace_callback(note)

    def stop(driver: Any, *_: object) -> None:
        driver.set_trace_callback(None)

    engine, is_embedded = desk.database.engine, desk.database.is_embedded
    heard: dict[str, Callable[..., None]] = (
        {"checkout": trace, "checkin": stop}
        if is_embedded
        else {"before_cursor_execute": lambda *call: note(str(call[2]))}
    )
    for name, hear in heard.items():
        event.listen(engine, name, hear)
    yield sent
    for name, hear in heard.items():
        event.remove(engine, name, hear)


def test_a_question_and_its_answer_cost_what_they_did(desk: Desk) -> None:
    desk.say(QUESTION)
    desk = desk.other()
    with statements(desk) as sent:
        turn = desk.say(QUESTION).turn
        assert sent == TO_ACCEPT
    assert turn
    outcome = Outcome(nlu={"intent": "how_to_log_in"})
    replies = [Reply("Here is how.", {}), Reply("Did that help?", {})]
    with statements(desk) as sent:
        desk.end(turn, *replies, outcome=outcome)
        assert sent == TO_ANSWER
