"""Identities that an embedding site vouches for: short-lived JWTs, bound to us."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

from foundation.environment import SettingsError
from helpdesk.desk.errors import UnauthorizedError
from helpdesk.desk.redaction import redact

log = logging.getLogger(__name__)

AUDIENCE = "latchkey"
LONGEST_LIFE_S = 600
LEEWAY_S = 30
LONGEST_TOKEN = 4_000
LONGEST_FIELD = 200
LONGEST_ADDRESS = 254
UNREADABLE = (OSError, ValueError, LookupError, TypeError, jwt.PyJWTError)
# What the help desk calls itself: no site vouches for its people.
OWN_ISSUERS = "latchkey:"
ALGORITHMS = {"oct": ["HS256"], "RSA": ["RS256"], "EC": ["ES256"], "OKP": ["EdDSA"]}


@dataclass(frozen=True)
class Identity:
    """A signed-in person of the embedding site."""

    issuer: str
    subject: str
    name: str | None
    email: str | None


class IdentityVerifier:
    """Checks identities with the keys of a JWK set; several keys allow rotation.

    The file is read again when it changes, so a key is added or withdrawn without a
    restart. Without a file nobody is identified.
    """

    def __init__(self, keys: Path | None) -> None:
        self._path = keys
        self._read_at = 0
        self._keys: dict[str, jwt.PyJWK] = {}
        if keys is not None:
            self._reload(keys)

    def verify(self, token: str) -> Identity:
        """Return who the token is about.

        Raises:
            UnauthorizedError: It is not valid here and now.
        """
        if self._path is not None:
            self._reload(self._path)
        if len(token) > LONGEST_TOKEN:
            raise UnauthorizedError("The identity is too long.")
        try:
            key = self._keys[str(jwt.get_unverified_header(token).get("kid"))]
            claims = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS[str(key.key_type)],
                audience=AUDIENCE,
                leeway=LEEWAY_S,
                options={"require": ["exp", "iat", "sub", "iss", "aud"]},
            )
        except KeyError as error:
            raise UnauthorizedError("The identity names no key of ours.") from error
        except jwt.InvalidTokenError as error:
            raise UnauthorizedError("The identity is not valid.") from error
        if int(claims["exp"]) - int(claims["iat"]) > LONGEST_LIFE_S:
            raise UnauthorizedError("The identity is valid for too long.")
        return _identity(claims)

    def _reload(self, path: Path) -> None:
        try:
            changed_at = path.stat().st_mtime_ns
            if changed_at == self._read_at:
                return
            # Key by key: a set without any is how the last key is withdrawn.
            listed = json.loads(path.read_text("utf-8"))["keys"]
            keys = [jwt.PyJWK.from_dict(key) for key in listed]
        except UNREADABLE as error:
            name = "LATCHKEY_IDENTITY_KEYS_FILE"
            if self._read_at:  # perhaps in the middle of a change
                log.warning("%s is no JWK set; the keys from before hold", name)
                return
            raise SettingsError(f"{name}: {path} is no JWK set.") from error
        self._keys = {str(key.key_id): key for key in keys if key.key_id}
        self._read_at = changed_at


def _identity(claims: dict[str, Any]) -> Identity:
    issuer, subject = str(claims["iss"]), str(claims["sub"])
    if not subject or max(len(issuer), len(subject)) > LONGEST_FIELD:
        raise UnauthorizedError("The identity has no usable subject.")
    if issuer.startswith(OWN_ISSUERS):
        raise UnauthorizedError("The identity names an issuer that is not a site.")
    name, email = claims.get("name"), claims.get("email")
    return Identity(
        issuer,
        subject,
        redact(name[:LONGEST_FIELD]).text if isinstance(name, str) else None,
        email[:LONGEST_ADDRESS] if isinstance(email, str) else None,
    )
