"""An account backend with what staff may see, as a test writes it down; it counts calls."""

from __future__ import annotations

import contextlib
import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Json = dict[str, Any]
HANG_S = 15.0


def at(**ago: float) -> str:
    """Return the moment that long ago."""
    return (datetime.now(UTC) - timedelta(**ago)).isoformat()


def invitation(email: str, state: str = "expired", **changes: Any) -> Json:
    """Return an invitation that was sent a week ago."""
    return {
        "email": email,
        "state": state,
        "first_name": "Ana",
        "last_name": "Costa",
        "site": "Harbour House",
        "issued_at": at(days=7),
        "expires_at": at(days=4),
        "accepted_at": at(days=1) if state == "accepted" else None,
        **changes,
    }


def account(email: str, state: str = "invited", **changes: Any) -> Json:
    """Return an account; who is invited has an expired invitation."""
    invited = invitation(email) if state == "invited" else None
    return {
        "email": email,
        "state": state,
        "role": "member",
        "first_name": "Ana",
        "last_name": "Costa",
        "site": "Harbour House",
        "created_at": at(days=30),
        "confirmed_at": at(days=29) if state in ("active", "locked") else None,
        "last_login_at": None,
        "invitation": invited,
        **changes,
    }


def delivery(
    email: str, state: str = "accepted", reason: str | None = None, **changes: Any
) -> Json:
    """Return what became of a mail an hour ago."""
    moment = at(hours=1)
    return {
        "id": "d1",
        "email": email,
        "letter": "invitation",
        "state": state,
        "reason": reason,
        "attempts": 1,
        "queued_at": moment,
        "updated_at": moment,
        "events": [{"state": state, "at": moment, "reason": reason}],
        **changes,
    }


def recovery(key: str, email: str | None, **changes: Any) -> Json:
    """Return a recovery that was carried out, with a link."""
    link = {"purpose": "invite", "state": "valid", "issued_at": at(minutes=1)}
    return {
        "key": key,
        "email": email,
        "kind": "invite",
        "requested_at": at(minutes=1),
        "state": "done",
        "letter": "invitation",
        "delivery": delivery(email or "", letter="invitation"),
        "link": {**link, "expires_at": at(hours=-71)},
        "withdrawn_at": None,
        **changes,
    }


class StaffBackend:
    """Knows what is put into its lists; `broken` names paths and how they fail.

    `asked` are the recoveries that were asked for, `calls` all calls; `after` becomes of
    a recovery once it was asked for.
    """

    def __init__(self) -> None:
        self.accounts: dict[str, Json] = {}
        self.suppressions: dict[str, Json] = {}
        self.deliveries: dict[str, list[Json]] = {}
        self.recoveries: dict[str, Json] = {}
        self.invitations: list[Json] = []
        self.sites: list[str] = ["Harbour House"]
        self.after: Json = {}
        self.asked: list[Json] = []
        self.calls: list[tuple[str, str]] = []
        self.broken: dict[str, tuple[int, str]] = {}
        self.slow: set[str] = set()
        self.release = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> StaffBackend:
        serve = self._http.serve_forever
        threading.Thread(target=serve, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.release.set()
        self._http.shutdown()
        self._http.server_close()

    @property
    def writes(self) -> list[tuple[str, str]]:
        """The calls that may change something."""
        return [each for each in self.calls if each[0] != "GET"]

    def knows(self, email: str, state: str = "invited", **changes: Any) -> Json:
        """Give somebody an account."""
        self.accounts[email] = account(email, state, **changes)
        return self.accounts[email]

    def answer(self, method: str, target: str, body: Json, key: str | None) -> Any:
        """Return status and body of an answer."""
        url = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        parts = [unquote(part) for part in url.path.split("/")[2:]]
        self.calls.append((method, parts[0]))
        if parts[0] in self.slow or f"{method} {parts[0]}" in self.slow:
            self.release.wait(HANG_S)
        for name in (parts[0], f"{method} {parts[0]}"):
            if name in self.broken:
                status, code = self.broken[name]
                return status, {"code": code, "message": "no"}
        answer = getattr(self, f"_{parts[0]}")
        return answer(method, parts[1:], query, {**body, "key": key})

    def _accounts(self, method: str, rest: list[str], query: Json, _: Json) -> Any:
        if rest:
            found = self.accounts.get(rest[0])
            return _or_none(found, "no_account")
        part = query["query"].casefold()
        found_all = [a for a in self.accounts.values() if part in str(a).casefold()]
        limit = int(query["limit"])
        more = len(found_all) > limit
        return 200, {"accounts": found_all[:limit], "more": more}

    def _suppressions(self, method: str, rest: list[str], query: Json, _: Json) -> Any:
        if method == "DELETE":
            self.suppressions.pop(query["email"], None)
            return 204, None
        return 200, {"suppression": self.suppressions.get(query["email"])}

    def _deliveries(self, method: str, rest: list[str], query: Json, _: Json) -> Any:
        return 200, {"deliveries": self.deliveries.get(query["email"], [])}

    def _sites(self, *_: Any) -> Any:
        return 200, {"sites": self.sites}

    def _invitations(self, method: str, rest: list[str], query: Json, _: Json) -> Any:
        wanted = [i for i in self.invitations if i["state"] == query["state"]]
        if "site" in query:
            wanted = [i for i in wanted if i["site"] == query["site"]]
        begin = int(query.get("after", 0))
        page, end = wanted[begin : begin + 500], begin + 500
        has_more = end < len(wanted)
        following = str(end) if has_more else None
        return 200, {"invitations": page, "more": has_more, "next": following}

    def _recoveries(self, method: str, rest: list[str], _: Json, body: Json) -> Any:
        if not rest:
            self.asked.append(body)
            key = str(body["key"])
            made = recovery(key, body.get("email"), kind=body["kind"], **self.after)
            self.recoveries.setdefault(key, made)
            return 202, {"status": "queued"}
        known = self.recoveries.get(rest[0])
        if known and method == "POST":
            known["withdrawn_at"] = at(seconds=0)
        return _or_none(known, "no_recovery")

    def _handler(outer) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - the class inside is `self`
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                size = int(self.headers["Content-Length"] or 0)
                body = json.loads(self.rfile.read(size) or b"{}")
                key = self.headers["Idempotency-Key"]
                status, said = outer.answer(self.command, self.path, body, key)
                content = b"" if said is None else json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_DELETE = do_GET  # noqa: N815 - http.server's names

            def log_message(self, *_: Any) -> None:
                pass

            def handle(self) -> None:
                # the client gave up on us
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    super().handle()

        return Handler


def _or_none(found: Json | None, code: str) -> Any:
    return (200, found) if found else (404, {"code": code, "message": "none"})
