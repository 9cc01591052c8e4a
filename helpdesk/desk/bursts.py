"""Bursts: several messages typed within a moment become one turn.

A whole sentence is answered at once. A fragment (“hi”, “my invite”) waits a moment for the
rest, each further message a moment more, and longer while the contact types on.
"""

import re
from datetime import timedelta

FRAGMENT_WORDS = 2
SETTLE = timedelta(milliseconds=800)
REST = timedelta(milliseconds=500)  # after each further message of a burst
TYPING_SETTLE = timedelta(milliseconds=1_500)
LONGEST_WAIT = timedelta(seconds=4)
AT_ONCE = timedelta(0)

_ENDS = re.compile(r"[.!?…]\s*$|@")


def settle_time(text: str) -> timedelta:
    """Return how long to wait for more before the assistant is asked."""
    is_fragment = len(text.split()) <= FRAGMENT_WORDS and not _ENDS.search(text)
    return SETTLE if is_fragment else AT_ONCE
