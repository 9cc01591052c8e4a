"""What the answers of one conversation are worth, beside those that were given in calm."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from cli.chaos.story import Asked, Story

Texts = tuple[str, ...]


@dataclass(frozen=True)
class Words:
    """How texts of the assistant are read.

    Attributes:
        same: Brings them into the form in which they are compared.
        is_trouble: Tells whether one says that the answer takes longer.
        is_apology: Tells whether one says that there will be none.
        failure: What is said when a mail could not be asked for, in that form.
    """

    same: Callable[[Iterable[str]], Texts]
    is_trouble: Callable[[str], bool]
    is_apology: Callable[[str], bool]
    failure: str = ""

    def is_answer(self, text: str) -> bool:
        """Tell whether a text answers something."""
        return not self.is_trouble(text) and not self.is_apology(text)


@dataclass
class Answers:
    """What was found.

    Attributes:
        answered: Messages that got an answer.
        missing: Messages that got none.
        doubled: Texts that were said once more than in calm.
        disorder: Answers that came after the one to a later message.
        wrong: Texts that are no answer to anything that was asked.
    """

    answered: int = 0
    missing: int = 0
    doubled: int = 0
    disorder: int = 0
    wrong: int = 0


def compare_answers(story: Story, words: Words) -> Answers:
    """Compare all answers in the record of a conversation with those of calm."""
    found = Answers()
    known_before: set[str] = set()
    said_before: set[str] = set()
    for group in _groups(story, words):
        strays = [text for text in group.said if text not in group.known]
        again = [text for text in strays if text in said_before]
        late = [t for t in strays if t in known_before and t not in said_before]
        wrong = len(strays) - len(again) - len(late)
        # A wrong answer is one.
        answered = min(len(group.asked), len(group.answered) + wrong)
        found.answered += answered
        found.missing += len(group.asked) - answered
        found.doubled += len(again) + group.doubled
        found.disorder += len(late) + group.disorder
        found.wrong += wrong
        known_before |= group.known
        said_before |= set(group.said)
    return found


@dataclass(frozen=True)
class _Group:
    """Messages that were sent without waiting in between, and all that followed them."""

    asked: Sequence[Asked]
    said: Texts

    @property
    def is_known(self) -> bool:
        """Whether all of them have been asked in calm before."""
        return all(each.expected is not None for each in self.asked)

    @property
    def known(self) -> set[str]:
        """All that may be said; whatever it was, while nothing is known."""
        if not self.is_known:
            return set(self.said)
        return {text for each in self.asked for text in (*each.heads, *_tail(each))}

    @property
    def answered(self) -> list[Asked]:
        """Those whose answer begins somewhere."""
        if not self.is_known:
            return list(self.asked[: len(self.said)])
        return [each for each in self.asked if set(each.heads) & set(self.said)]

    @property
    def doubled(self) -> int:
        """How many texts were said more often than in calm."""
        said = Counter(self.said)
        if not self.is_known:
            return sum(number - 1 for number in said.values())
        begun = (sum(said[head] for head in each.heads) for each in self.asked)
        tails = Counter(text for each in self.asked for text in _tail(each))
        more = sum(max(0, said[text] - number) for text, number in tails.items())
        return sum(max(0, number - 1) for number in begun) + more

    @property
    def disorder(self) -> int:
        """How many answers came before the one to an earlier message."""
        places = [
            min(self.said.index(head) for head in each.heads if head in self.said)
            for each in self.answered
            if self.is_known
        ]
        return sum(later < earlier for earlier, later in pairwise(places))


def _tail(asked: Asked) -> Texts:
    return (asked.expected or ())[1:]


def _groups(story: Story, words: Words) -> Iterable[_Group]:
    """Yield what was asked with what the record says between it and the next."""
    record = sorted(story.record or (), key=lambda each: each.seq)
    group_of = {each.client_id: each.group for each in story.asked}
    kept = {each.client_id for each in record}  # what is not is counted elsewhere
    said: dict[int, list[str]] = {}
    current = 0
    for each in record:
        if each.sender == "contact":
            current = group_of.get(each.client_id, current)
        elif each.sender == "assistant" and words.is_answer(each.text):
            said.setdefault(current, []).append(story.plain(each.text))
    for group in dict.fromkeys(group_of.values()):
        accepted = [x for x in story.asked if x.group == group and x.seq is not None]
        asked = [each for each in accepted if each.client_id in kept]
        yield _Group(asked, words.same(said.get(group, ())))
