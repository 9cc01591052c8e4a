"""Sealing what must be neither read nor made up by whoever holds it."""

import base64

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from foundation.secret import Secret


def sealer(secret: Secret, purpose: str) -> MultiFernet:
    """Return what seals and opens for one purpose; the seals of others do not fit.

    What was sealed with a former secret opens too; `rotate` seals it anew.
    """
    return MultiFernet([_seal(value, purpose) for value in secret.all])


def _seal(secret: str, purpose: str) -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=f"latchkey {purpose}".encode())
    return Fernet(base64.urlsafe_b64encode(derived.derive(secret.encode())))
