"""What the scripted assistant does with commands: it plans, sends once, gives receipts."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from helpdesk.desk.command_payloads import read_payload
from tests.helpdesk.scripted_assistant import Said, ScriptedAssistant, Turn

LIFE = timedelta(hours=72)


class BulkAssistant:
    """Stands for Rasa, the actions and the account backend, which know a turn by its id."""

    def __init__(self, assistant: ScriptedAssistant) -> None:
        self.assistant = assistant
        self.people: list[str] = []
        self.skipped: set[str] = set()
        self.refused: set[str] = set()
        self.mails: Counter[str] = (
            Counter()
        )  # by address, however often they are asked for
        self.may_send = threading.Event()
        self.may_send.set()
        self._done: dict[str, Said] = {}
        self._lock = threading.Lock()
        assistant.answer = lambda _turn: [{"text": "Seen to."}]
        assistant.more = self._more

    def plan(self, count: int, site: str = "") -> None:
        """Have so many new people whose invitation has expired."""
        mark = uuid4().hex[:6]
        self.people = [f"person{n}-{mark}@{site or 'x'}.example" for n in range(count)]

    @property
    def times(self) -> dict[str, int]:
        """How many mails each of the people got."""
        return {person: self.mails[person] for person in self.people}

    def _more(self, turn: Turn) -> Said:
        if "resend_expired" not in (turn["payload"] or ""):
            self.may_send.wait(30)
        with self._lock:
            known = self._done.get(turn["message_id"])
            if known is None:
                known = self._done[turn["message_id"]] = self._do(turn)
            return known

    def _do(self, turn: Turn) -> Said:
        name, arguments = read_payload(turn["payload"] or "") or ("", {})
        if name == "resend_expired":
            return {"plan": self._plan(arguments)}
        if name in {"resend", "reset"} and not arguments["dry_run"]:
            return self._send(turn, name, arguments)
        if name == "undo":
            return {"receipts": [receipt("recovery.withdrawn", "", arguments["key"])]}
        return {}

    def _plan(self, arguments: dict[str, Any]) -> Said | None:
        if not self.people:
            return None
        return {
            "command": "resend",
            "arguments": {"site": arguments["site"]},
            "addresses": self.people,
            "total": len(self.people),
        }

    def _send(self, turn: Turn, name: str, arguments: dict[str, Any]) -> Said:
        address = arguments["address"]
        if address in self.skipped:
            return {"skipped": True}
        key = arguments.get("key") or turn["message_id"]
        if address in self.refused:
            said = receipt("recovery.requested", address, key, "refused")
            return {"receipts": [said]}
        self.mails[address] += 1
        return {
            "acted": True,
            "receipts": [receipt("recovery.requested", address, key)],
        }


def receipt(action: str, address: str, key: str, result: str = "accepted") -> Said:
    """Return a receipt as the actions give it."""
    return {
        "action": action,
        "kind": "invite",
        "address": address or None,
        "key": key,
        "result": result,
        "expires_at": (datetime.now(UTC) + LIFE).isoformat(),
    }
