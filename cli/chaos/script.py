"""What contacts say, in which order: decided by a seed before anybody speaks."""

import random
from dataclasses import dataclass
from enum import Enum, auto

QUESTIONS = (
    "my invitation link has expired",
    "I forgot my password, what now?",
    "how do I log in to the web site?",
    "how can I sign up for an account?",
    "I never got the confirmation email",
    "I don't remember which email address I used",
    "can I register myself without an invitation?",
)
WISH = "please resend my invitation"
YES = "yes"  # to “Did that help?”; a fragment, so the answer waits for more of it
SEND, TRY_AGAIN = "Yes, send it", "Try again"
SCRIPTS = 4


class Step(Enum):
    """What is done next."""

    ASK = auto()  # one question
    AGREE = auto()  # a yes to what the answer ended with
    ASK_TWO = auto()  # two questions in a hurry
    RECOVER = auto()  # a mail is asked for


@dataclass(frozen=True)
class Script:
    """One conversation: steps, and the questions for them, in order."""

    steps: tuple[Step, ...]
    questions: tuple[str, ...]


def write_scripts(seed: int) -> list[Script]:
    """Return some conversations, each with all questions, two in a hurry, and a mail."""
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    alone = [(Step.ASK, Step.AGREE)] * (len(QUESTIONS) - 4)
    scripts = []
    for _ in range(SCRIPTS):
        parts = [(Step.RECOVER,), *[(Step.ASK_TWO,)] * 2, *alone]
        chance.shuffle(parts)
        steps = tuple(step for part in parts for step in part)
        questions = tuple(chance.sample(QUESTIONS, len(QUESTIONS)))
        scripts.append(Script(steps, questions))
    return scripts
