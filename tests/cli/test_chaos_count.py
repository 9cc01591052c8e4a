"""Counting a chaos run: what is planted into the stories is found, and nothing else."""

from collections.abc import Iterable

from cli.chaos.answers import Words
from cli.chaos.count import Counts, count
from cli.chaos.normal import back_to_normal_s, limit_s, percentile
from cli.chaos.plan import Fault
from cli.chaos.report import (
    COUNTED,
    Event,
    Run,
    find_broken,
    make_report,
    note_silences,
)
from cli.chaos.story import Asked, Heard, Story

SLOW, SORRY = "This takes longer.", "I could not answer that."
ANSWER, HELPED = "A link is valid for 72 hours.", "Did that help?"
OTHER = "Open the log-in page."
SENT, FAILED = "A mail to {email} is on its way.", "I can't reach anybody."
WORDS = Words(tuple, lambda text: text == SLOW, lambda text: text == SORRY, FAILED)
FOUND = ("lost", "doubled", "out_of_order", "repeated_effects", "wrong_answers")


def ask(number: int, *, group: int, expected: tuple[str, ...] | None) -> Asked:
    """Return a message that got its answer after half a second."""
    at = float(number)
    name = f"question {number}"
    asked = Asked(f"id-{number}", name, expected, "", group, at, number)
    asked.word_at = asked.answered_at = at + 0.5
    return asked


def contact(seq: int, number: int) -> Heard:
    return Heard(seq, "contact", f"question {number}", f"id-{number}")


def said(seq: int, text: str) -> Heard:
    return Heard(seq, "assistant", text)


def story_of(record: Iterable[Heard], *asked: Asked) -> Story:
    """Return a story in which all that is in the record was heard."""
    kept = list(record)
    heard = {each.seq: each for each in kept}
    numbers = {each.client_id: each.seq for each in kept}
    for each in asked:
        each.seq = numbers.get(each.client_id, each.seq)
    return Story("ada@example.com", list(asked), heard, kept, end_at=100.0)


def calm_story() -> Story:
    """Return two questions with two answers, a mail that was asked for and came."""
    story = story_of(
        [
            contact(1, 1),
            said(2, ANSWER),
            said(3, HELPED),
            contact(4, 2),
            said(5, OTHER),
            said(6, HELPED),
        ],
        ask(1, group=1, expected=(ANSWER, HELPED)),
        ask(2, group=2, expected=(OTHER, HELPED)),
    )
    story.wanted, story.mails = 1, ["<one@example.com>"]
    return story


def figures(counts: Counts) -> dict[str, int]:
    return {name: getattr(counts, name) for name in FOUND if getattr(counts, name)}


def test_a_calm_story_has_nothing_to_find() -> None:
    counts = count([calm_story(), calm_story()], WORDS)
    assert (counts.sent, counts.accepted, counts.answered) == (4, 4, 4)
    assert figures(counts) == {}
    assert counts.longest_silence_s == 0.5


def test_a_message_that_was_acknowledged_and_is_not_kept_is_lost() -> None:
    story = calm_story()
    assert story.record
    story.record = [each for each in story.record if each.client_id != "id-2"]
    counts = count([story], WORDS)
    assert counts.lost_because["accepted"] == counts.lost == 1
    assert (counts.accepted, counts.answered) == (2, 1)


def test_a_message_that_was_never_acknowledged_is_not_lost() -> None:
    asked = ask(1, group=1, expected=None)
    asked.seq = None
    counts = count([Story("", [asked], {}, [], end_at=9.0)], WORDS)
    assert (counts.sent, counts.accepted, counts.lost) == (1, 0, 0)


def test_a_message_without_an_answer_is_lost_and_a_trouble_or_an_apology_is_none() -> (
    None
):
    for instead in ([], [said(2, SLOW)], [said(2, SLOW), said(3, SORRY)]):
        story = story_of([contact(1, 1), *instead], ask(1, group=1, expected=None))
        counts = count([story], WORDS)
        assert (counts.accepted, counts.answered) == (1, 0)
        assert counts.lost_because["answers"] == 1


def test_an_answer_that_was_heard_and_is_gone_is_lost() -> None:
    story = calm_story()
    assert story.record
    story.record.pop()
    assert count([story], WORDS).lost_because["vanished"] == 1


def test_an_answer_that_never_came_over_the_line_is_lost() -> None:
    story = calm_story()
    del story.heard[5]
    assert count([story], WORDS).lost_because["unheard"] == 1


def test_a_promised_mail_that_did_not_come_is_lost() -> None:
    story = calm_story()
    story.mails = []
    assert count([story], WORDS).lost_because["mails"] == 1


