"""The client of the sign-in system (OpenID Connect) that vouches for agents.

Authorization code with PKCE, state and nonce. The ID token comes over TLS straight from
the system, and its signature is checked all the same.
"""

import json
import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from helpdesk.desk.vouching import Begun, SystemAwayError, VouchedFor, VouchingError
from helpdesk.settings import OpenIdSettings

WITHIN_S = (3.0, 5.0)  # to connect, to answer
KEEP_S = 3600.0  # what the system says about itself
ASK_AGAIN_S = 60.0  # for keys, when a token names one that is not known
LEEWAY_S = 60
SCOPE = "openid email profile"
# What only the system can sign; a key that both sides know would not do.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384"]
WRONG = (JoseError, AuthlibBaseError, KeyError, TypeError, ValueError)


@dataclass(frozen=True)
class _System:
    """What the system says about itself."""

    issuer: str
    authorize_url: str
    token_url: str
    keys: KeySet
    read_at: float


class OpenIdClient:
    """Talks to the sign-in system; used by threads.

    Args:
        settings: Which system, and what it knows us by.
        return_url: Where it sends browsers back to.
    """

    def __init__(self, settings: OpenIdSettings, return_url: str) -> None:
        self._settings = settings
        self._return_url = return_url
        self._lock = threading.Lock()
        self._known: _System | None = None

    def begin(self) -> Begun:
        """See `VouchingSystem`."""
        system = self._system()
        state, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        verifier = secrets.token_urlsafe(48)
        with self._session() as session:
            url, _ = session.create_authorization_url(
                system.authorize_url, state=state, code_verifier=verifier, nonce=nonce
            )
        return Begun(url, state, nonce, verifier)

    def finish(self, code: str, nonce: str, verifier: str) -> VouchedFor:
        """See `VouchingSystem`."""
        system = self._system()
        try:
            with self._session() as session:
                tokens = session.fetch_token(
                    system.token_url, code=code, code_verifier=verifier
                )
            claims = self._read(str(tokens["id_token"]), tokens, nonce)
        except requests.RequestException as error:
            raise SystemAwayError("The sign-in system does not answer.") from error
        except WRONG as error:
            raise VouchingError("The sign-in system vouches for nobody.") from error
        return VouchedFor(
            issuer=system.issuer,
            subject=str(claims["sub"]),
            email=str(claims.get("email") or ""),
            is_email_verified=claims.get("email_verified") is True,
            name=str(claims.get("name") or ""),
        )

    def _read(self, token: str, tokens: dict[str, Any], nonce: str) -> dict[str, Any]:
        system = self._system()
        try:
            decoded = jwt.decode(token, system.keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            # Perhaps it is signed with a new key; made-up ones must not cost a look each.
            if time.monotonic() < system.read_at + ASK_AGAIN_S:
                raise
            system = self._system(is_fresh=True)
            decoded = jwt.decode(token, system.keys, algorithms=ALGORITHMS)
        options = {
            "iss": {"essential": True, "value": system.issuer},
            "aud": {"essential": True, "value": self._settings.client_id},
            "nonce": {"essential": True, "value": nonce},
        }
        expected = {
            "nonce": nonce,
            "client_id": self._settings.client_id,
            "access_token": tokens.get("access_token"),
        }
        claims = CodeIDToken(decoded.claims, decoded.header, options, expected)
        claims.validate(leeway=LEEWAY_S)
        return dict(decoded.claims)

    def _system(self, *, is_fresh: bool = False) -> _System:
        with self._lock:
            known = self._known
            if known and not is_fresh and time.monotonic() < known.read_at + KEEP_S:
                return known
            self._known = self._discover()
            return self._known

    def _discover(self) -> _System:
        issuer = self._settings.issuer
        try:
            said = _fetch(f"{issuer}/.well-known/openid-configuration")
            if str(said["issuer"]).rstrip("/") != issuer:
                raise VouchingError("The sign-in system is another than configured.")
            return _System(
                issuer=str(said["issuer"]),
                authorize_url=str(said["authorization_endpoint"]),
                token_url=str(said["token_endpoint"]),
                keys=KeySet.import_key_set(_fetch(str(said["jwks_uri"]))),  # type: ignore[arg-type]
                read_at=time.monotonic(),
            )
        except requests.RequestException as error:
            raise SystemAwayError("The sign-in system does not answer.") from error
        except WRONG as error:
            raise VouchingError("The sign-in system cannot be understood.") from error

    def _session(self) -> OAuth2Session:
        return OAuth2Session(
            self._settings.client_id,
            self._settings.client_secret,
            scope=SCOPE,
            redirect_uri=self._return_url,
            code_challenge_method="S256",
            default_timeout=WITHIN_S,
        )


def _fetch(url: str) -> dict[str, Any]:
    answer = requests.get(url, timeout=WITHIN_S, allow_redirects=False)
    answer.raise_for_status()
    said = json.loads(answer.content)
    if not isinstance(said, dict):
        raise TypeError("not an object")
    return said
