"""A small, real OpenID provider: a threaded HTTP server that signs what it says.

`run_openid_system()` yields an `OpenIdSystem`; a test changes what it claims, or stops it.
A browser is not needed: `authorize` follows the redirect as one would.
"""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT_ID, CLIENT_SECRET = "latchkey", "a secret that both know"


def new_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)


@dataclass
class OpenIdSystem:
    """What it says, and what it was asked."""

    issuer: str = ""
    key: RSAKey = field(default_factory=new_key)
    signing_key: RSAKey | None = None  # another than it publishes
    claims: dict[str, Any] = field(default_factory=dict)
    named: str | None = None  # another issuer in its own description
    status: int = 200  # of its token address
    is_away: bool = False
    looks: int = 0  # at its keys
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def reset(self) -> None:
        """Say the usual things again."""
        self.claims, self.named, self.status = {}, None, 200
        self.signing_key, self.is_away = None, False

    def authorize(self, url: str) -> dict[str, str]:
        """Do what the sign-in page does for a browser: return what it comes back with."""
        asked = {
            name: values[0] for name, values in parse_qs(urlsplit(url).query).items()
        }
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        assert {"openid", "email"} <= set(asked["scope"].split())
        code = uuid4().hex
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def exchange(
        self, sent: dict[str, str], authorization: str
    ) -> dict[str, Any] | None:
        """Return tokens for a code, once, to whoever began with its challenge."""
        asked = self.codes.pop(sent.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if asked is None or authorization != f"Basic {basic}":
            return None
        digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if challenge != asked["code_challenge"]:
            return None
        if sent["redirect_uri"] != asked["redirect_uri"]:
            return None
        now = int(time.time())
        said = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.claims,
        }
        said = {name: value for name, value in said.items() if value is not None}
        key = self.signing_key or self.key
        token = jwt.encode({"alg": "RS256", "kid": key.kid}, said, key)
        return {"access_token": uuid4().hex, "token_type": "Bearer", "id_token": token}

    def describe(self) -> dict[str, str]:
        """Return what it says about itself."""
        return {
            "issuer": self.named or self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }


@contextmanager
def run_openid_system() -> Iterator[OpenIdSystem]:
    """Run one on a free port."""
    system = OpenIdSystem()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(system))
    system.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield system
    finally:
        server.shutdown()
        server.server_close()


def _handler_of(system: OpenIdSystem) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if system.is_away:
                return self._answer(503, {})
            if self.path == "/.well-known/openid-configuration":
                return self._answer(200, system.describe())
            system.looks += 1
            return self._answer(200, KeySet([system.key]).as_dict(private=False))

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = parse_qs(self.rfile.read(length).decode())
            if system.is_away or system.status != 200:
                return self._answer(503 if system.is_away else system.status, {})
            sent = {name: values[0] for name, values in body.items()}
            said = system.exchange(sent, self.headers.get("Authorization", ""))
            if said is None:
                return self._answer(400, {"error": "invalid_grant"})
            return self._answer(200, said)

        def _answer(self, status: int, said: Any) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *values: Any) -> None:
            """Stay quiet."""

    return Handler
