"""The file of a backup: a compressed tar archive, sealed if there is a passphrase."""

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from cli.backup.contents import Member
from cli.backup.errors import BackupError, DamagedError
from cli.backup.sealing import SEALED, OpeningReader, SealingWriter

GZIP = b"\x1f\x8b"
LEVEL = 6
LARGEST_MEMBER = 64 << 20  # ours are a row or a megabyte
BLOCK = 1 << 16


class Archive:
    """An archive that is being written; it keeps count of what is in it."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.members: dict[str, Member] = {}

    def add(self, name: str, content: bytes) -> None:
        """Append a file."""
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(content), 0o600
        self._tar.addfile(info, io.BytesIO(content))
        self.members[name] = member_of(content)


def member_of(content: bytes) -> Member:
    """Return what the manifest says of a file."""
    return Member(len(content), hashlib.sha256(content).hexdigest())


@contextmanager
def written(file: BinaryIO, passphrase: str | None) -> Iterator[Archive]:
    """Yield an archive that is complete at the end."""
    sealing = SealingWriter(file, passphrase) if passphrase else None
    under = cast(BinaryIO, sealing or file)
    with (
        gzip.GzipFile(fileobj=under, mode="wb", compresslevel=LEVEL, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        yield Archive(tar)
    if sealing:
        sealing.finish()


@contextmanager
def read(path: Path, passphrase: str | None) -> Iterator[Iterator[tuple[str, bytes]]]:
    """Yield the files of an archive, each with its name, as they come.

    Raises:
        BackupError: It is none, or cannot be opened.
        DamagedError: While it is read.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}.") from error
    with file:
        yield _members(_opened(file, passphrase))


def _opened(file: BinaryIO, passphrase: str | None) -> BinaryIO:
    begin = file.read(len(SEALED))
    if begin == SEALED:
        if passphrase is None:
            raise BackupError("This backup is sealed. Give --passphrase-file.")
        unsealed = cast(io.RawIOBase, OpeningReader(file, passphrase))
        return io.BufferedReader(unsealed, BLOCK)
    if not begin.startswith(GZIP):
        raise BackupError("This is no backup of Latchkey.")
    file.seek(0)
    return file


def _members(file: BinaryIO) -> Iterator[tuple[str, bytes]]:
    try:
        with gzip.GzipFile(fileobj=file, mode="rb") as packed:
            with tarfile.open(fileobj=packed, mode="r|") as tar:
                for info in tar:
                    if not info.isreg() or info.size > LARGEST_MEMBER:
                        raise DamagedError
                    content = tar.extractfile(info)
                    assert content is not None
                    yield info.name, content.read()
            while packed.read(BLOCK):  # up to the end, where its checksum is
                pass
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DamagedError from error
