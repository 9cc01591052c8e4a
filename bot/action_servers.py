"""Which of several action servers is asked: one after the other, those in trouble last.

One that refuses the connection has done nothing, so the next one is asked at once. One that
took the call and says nothing may have acted: whoever called decides whether to ask again,
and the next call goes elsewhere.
"""

from __future__ import annotations

import time
from typing import Dict, List, Sequence, Text, Tuple

SHORTEST_PAUSE_S = 0.5
SILENT_PAUSE_S = 5.0  # finding out once more costs a turn its whole time
LONGEST_PAUSE_S = 30.0


class ActionServers:
    """Orders the addresses of action servers for each call."""

    def __init__(self) -> None:
        self._calls = 0
        self._away: Dict[
            Text, Tuple[float, float]
        ] = {}  # until when, after which pause

    def in_order(self, addresses: Sequence[Text]) -> List[Text]:
        """Return the addresses in the order in which this call is to try them."""
        if len(addresses) == 1:
            return list(addresses)
        self._calls += 1
        begin = self._calls % len(addresses)
        turned = [*addresses[begin:], *addresses[:begin]]
        now = time.monotonic()
        return sorted(turned, key=lambda each: self._is_away(each, now))

    def note_back(self, address: Text) -> None:
        """Remember that one answered."""
        self._away.pop(address, None)

    def note_refusal(self, address: Text) -> None:
        """Remember that one is not there."""
        self._leave_out(address, SHORTEST_PAUSE_S)

    def note_silence(self, address: Text) -> None:
        """Remember that one did not answer in time."""
        self._leave_out(address, SILENT_PAUSE_S)

    def _is_away(self, address: Text, now: float) -> bool:
        return now < self._away.get(address, (0.0, 0.0))[0]

    def _leave_out(self, address: Text, at_least_s: float) -> None:
        before_s = self._away.get(address, (0.0, 0.0))[1]
        pause_s = min(max(at_least_s, 2 * before_s), LONGEST_PAUSE_S)
        self._away[address] = (time.monotonic() + pause_s, pause_s)
