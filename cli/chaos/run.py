"""One run from begin to end: calm, one fault after the other, and the count."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from pathlib import Path

from cli.chaos.answers import Words
from cli.chaos.count import Counts, count
from cli.chaos.faults import INJECT, reasons_to_skip
from cli.chaos.load import Load
from cli.chaos.normal import back_to_normal_s, limit_s, percentile, took_s
from cli.chaos.plan import Fault
from cli.chaos.report import Event, Run, note_silences
from cli.chaos.site import Site
from cli.chaos.story import Asked, write_stories
from cli.chaos.talk import Known, Pacer

WARM_UP_S = 3.0  # what comes first takes longer
CALM_S, SHORT_CALM_S = 15.0, 6.0  # then; longer if there are too few answers
FEWEST_IN_CALM = 12
MANY = 1_000  # messages
A_FAULT_S = 11.0  # what one takes with the way back to normal, in the middle
LOOK_S = 0.25
GIVE_UP_S = 45.0  # then it is not back to normal
PATIENCE_S = 15.0  # with whoever had asked before
# Messages a second; with fewer nobody would know what is normal.
SLOWEST, FASTEST = 6.0, 12.0
FEWEST_PEOPLE, MOST_PEOPLE = 24, 100
LAST_S = 20.0
LAST_IN_VAIN_S = 5.0  # without a guard: what is lost is lost
QUIET_S = 2.0
FORWARD_S = 7_200.0
MAILS_WITHIN_S = 90.0
STORIES = "stories.json"

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """How much is done."""

    seed: int
    messages: int
    faults: Sequence[Fault]

    @property
    def pace(self) -> float:
        """Messages a second that come to the wanted number while things break."""
        wanted = self.messages / (self.calm_s + A_FAULT_S * len(self.faults))
        return min(max(wanted, SLOWEST), FASTEST)

    @property
    def calm_s(self) -> float:
        """How long nothing breaks at first."""
        return CALM_S if self.messages >= MANY else SHORT_CALM_S

    @property
    def people(self) -> int:
        """How many talk at once."""
        return max(FEWEST_PEOPLE, min(self.messages // 100, MOST_PEOPLE))


async def run_chaos(
    site: Site, size: Size, words: Words, tell: Tell
) -> tuple[Run, Counts]:
    """Start a site, break it as planned, and return what came of it.

    Args:
        site: Not started yet.
        size: How much is done.
        words: How texts of the assistant are read.
        tell: Takes a sentence for the person who waits.
    """
    _end_with_signals()
    run = Run(size.seed, time.monotonic(), guards=site.guards)
    try:
        tell("Starting every part")
        await site.start()
        run.skipped = reasons_to_skip(site)
        load = Load(
            site.url, size.seed, Known(words.same, words.is_trouble, words.failure)
        )
        tell("Hearing every answer once")
        await load.learn()
        talking = asyncio.create_task(load.run(Pacer(size.pace), size.people))
        await _keep_calm(run, load, size.calm_s, talking)
        await _break_all(run, site, load, size, tell)
        while load.sent < size.messages:
            await asyncio.wait({talking}, timeout=LOOK_S)
        tell("Waiting for the last answers and mails")
        load.end()
        await _hear_the_last(talking, LAST_IN_VAIN_S if run.guards else LAST_S)
        await _collect_mails(site, load)
    finally:
        await site.stop()
    run.ended_at = time.monotonic()
    run.restarts = dict(Counter(note.name for note in site.keeper.notes))
    run.drops, run.conversations = load.drops, len(load.stories)
    note_silences(run.events, load.stories)
    write_stories(load.stories, site.folder / STORIES)
    return run, count(load.stories, words)


def _end_with_signals() -> None:
    """Stop everything, and give the disk back, whoever wants this to end."""
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)


async def _keep_calm(
    run: Run, load: Load, seconds: float, talking: asyncio.Task[None]
) -> None:
    """Measure what is normal."""
    begin = time.monotonic() + WARM_UP_S
    probes: list[Asked] = []
    while time.monotonic() < begin + seconds or len(probes) < FEWEST_IN_CALM:
        await asyncio.wait({talking}, timeout=LOOK_S)
        if talking.done():
            talking.result()
        probes = [each for each in load.known.probes if each.asked_at > begin]
    now = time.monotonic()
    run.calm_p95_s = percentile([took_s(each, now) for each in probes], 95)


async def _break_all(run: Run, site: Site, load: Load, size: Size, tell: Tell) -> None:
    """Do one fault after the other, each when the one before is over."""
    faults = [each for each in size.faults if each.kind not in run.skipped]
    for number, fault in enumerate(faults, 1):
        await asyncio.sleep(fault.calm_s)
        event = Event(fault, time.monotonic(), 0.0)
        run.events.append(event)
        await INJECT[fault.kind](site, fault)
        event.ended_at = time.monotonic()
        await _recover(run, site, load, event)
        back = (
            "not back" if event.back_s is None else f"back after {event.back_s:.1f} s"
        )
        lasted = event.ended_at - event.began_at
        what = f"{fault.kind} {fault.target} ({lasted:.1f} s)"
        tell(f"{number}/{len(faults)} {what}: {back}; {load.sent} messages")


async def _recover(run: Run, site: Site, load: Load, event: Event) -> None:
    """Wait until answers are as quick as in calm, all have theirs, and all runs again."""
    most_s, is_up = limit_s(run.calm_p95_s), False
    while time.monotonic() < event.ended_at + GIVE_UP_S:
        await asyncio.sleep(LOOK_S)
        is_up = is_up or await asyncio.to_thread(site.keeper.are_all_ready)
        if event.back_s is None:
            event.back_s = back_to_normal_s(
                load.known.probes, event.ended_at, most_s, time.monotonic()
            )
        is_waited = load.is_anybody_waiting(event.ended_at)
        may_go_on = not is_waited or time.monotonic() > event.ended_at + PATIENCE_S
        if is_up and event.back_s is not None and may_go_on:
            return


async def _hear_the_last(talking: asyncio.Task[None], within_s: float) -> None:
    """Wait for those who still wait; then they give up."""
    await asyncio.wait({talking}, timeout=within_s)
    if not talking.done():
        talking.cancel()
    await asyncio.wait({talking})
    if not talking.cancelled():
        talking.result()


async def _collect_mails(site: Site, load: Load) -> None:
    """Wait until every promised mail is there, and see which came."""
    wanted = {story.email: story.wanted for story in load.stories}
    end, is_forward = time.monotonic() + MAILS_WITHIN_S, False
    while time.monotonic() < end:
        came = await asyncio.to_thread(read_mails, site.outbox)
        if all(len(set(came.get(to, ()))) >= number for to, number in wanted.items()):
            break
        await asyncio.sleep(QUIET_S)
        if not is_forward:  # a mail that was refused waits for up to an hour
            site.shift_clocks(FORWARD_S, ["accounts"])
            is_forward = True
    await asyncio.sleep(QUIET_S)  # for one too many
    came = await asyncio.to_thread(read_mails, site.outbox)
    for story in load.stories:
        story.mails = came.get(story.email, [])


def read_mails(folder: Path) -> dict[str, list[str]]:
    """Return the Message-IDs of the mails to each address."""
    mails: dict[str, list[str]] = {}
    for path in folder.glob("*.eml"):
        with path.open("rb") as file:
            head = BytesHeaderParser().parse(file)
        mails.setdefault(str(head["X-Outbox-To"]).strip(), []).append(
            str(head["Message-ID"])
        )
    return mails
