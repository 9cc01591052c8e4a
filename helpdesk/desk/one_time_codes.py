"""One-time codes (TOTP) of agents, and the recovery codes for whoever lost the device.

The secret that both sides share rests sealed with a key that is derived from the service's
secret; recovery codes rest as digests. Each code of either kind works once.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import pyotp
import segno
from cryptography.fernet import InvalidToken
from sqlalchemy import Executable, bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from foundation.seals import sealer
from foundation.secret import Secret
from helpdesk.desk.audit import Who, agent_name, write_audit
from helpdesk.store.models import Agent, RecoveryCode
from helpdesk.store.rows import add, change, table_of

STEP_S = 30
SKEW = (0, -1, 1)  # steps that a clock may be off
SET_UP_WITHIN_S = 3600
RECOVERY_CODES = 10
# 80 bits in groups of four, of letters and digits that are not taken for each other.
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
CODE_LETTERS = 16
GROUP = 4

_AGENT, _RECOVERY = table_of(Agent).c, table_of(RecoveryCode).c
_USE_STEP = (
    update(table_of(Agent))
    .where(
        _AGENT.id == bindparam("of_agent"), _AGENT.totp_last_step < bindparam("step")
    )
    .values(totp_last_step=bindparam("step"))
)
_OWN = _RECOVERY.agent_id == bindparam("of_agent")
_FORGET_ALL = delete(table_of(RecoveryCode)).where(_OWN)
_USE = _FORGET_ALL.where(_RECOVERY.digest == bindparam("of_code"))
_LEFT = select(func.count()).select_from(table_of(RecoveryCode)).where(_OWN)


class OneTimeCodes:
    """Makes, seals and checks the codes.

    Args:
        secret: The service's secret, which the key of the seals is derived from.
        issuer: What the agent's app will call us.
    """

    def __init__(self, secret: Secret, issuer: str) -> None:
        self._seals = sealer(secret, "one-time codes")
        self._newest = sealer(Secret(secret.current), "one-time codes")
        self._issuer = issuer

    def offer(self, agent_id: UUID, now: datetime) -> str:
        """Return a new secret, sealed, for this agent to try within the hour."""
        words = f"{agent_id.hex}{pyotp.random_base32()}".encode()
        return self._seals.encrypt_at_time(words, int(now.timestamp())).decode()

    def open_offer(self, agent_id: UUID, sealed: str, now: datetime) -> str | None:
        """Return the secret of an offer that is this agent's and still good."""
        return self._open(agent_id, sealed, SET_UP_WITHIN_S, now)

    def uri(self, email: str, secret: str) -> str:
        """Return what the agent's app is told, also without a picture."""
        return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=self._issuer)

    def picture(self, email: str, secret: str) -> str:
        """Return the same as a picture to scan: an SVG in the address of an image."""
        code = segno.make_qr(self.uri(email, secret), error="m")
        return code.svg_data_uri(scale=5, border=4, dark="#000", light="#fff")

    def accept(
        self, session: Session, agent_id: UUID, sealed: str, code: str, now: datetime
    ) -> bool:
        """Keep an offered secret if the code shows that the agent's app has it."""
        secret = self.open_offer(agent_id, sealed, now)
        step = secret and _step_of(secret, code, now)
        if not step:
            return False
        kept = {"totp_secret": sealed, "totp_last_step": step}
        return change(session, Agent, {"id": agent_id}, **kept)

    def use(self, session: Session, agent: Agent, code: str, now: datetime) -> bool:
        """Tell whether a code is right, and make sure that it never is again."""
        secret = self._open(agent.id, agent.totp_secret or "", None, now)
        step = secret and _step_of(secret, code, now)
        if not step:
            return False
        named = {"of_agent": agent.id, "step": step}
        is_used = _did_one(session, _USE_STEP, named)
        if is_used:
            self._seal_anew(session, agent)
        return is_used

    def _seal_anew(self, session: Session, agent: Agent) -> None:
        """Seal with the current secret what a former one sealed."""
        sealed = (agent.totp_secret or "").encode()
        try:
            self._newest.decrypt(sealed)
        except InvalidToken:
            anew = self._seals.rotate(sealed).decode()
            change(session, Agent, {"id": agent.id}, totp_secret=anew)

    def _open(
        self, agent_id: UUID, sealed: str, within_s: int | None, now: datetime
    ) -> str | None:
        try:
            if within_s is None:
                words = self._seals.decrypt(sealed.encode()).decode()
            else:
                moment = int(now.timestamp())
                words = self._seals.decrypt_at_time(
                    sealed.encode(), within_s, moment
                ).decode()
        except InvalidToken:
            return None
        owner, secret = words[:32], words[32:]
        return secret if owner == agent_id.hex else None


def reset_codes(session: Session, who: Who, agent_id: UUID, now: datetime) -> None:
    """Let an agent sign in by password alone again."""
    change(session, Agent, {"id": agent_id}, totp_secret=None, totp_last_step=0)
    session.execute(_FORGET_ALL, {"of_agent": agent_id})
    write_audit(session, who, "agent.codes_removed", agent_name(agent_id), now)


def make_recovery_codes(session: Session, agent_id: UUID) -> list[str]:
    """Replace an agent's recovery codes by new ones, and return those, this once."""
    codes = [_make_code() for _ in range(RECOVERY_CODES)]
    session.execute(_FORGET_ALL, {"of_agent": agent_id})
    add(session, *(RecoveryCode(agent_id=agent_id, digest=_digest(c)) for c in codes))
    return codes


def use_recovery_code(session: Session, agent_id: UUID, code: str) -> bool:
    """Tell whether it is one of the agent's recovery codes, and use it up."""
    named = {"of_agent": agent_id, "of_code": _digest(code)}
    return _did_one(session, _USE, named)


def count_recovery_codes(session: Session, agent_id: UUID) -> int:
    """Return how many of an agent's recovery codes are left."""
    return session.scalar(_LEFT, {"of_agent": agent_id}) or 0


def _did_one(
    session: Session, statement: Executable, named: Mapping[str, object]
) -> bool:
    return bool(cast(Any, session.execute(statement, named)).rowcount == 1)


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return the time step that a code belongs to, if it is one of those near now."""
    typed = "".join(code.split()).encode("utf-8", "replace")
    generator = pyotp.TOTP(secret, interval=STEP_S)
    current = int(now.timestamp()) // STEP_S
    for skew in SKEW:
        expected = generator.generate_otp(current + skew)
        if hmac.compare_digest(expected.encode(), typed):
            return current + skew
    return None


def _make_code() -> str:
    letters = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LETTERS))
    groups = range(0, CODE_LETTERS, GROUP)
    return "-".join(letters[at : at + GROUP] for at in groups)


def _digest(code: str) -> str:
    letters = "".join(letter for letter in code.lower() if letter.isalnum())
    return hashlib.sha256(letters.encode("utf-8", "replace")).hexdigest()
