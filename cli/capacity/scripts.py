"""What contacts say and do: conversations drawn by chance, the same for the same seed.

The mix is that of an account help desk: mostly questions that an article answers, some
small talk, some who ask for an invitation by the form, some who ask for what it is not for.
Sentences are whole ones: what has one or two words waits for the rest of a burst.
"""

import random
from dataclasses import dataclass
from enum import Enum

FAQ = (
    "How can I change my password?",
    "What if my invitation has expired?",
    "What happens after I press Register?",
    "I am locked out because I forgot my password",
    "The registration link I was sent has expired",
    "How long is an invitation valid?",
    "Do I need an invitation to sign up?",
    "The confirmation mail never arrived in my inbox",
)
SMALL_TALK = (
    "Good morning to you all!",
    "Hello, how are you doing today?",
    "Thank you very much for your help",
    "That was it, it works now, thank you",
)
CHIT_CHAT = (
    "What will the weather be like tomorrow?",
    "Can you recommend a good restaurant near the station?",
    "Who won the football match on Saturday?",
)
WISHES = (
    "Please send me another invitation",
    "I want a new invitation, please",
    "Could you send me the invitation one more time?",
)
LENGTHS = (2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 8, 12)  # turns; each as often as the others


class Step(Enum):
    """What a contact does next."""

    SAY = "says something"
    CONFIRM = "presses the first button of the answer"
    LEAVE = "hangs up and comes back"


@dataclass(frozen=True)
class Act:
    """One step, and what is said in it."""

    step: Step
    text: str = ""


@dataclass(frozen=True)
class Habits:
    """How contacts behave between their turns.

    Attributes:
        think_s: The mean time between an answer and the next message.
        away_s: The longest time before somebody who left comes back.
        hold_s: The longest time that somebody keeps the chat open at the end.
        leaves: How often somebody leaves before a turn and comes back.
        holds: How often somebody keeps the chat open at the end.
    """

    think_s: float = 4.0
    away_s: float = 20.0
    hold_s: float = 240.0
    leaves: float = 0.04
    holds: float = 0.15


HURRIED = Habits(think_s=0.0, away_s=0.0, hold_s=0.0, leaves=0.0, holds=0.0)


@dataclass(frozen=True)
class Script:
    """A conversation: what is done, the pauses before it, how long the chat stays open."""

    acts: tuple[tuple[float, Act], ...]
    hold_s: float

    @property
    def turns(self) -> int:
        """How many messages the contact sends."""
        return sum(act.step is not Step.LEAVE for _, act in self.acts)


def write_script(seed: int, number: int, habits: Habits) -> Script:
    """Return a conversation, always the same for the same arguments."""
    # Not from one sequence: conversations overlap, and each has to be as it would be alone.
    chance = random.Random(f"{seed}/{number}")  # noqa: S311 - the same on every run
    acts: list[tuple[float, Act]] = []
    wanted = chance.choice(LENGTHS)
    while (said := sum(act.step is not Step.LEAVE for _, act in acts)) < wanted:
        for act in _some(chance, wanted - said, f"c{number}s{seed}@example.com"):
            if acts and chance.random() < habits.leaves:
                acts.append((chance.random() * habits.away_s, Act(Step.LEAVE)))
            pause_s = chance.expovariate(1 / habits.think_s) if habits.think_s else 0.0
            acts.append((pause_s if acts else 0.0, act))
    holds = chance.random() < habits.holds
    return Script(tuple(acts), chance.random() * habits.hold_s if holds else 0.0)


def mean_turns(seed: int, habits: Habits, among: int = 2_000) -> float:
    """Return how many messages a conversation has on the average."""
    return sum(write_script(seed, n, habits).turns for n in range(among)) / among


def _some(chance: random.Random, room: int, address: str) -> list[Act]:
    """Return what is said about one thing: a turn, or the three of the form."""
    drawn = chance.random()
    if drawn < 0.15 and room >= 3:
        return [
            Act(Step.SAY, chance.choice(WISHES)),
            Act(Step.SAY, f"it is {address}"),
            Act(Step.CONFIRM),
        ]
    sentences = FAQ if drawn < 0.7 else SMALL_TALK if drawn < 0.87 else CHIT_CHAT
    return [Act(Step.SAY, chance.choice(sentences))]
