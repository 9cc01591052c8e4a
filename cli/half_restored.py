"""The mark of a restore that did not come to its end: some of it is in place, some not."""

from pathlib import Path

from cli.console import fail


def half_restored_mark(state: Path) -> Path:
    """Return the file that is there while a restore puts things in their places."""
    return state / "half-restored"


def refuse_half_restored(state: Path) -> None:
    """End the command if an installation was restored by half."""
    if half_restored_mark(state).exists():
        fail("A restore did not come to its end. Run `./latchkey restore` again first.")