def test_a_doubled_message_and_a_doubled_answer_are_found() -> None:
    twice = [contact(1, 1), contact(2, 1), said(3, ANSWER)]
    counts = count([story_of(twice, ask(1, group=1, expected=(ANSWER,)))], WORDS)
    assert figures(counts) == {"doubled": 1}
    twice = [contact(1, 1), said(2, ANSWER), said(3, HELPED), said(4, ANSWER)]
    asked = ask(1, group=1, expected=(ANSWER, HELPED))
    assert figures(count([story_of(twice, asked)], WORDS)) == {"doubled": 1}


def test_an_unknown_answer_may_not_be_doubled_either() -> None:
    twice = [contact(1, 1), said(2, "Which address?"), said(3, "Which address?")]
    counts = count([story_of(twice, ask(1, group=1, expected=None))], WORDS)
    assert figures(counts) == {"doubled": 1}


def test_the_question_after_an_answer_may_be_missing() -> None:
    record = [contact(1, 1), said(2, SLOW), said(3, ANSWER)]
    counts = count(
        [story_of(record, ask(1, group=1, expected=(ANSWER, HELPED)))], WORDS
    )
    assert figures(counts) == {}
    assert counts.answered == 1


def test_another_answer_than_in_calm_is_found() -> None:
    record = [contact(1, 1), said(2, "Something else.")]
    counts = count([story_of(record, ask(1, group=1, expected=(ANSWER,)))], WORDS)
    assert figures(counts) == {"wrong_answers": 1}
    assert counts.answered == 1


def two_in_turn(*record: Heard) -> Story:
    """Return two questions, the second after the answer to the first was heard."""
    first = ask(1, group=1, expected=(ANSWER, HELPED))
    return story_of(record, first, ask(2, group=2, expected=(OTHER, HELPED)))


def test_an_answer_that_comes_again_after_the_next_question_is_doubled() -> None:
    begin = [contact(1, 1), said(2, ANSWER), said(3, HELPED), contact(4, 2)]
    for rest in ((ANSWER, OTHER), (OTHER, ANSWER), (OTHER, ANSWER, HELPED)):
        story = two_in_turn(*begin, *(said(n, text) for n, text in enumerate(rest, 5)))
        counts = count([story], WORDS)
        assert figures(counts) == {"doubled": 1}
        assert counts.answered == 2


def test_an_answer_that_only_comes_after_the_next_question_is_out_of_order() -> None:
    record = [contact(1, 1), contact(2, 2), said(3, ANSWER), said(4, OTHER)]
    counts = count([two_in_turn(*record)], WORDS)
    assert (counts.answered, counts.out_of_order, counts.wrong_answers) == (1, 1, 0)
    assert counts.lost_because["answers"] == 1


def sending(*texts: str) -> dict[str, int]:
    """Return what is found where these texts answer a wish for a mail."""
    record = [contact(1, 1), *(said(n, text) for n, text in enumerate(texts, 2))]
    asked = ask(1, group=1, expected=(SENT,))
    asked.instead = FAILED
    return figures(count([story_of(record, asked)], WORDS))


def test_the_answer_to_a_wish_names_ones_own_address_or_says_that_it_failed() -> None:
    own, foreign = SENT.format(email="ada@example.com"), SENT.format(email="bob@b.com")
    assert sending(own) == sending(FAILED) == {}
    assert sending(foreign) == {"wrong_answers": 1}
    assert sending(FAILED, own) == sending(own, own) == {"doubled": 1}


def test_messages_in_another_order_than_sent_are_found() -> None:
    record = [contact(1, 2), said(2, OTHER), contact(3, 1), said(4, ANSWER)]
    first = ask(1, group=1, expected=(ANSWER,))
    second = ask(2, group=2, expected=(OTHER,))
    assert figures(count([story_of(record, first, second)], WORDS)) == {
        "out_of_order": 1
    }


def hurried(*texts: str) -> Story:
    """Return two messages that were sent at once, and what came then."""
    answers = [said(number, text) for number, text in enumerate(texts, 3)]
    return story_of(
        [contact(1, 1), contact(2, 2), *answers],
        ask(1, group=1, expected=(ANSWER, HELPED)),
        ask(2, group=1, expected=(OTHER, HELPED)),
    )


def test_two_in_a_hurry_are_answered_one_after_the_other() -> None:
    counts = count([hurried(ANSWER, HELPED, OTHER, HELPED)], WORDS)
    assert figures(counts) == {}
    assert counts.answered == 2
    assert figures(count([hurried(OTHER, ANSWER)], WORDS)) == {"out_of_order": 1}
    one = count([hurried(OTHER, HELPED)], WORDS)
    assert (one.answered, one.lost_because["answers"]) == (1, 1)


