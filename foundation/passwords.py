"""Passwords: the rules for choosing one, and the argon2 hashes that are kept of it."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 256
# The second of the settings that OWASP recommends: argon2id, 19 MiB, two passes.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def password_problem(password: str, *, email: str) -> str | None:
    """Return the code of the rule that a chosen password breaks, if any."""
    if len(password) < SHORTEST_PASSWORD:
        return "password_too_short"
    if len(password) > LONGEST_PASSWORD:
        return "password_too_long"
    if password.strip().lower() in {email, email.partition("@")[0]}:
        return "password_is_address"
    if len(set(password)) == 1:
        return "password_one_letter"
    return None


def hash_password(password: str) -> str:
    """Return the argon2id hash that is stored."""
    return _HASHER.hash(password)


def is_password(password: str, password_hash: str | None) -> bool:
    """Tell whether a password is right, in the same time when there is no hash."""
    try:
        _HASHER.verify(password_hash or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash("a password that nobody has")
