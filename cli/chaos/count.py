"""What a run came to, from the side of those who asked: a pure function of their stories."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from cli.chaos.answers import Words, compare_answers
from cli.chaos.story import Asked, Story


@dataclass
class Counts:
    """The figures. `lost_because` says what the lost ones are made of."""

    sent: int = 0
    accepted: int = 0
    answered: int = 0
    doubled: int = 0
    out_of_order: int = 0
    repeated_effects: int = 0
    wrong_answers: int = 0
    mails_delivered_again: int = 0
    longest_silence_s: float = 0.0
    longest_wait_s: float = 0.0
    lost_because: Counter[str] = field(default_factory=Counter)

    @property
    def lost(self) -> int:
        """What was accepted, said or promised, and is nowhere."""
        return self.lost_because.total()


def count(stories: Iterable[Story], words: Words) -> Counts:
    """Count what became of everything in these conversations."""
    counts = Counts()
    for story in stories:
        _count_messages(counts, story)
        _count_answers(counts, story, words)
        _count_mails(counts, story)
        for asked in story.asked:
            silence_s = silence_of(asked, story.end_at)
            counts.longest_silence_s = max(counts.longest_silence_s, silence_s)
            wait_s = (asked.answered_at or story.end_at) - asked.asked_at
            counts.longest_wait_s = max(counts.longest_wait_s, wait_s)
    return counts


def silence_of(asked: Asked, end_at: float) -> float:
    """Return how many seconds somebody who asked heard no word at all."""
    return max(0.0, (asked.word_at or end_at) - asked.asked_at)


def _count_messages(counts: Counts, story: Story) -> None:
    """Compare what was sent and heard with the record."""
    accepted = [each for each in story.asked if each.seq is not None]
    counts.sent += len(story.asked)
    counts.accepted += len(accepted)
    record = {each.seq: each for each in story.record or ()}
    kept = Counter(each.client_id for each in record.values() if each.client_id)
    counts.doubled += sum(number - 1 for number in kept.values())
    counts.lost_because["accepted"] += sum(
        each.client_id not in kept for each in accepted
    )
    counts.lost_because["vanished"] += sum(
        record.get(seq) != heard
        for seq, heard in story.heard.items()
        if heard.sender != "contact"  # the record's own words are counted above
    )
    counts.lost_because["unheard"] += len(record.keys() - story.heard.keys())
    order = {each.client_id: seq for seq, each in record.items() if each.client_id}
    places = [order[each.client_id] for each in accepted if each.client_id in order]
    counts.out_of_order += sum(later < earlier for earlier, later in pairwise(places))


def _count_answers(counts: Counts, story: Story, words: Words) -> None:
    """Compare each answer with the one that was given in calm."""
    found = compare_answers(story, words)
    counts.answered += found.answered
    counts.lost_because["answers"] += found.missing
    counts.doubled += found.doubled
    counts.wrong_answers += found.wrong
    counts.out_of_order += found.disorder


def _count_mails(counts: Counts, story: Story) -> None:
    mails = set(story.mails)
    counts.mails_delivered_again += len(story.mails) - len(mails)
    counts.lost_because["mails"] += max(0, story.wanted - len(mails))
    allowed = story.wanted + story.may_want
    counts.repeated_effects += max(0, len(mails) - allowed)
