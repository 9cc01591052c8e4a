"""What the commands say about backups, to people and as JSON."""

from pathlib import Path
from typing import Any

from cli.backup.checking import Checked
from cli.backup.restoring import Restored
from cli.backup.taking import Taken
from cli.console import err


def as_json_object(file: Path, found: Taken | Checked) -> dict[str, Any]:
    """Return what a backup is."""
    head, manifest = found.head, found.manifest
    return {
        "file": str(file),
        "bytes": file.stat().st_size,
        "id": head.id,
        "taken_at": head.taken_at.isoformat(),
        "product_version": head.product_version,
        "mark": {"number": manifest.mark.number, "digest": manifest.mark.digest},
        "versions": {name: each.version for name, each in head.databases.items()},
        "rows": manifest.rows,
        "keys": head.keys,
    }


def say_found(found: dict[str, Any]) -> None:
    """Say what a backup is."""
    total = sum(sum(rows.values()) for rows in found["rows"].values())
    size = f"{found['bytes'] / 1e6:.1f} MB"
    what = " and ".join(found["rows"])
    err.print(
        f"[green]✓[/] {found['file']}: {total} rows of {what}, {size}", soft_wrap=True
    )
    err.print(f"  all that was acknowledged until {found['taken_at']}")
    mark = found["mark"]
    err.print(f"  audit record {mark['number']}:{mark['digest']}", soft_wrap=True)
    err.print(f"  {len(found['keys']) or 'no'} secrets of the installation")


def restored_as_json(file: Path, restored: Restored) -> dict[str, Any]:
    """Return what a restore came to."""
    erased = [{"at": e.at.isoformat(), "target": e.target} for e in restored.erased]
    return as_json_object(file, restored.backup) | {
        "aside": restored.aside,
        "audit": {"number": restored.chain.entries, "digest": restored.chain.digest},
        "erased_since": erased,
    }


def say_restored(restored: Restored) -> None:
    """Say what a restore came to, and what is left to do."""
    head = restored.backup.head
    taken = head.taken_at.isoformat(timespec="seconds")
    err.print(
        f"[green]✓[/] {restored.backup.total} rows are restored, as of {taken}.",
        soft_wrap=True,
    )
    chain = restored.chain
    err.print(
        f"  The audit record is whole: {chain.entries}:{chain.digest}", soft_wrap=True
    )
    if restored.aside:
        err.print(f"  What was there before is kept as {restored.aside}.")
    for each in restored.erased:
        when = each.at.isoformat(timespec="seconds")
        err.print(f"[yellow]![/] {each.target} was erased {when} and is back now.")
    err.print(
        f"What was done after {taken} is not in it: run each `erase` since then again, "
        "and deactivate again who has left.",
        soft_wrap=True,
    )
