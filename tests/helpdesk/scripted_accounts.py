"""A real HTTP server in the account backend's place, for what becomes of links."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.helpdesk.scripted_server import (
    Script,
    ScriptedServer,
    reply,
    run_scripted_server,
)

ISSUED, ENDED = "2026-11-20T09:00:00+00:00", "2026-11-23T09:00:00+00:00"
REFERENCE = "r.eference_for-tests"


def at(moment: str) -> datetime:
    """Return a moment of an inspection."""
    return datetime.fromisoformat(moment).astimezone(UTC)


def inspection(state: str = "expired", **more: Any) -> dict[str, Any]:
    """Return what the backend says of a link."""
    is_known = state != "unknown"
    times = {"used": "used_at", "replaced": "replaced_at"}
    return {
        "state": state,
        "purpose": "invite" if is_known else None,
        "issued_at": ISSUED if is_known else None,
        "expires_at": ENDED if is_known else None,
        "used_at": None,
        "replaced_at": None,
        **({times[state]: ENDED} if state in times else {}),
        "withdrawn_at": None,
        "reference": REFERENCE if is_known else None,
        "is_ours": is_known,
        **more,
    }


class ScriptedAccounts:
    """Says of every link what a test tells it to."""

    def __init__(self, server: ScriptedServer) -> None:
        self.server = server
        self.url = server.url
        server.script = self._answer
        self.reset()

    def reset(self) -> None:
        """Know no link, and forget those so far."""
        self.links: list[str] = []
        self.found: dict[str, Any] = inspection("unknown")
        self.trouble: Script | None = None

    def hang(self) -> None:
        """Never answer."""
        self.trouble = self.server.hang

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        assert handler.path == "/v1/links/inspect", handler.path
        self.links.append(json.loads(handler.body)["link"])  # type: ignore[attr-defined]
        script = self.trouble or reply(200, json.dumps(self.found).encode())
        script(handler)


@contextmanager
def run_scripted_accounts() -> Iterator[ScriptedAccounts]:
    """Run one for the length of a test."""
    with run_scripted_server() as server:
        yield ScriptedAccounts(server)