def test_a_second_mail_is_a_repeated_effect_and_the_same_one_again_is_not() -> None:
    story = calm_story()
    story.mails = ["<one@example.com>", "<two@example.com>"]
    assert figures(count([story], WORDS)) == {"repeated_effects": 1}
    story.mails = ["<one@example.com>", "<one@example.com>"]
    counts = count([story], WORDS)
    assert figures(counts) == {}
    assert counts.mails_delivered_again == 1


def test_a_mail_that_nobody_asked_for_is_one_and_an_unknown_wish_allows_one() -> None:
    story = calm_story()
    story.wanted = 0
    assert figures(count([story], WORDS)) == {"repeated_effects": 1}
    story.may_want = 1
    assert figures(count([story], WORDS)) == {}


def test_the_longest_silence_is_until_the_first_word_or_the_end() -> None:
    story = calm_story()
    story.asked[0].word_at = 8.0
    assert count([story], WORDS).longest_silence_s == 7.0
    story.asked[1].word_at = story.asked[1].answered_at = None
    counts = count([story], WORDS)
    assert counts.longest_silence_s == 98.0
    assert counts.longest_wait_s == 98.0


def test_a_silence_belongs_to_the_faults_that_it_overlaps() -> None:
    kill = Event(
        Fault("kill", "rasa", 0.0, 0.0), began_at=0.0, ended_at=0.0, back_s=4.0
    )
    cut = Event(
        Fault("cut", "smtp", 0.0, 0.0), began_at=50.0, ended_at=50.0, back_s=1.0
    )
    story = calm_story()
    story.asked[0].word_at = 7.0
    note_silences([kill, cut], [story])
    assert (kill.silence_s, cut.silence_s) == (6.0, 0.0)


def probe(at: float, took: float | None) -> Asked:
    answered_at = None if took is None else at + took
    return Asked("", "", None, "", 0, at, answered_at=answered_at)


def test_a_percentile_is_a_time_that_did_occur() -> None:
    assert percentile([float(n) for n in range(1, 101)], 95) == 95.0
    assert percentile([3.0], 95) == 3.0


def test_normal_is_twice_as_long_as_in_calm_or_so_short_that_nobody_notices() -> None:
    assert limit_s(0.4) == 0.8
    assert limit_s(0.01) == limit_s(0.02) == 0.3


def test_normal_is_where_three_seconds_of_answers_come_in_time() -> None:
    quick = [probe(n / 4, 0.1) for n in range(80)]
    assert back_to_normal_s(quick, 2.0, 0.2, 30.0) == 0.0
    slow = [probe(n / 4, 5.0 if n < 40 else 0.1) for n in range(80)]
    assert back_to_normal_s(slow, 2.0, 0.2, 30.0) == 8.0
    stuck = [probe(n / 4, None if n == 50 else 0.1) for n in range(80)]
    assert back_to_normal_s(stuck, 11.0, 0.2, 30.0) == 1.75
    assert back_to_normal_s(quick, 19.0, 0.2, 20.0) is None
    assert back_to_normal_s(quick[:3], 0.0, 0.2, 30.0) is None


def report_with(**more: int) -> list[str]:
    counts = Counts(accepted=10, answered=10)
    for name, number in more.items():
        setattr(counts, name, number)
    event = Event(Fault("kill", "rasa", 0.0, 0.0), 1.0, 1.0, back_s=2.0, silence_s=3.0)
    report = make_report(Run(6, 0.0, 60.0, events=[event]), counts)
    assert report["faults"] == {
        "kill": {"count": 1, "longest_silence_s": 3.0, "back_to_normal_s": 2.0}
    }
    return find_broken(report)


def test_a_report_names_what_is_not_as_promised() -> None:
    assert report_with() == []
    for name in set(COUNTED) - {"lost"}:
        assert report_with(**{name: 1}) == [name]
    assert report_with(answered=9) == ["answered"]
    assert report_with(longest_silence_s=16) == ["longest_silence_s"]


def test_what_never_gets_back_to_normal_is_said() -> None:
    events = [
        Event(Fault("kill", "rasa", 0.0, 0.0), 1.0, 1.0, back_s=back)
        for back in (2.0, None)
    ]
    report = make_report(Run(6, 0.0, events=events), Counts())
    assert report["faults"]["kill"]["back_to_normal_s"] is None
    assert report["broken"] == ["back_to_normal_s"]
