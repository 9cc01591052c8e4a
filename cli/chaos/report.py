"""The report of a run: one object for programs, a table for people."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from cli.chaos.count import Counts, silence_of
from cli.chaos.guards import GUARDS
from cli.chaos.plan import Fault
from cli.chaos.story import Story

LONGEST_SILENCE_S = 15.0
LONGEST_RECOVERY_S = 10.0
COUNTED = ("lost", "doubled", "out_of_order", "repeated_effects", "wrong_answers")

Json = dict[str, Any]


@dataclass
class Event:
    """One fault as it was.

    Attributes:
        fault: What was planned.
        began_at: When.
        ended_at: When nothing was broken any more.
        back_s: How many seconds later answers were as quick as in calm; None if never.
        silence_s: The longest time that somebody heard no word meanwhile.
    """

    fault: Fault
    began_at: float
    ended_at: float
    back_s: float | None = None
    silence_s: float = 0.0


@dataclass
class Run:
    """What is known of a run besides its stories."""

    seed: int
    began_at: float
    ended_at: float = 0.0
    calm_p95_s: float = 0.0
    guards: Sequence[str] = ()
    events: list[Event] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    restarts: dict[str, int] = field(default_factory=dict)
    drops: int = 0
    conversations: int = 0


def note_silences(events: Sequence[Event], stories: Iterable[Story]) -> None:
    """Note with each fault the longest silence that fell into its time."""
    spans = [
        (each, each.began_at, each.ended_at + (each.back_s or 0)) for each in events
    ]
    for story in stories:
        for asked in story.asked:
            silence_s = silence_of(asked, story.end_at)
            until = asked.asked_at + silence_s
            for event, begin, end in spans:
                if asked.asked_at < end and until > begin:
                    event.silence_s = max(event.silence_s, silence_s)


def make_report(run: Run, counts: Counts) -> Json:
    """Return the object that `--json` prints."""
    report: Json = {
        "accepted": counts.accepted,
        "answered": counts.answered,
        "lost": counts.lost,
        "doubled": counts.doubled,
        "out_of_order": counts.out_of_order,
        "repeated_effects": counts.repeated_effects,
        "longest_silence_s": round(counts.longest_silence_s, 2),
        "faults": _by_kind(run.events),
        "back_to_normal_s": _slowest(run.events),
        "wrong_answers": counts.wrong_answers,
        "lost_because": dict(+counts.lost_because),
        "mails_delivered_again": counts.mails_delivered_again,
        "longest_wait_s": round(counts.longest_wait_s, 2),
        "calm_p95_ms": round(run.calm_p95_s * 1e3, 1),
        "sent": counts.sent,
        "conversations": run.conversations,
        "lines_lost": run.drops,
        "restarts": run.restarts,
        "skipped": run.skipped,
        "broken_guards": _noticed(run.guards, counts),
        "seed": run.seed,
        "took_s": round(run.ended_at - run.began_at, 1),
        "events": [_event(each, run.began_at) for each in run.events],
    }
    report["broken"] = find_broken(report)
    return report


def find_broken(report: Json) -> list[str]:
    """Return the names of the figures that are not as promised."""
    broken = [name for name in COUNTED if report[name]]
    if report["answered"] < report["accepted"]:
        broken.append("answered")
    if report["longest_silence_s"] > LONGEST_SILENCE_S:
        broken.append("longest_silence_s")
    back_s = report["back_to_normal_s"]
    if back_s is None or back_s > LONGEST_RECOVERY_S:
        broken.append("back_to_normal_s")
    return broken


def print_report(report: Json, out: Console) -> None:
    """Print it for people."""
    table = Table("Fault", "Count", "Longest silence", "Back to normal")
    for kind, each in report["faults"].items():
        back = each["back_to_normal_s"]
        table.add_row(
            kind,
            str(each["count"]),
            f"{each['longest_silence_s']:.1f} s",
            "never" if back is None else f"{back:.1f} s",
        )
    out.print(table)
    figures = Table(show_header=False, box=None)
    for name in ("accepted", "answered", *COUNTED, "longest_silence_s", "took_s"):
        figures.add_row(name.replace("_", " "), str(report[name]))
    out.print(figures)
    for name, noticed in report["broken_guards"].items():
        out.print(f"Without {name}: {noticed['found']} {noticed['figure']}.")
    for kind, reason in report["skipped"].items():
        out.print(f"Left out: {kind} ({reason}).")
    if report["broken"]:
        out.print(f"[bold red]Not as promised:[/] {', '.join(report['broken'])}")


def _noticed(guards: Sequence[str], counts: Counts) -> Json:
    """Return with each guard that was taken out what shows it, and how often it did."""
    figures = {name: GUARDS[name].figure for name in guards}
    return {
        name: {"figure": figure, "found": getattr(counts, figure)}
        for name, figure in figures.items()
    }


def _by_kind(events: Sequence[Event]) -> Json:
    kinds: dict[str, list[Event]] = {}
    for event in events:
        kinds.setdefault(event.fault.kind, []).append(event)
    return {
        kind: {
            "count": len(some),
            "longest_silence_s": round(max(each.silence_s for each in some), 2),
            "back_to_normal_s": _slowest(some),
        }
        for kind, some in sorted(kinds.items())
    }


def _slowest(events: Sequence[Event]) -> float | None:
    """Return the longest way back to normal; None if one did not come to an end."""
    times = [each.back_s for each in events]
    known = [each for each in times if each is not None]
    return round(max(known, default=0.0), 2) if len(known) == len(times) else None


def _event(event: Event, began_at: float) -> Json:
    shift = {"shift_s": event.fault.shift_s} if event.fault.shift_s else {}
    return {
        "at_s": round(event.began_at - began_at, 1),
        "kind": event.fault.kind,
        "target": event.fault.target,
        **shift,
        "lasted_s": round(event.ended_at - event.began_at, 2),
        "longest_silence_s": round(event.silence_s, 2),
        "back_to_normal_s": _rounded(event.back_s),
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)
