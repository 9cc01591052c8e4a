"""`backup` and `restore`: all that an installation keeps, in one file and back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError
from typer.core import TyperGroup

from cli.backup.checking import check
from cli.backup.errors import BackupError
from cli.backup.folder import delete_old, new_file, place_in
from cli.backup.installation import Installation
from cli.backup.reports import (
    as_json_object,
    restored_as_json,
    say_found,
    say_restored,
)
from cli.backup.restoring import restore
from cli.backup.surroundings import Wishes
from cli.backup.taking import Telling, take
from cli.console import err, fail, print_json
from cli.stack import Ports, PortTakenError
from foundation.clock import SystemClock
from foundation.environment import SettingsError

SHORTEST_PASSPHRASE = 12
WRONG_USE = 2

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
File = Annotated[Path, typer.Argument(help="The file of a backup.")]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(help="A file with the passphrase that seals and opens the backup."),
]


class _TakingGroup(TyperGroup):
    """`backup FILE` takes one: what is no command of the group is its argument."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        if args and args[0] not in {*self.commands, "--help"}:
            args = ["take", *args]
        return super().parse_args(ctx, args)


backup = typer.Typer(
    cls=_TakingGroup,
    help="Take a backup while everything runs: ./latchkey backup FILE",
    no_args_is_help=True,
)


@backup.command("take")
def take_backup(
    place: Annotated[
        Path, typer.Argument(help="The file to write, or a folder with --keep.")
    ],
    keep: Annotated[
        int | None,
        typer.Option(
            min=1, help="Name the file by its moment, and keep so many in the folder."
        ),
    ] = None,
    without_keys: Annotated[
        bool,
        typer.Option("--without-keys", help="Leave the installation's secrets out."),
    ] = False,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Write everything that is kept into one file, while everything runs.

    The record with its files, the account backend's database, and the secrets of the
    state folder. Guard it like the machine itself, or seal it with --passphrase-file.
    """
    clock, began = SystemClock(), monotonic()
    passphrase = _passphrase(passphrase_file)
    if place.is_dir() != bool(keep):
        fail("Name a new file, or a folder together with --keep.", WRONG_USE)
    file_name = place_in(place, clock.now()) if keep else place
    with _in_words("The backup"), _told() as tell:
        with new_file(file_name) as file:
            taken = take(
                Installation.here(),
                file,
                passphrase,
                clock,
                with_keys=not without_keys,
                tell=tell,
            )
        deleted = delete_old(place, keep) if keep else []
    found = as_json_object(file_name, taken) | {"is_sealed": passphrase is not None}
    if as_json:
        seconds = round(monotonic() - began, 2)
        print_json(found | {"deleted": deleted, "seconds": seconds})
        return
    say_found(found)
    if not passphrase:
        what = "the secrets of this installation and " if taken.head.keys else ""
        err.print(f"[yellow]![/] Whoever has the file has {what}all that people wrote.")
    if deleted:
        err.print(f"  {len(deleted)} older ones are deleted")


@backup.command("verify")
def verify_backup(
    file: File, passphrase_file: PassphraseFile = None, as_json: AsJson = False
) -> None:
    """Check a backup from end to end without restoring it; exit status 1 if it is bad."""
    with _in_words("The backup"), _told() as tell:
        tell("looking at the whole backup")
        checked = check(file, _passphrase(passphrase_file))
    if as_json:
        print_json(as_json_object(file, checked) | {"is_right": True})
    else:
        say_found(as_json_object(file, checked))


def restore_backup(
    file: File,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Keep what is there aside, and take its place."),
    ] = False,
    other_keys: Annotated[
        bool,
        typer.Option(
            "--other-keys", help="Go on without the secrets of the backup's moment."
        ),
    ] = False,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Make an installation of a backup, with Latchkey stopped.

    The databases may be of another kind than those of the backup: SQLite or PostgreSQL,
    as the environment says. Nothing is touched before the whole backup was looked at,
    and what was there stays until everything new is complete.
    """
    try:
        Ports.from_environment().check_free()
    except PortTakenError as error:
        fail(str(error))
    wishes = Wishes(replace, other_keys)
    passphrase = _passphrase(passphrase_file)
    with _in_words("The restore"), _told() as tell:
        restored = restore(
            file, passphrase, Installation.here(), SystemClock(), wishes, tell
        )
    if as_json:
        print_json(restored_as_json(file, restored))
    else:
        say_restored(restored)


@contextmanager
def _in_words(what: str) -> Iterator[None]:
    """Say in a line what went wrong."""
    try:
        yield
    except (BackupError, SettingsError) as error:
        fail(str(error))
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip()
        fail(f"{what} was not made, the database cannot be used: {reason}")
    except OSError as error:
        fail(f"{what} was not made: {error.filename or ''} {error.strerror}.")


@contextmanager
def _told() -> Iterator[Telling]:
    """Yield what shows people how far it is."""
    with err.status("") as status:
        yield lambda words: status.update(words)


def _passphrase(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        words = file.read_text("utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError):
        fail(f"{file} cannot be read as a passphrase.", WRONG_USE)
    if len(words) < SHORTEST_PASSPHRASE:
        fail(f"A passphrase has at least {SHORTEST_PASSPHRASE} characters.", WRONG_USE)
    return words
