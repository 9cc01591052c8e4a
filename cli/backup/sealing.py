"""A file that can be read with a passphrase only, written and read as a stream.

The key is made of the passphrase by scrypt; AES-GCM seals portions that carry their
number and whether they are the last, so that none can be changed, exchanged or left out.
"""

import io
import secrets
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from cli.backup.errors import BackupError

SEALED = b"latchkey sealed 1\n"
PORTION = 1 << 20
SALT_BYTES, PREFIX_BYTES, TAG_BYTES = 16, 7, 16
COST = 2**17  # 128 MB and some tenths of a second for each guess


class WrongPassphraseError(BackupError):
    """The file cannot be opened with this passphrase."""


class SealingWriter(io.RawIOBase):
    """Seals what is written to it; `finish` writes the end.

    Args:
        file: Where it goes.
        passphrase: Who knows it can read.
    """

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        self._file = file
        salt = secrets.token_bytes(SALT_BYTES)
        prefix = secrets.token_bytes(PREFIX_BYTES)
        self._portions = _Portions(SEALED + salt + prefix, passphrase)
        self._waiting = bytearray()
        file.write(self._portions.head)

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Seal what is whole; the rest waits, since it may be the end."""
        self._waiting += data
        while len(self._waiting) > PORTION:
            self._write(bytes(self._waiting[:PORTION]), is_last=False)
            del self._waiting[:PORTION]
        return len(data)

    def finish(self) -> None:
        """Write the end. Without it the file counts as cut off."""
        self._write(bytes(self._waiting), is_last=True)

    def _write(self, portion: bytes, *, is_last: bool) -> None:
        self._file.write(self._portions.seal(portion, is_last=is_last))


class OpeningReader(io.RawIOBase):
    """Reads what a `SealingWriter` has written.

    Args:
        file: Where from, after `SEALED`.
        passphrase: That it was sealed with.

    Raises:
        WrongPassphraseError: While reading: the passphrase, or the file, is wrong.
    """

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        self._file = file
        head = SEALED + file.read(SALT_BYTES + PREFIX_BYTES)
        self._portions = _Portions(head, passphrase)
        self._next = file.read(PORTION + TAG_BYTES)
        self._open = memoryview(b"")
        self._is_over = False

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        """Fill a buffer; 0 is the end, which was written as such."""
        while not self._open and not self._is_over:
            self._turn_over()
        count = min(len(buffer), len(self._open))
        buffer[:count] = self._open[:count]
        self._open = self._open[count:]
        return count

    def _turn_over(self) -> None:
        portion, self._next = self._next, self._file.read(PORTION + TAG_BYTES)
        self._is_over = not self._next
        try:
            opened = self._portions.open(portion, is_last=self._is_over)
        except InvalidTag as error:
            raise WrongPassphraseError(
                "The passphrase is not the one that the backup was sealed with, or the "
                "file is damaged or not complete."
            ) from error
        self._open = memoryview(opened)


class _Portions:
    """Numbers portions and seals or opens them in turn."""

    def __init__(self, head: bytes, passphrase: str) -> None:
        self.head = head
        salt = head[len(SEALED) : len(SEALED) + SALT_BYTES]
        self._prefix = head[len(SEALED) + SALT_BYTES :].ljust(PREFIX_BYTES, b"\0")
        key = Scrypt(salt, 32, COST, 8, 1).derive(passphrase.encode())
        self._cipher = AESGCM(key)
        self._number = 0

    def seal(self, portion: bytes, *, is_last: bool) -> bytes:
        return self._cipher.encrypt(self._nonce(is_last), portion, self.head)

    def open(self, portion: bytes, *, is_last: bool) -> bytes:
        if len(portion) < TAG_BYTES:
            raise InvalidTag
        return self._cipher.decrypt(self._nonce(is_last), portion, self.head)

    def _nonce(self, is_last: bool) -> bytes:
        number = self._number.to_bytes(4)
        self._number += 1
        return self._prefix + number + bytes([is_last])
