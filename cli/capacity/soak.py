"""`soak`: the product under half of what it can carry, for long, and does anything grow?"""

import asyncio
import contextlib
import os
import signal
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from cli import model as trained
from cli.capacity.findings import find, problems
from cli.capacity.load import Ledger, Load, find_capacity
from cli.capacity.product import Product, running_product
from cli.capacity.sampling import Sample, SampleFile, Sampler
from cli.capacity.scripts import Habits
from cli.capacity.soak_table import show
from cli.capacity.stores import kb_for_each, sizes_of
from cli.console import err, fail, print_json
from cli.load_figures import Figures, allow_open_files, percentiles, pid_of
from cli.nlu import Json
from cli.processes import ChildNotReadyError
from cli.scale import Scale, ScaleError

AT_ONCE = 16
OPEN_FILES = 8_000
SETTLES_S = 10.0  # lines that are kept open for more, after everybody has gone
TELLS_EVERY_S = 60.0


@dataclass(frozen=True)
class Plan:
    """How a soak goes."""

    seconds: float
    share: float
    seed: int
    every_s: float
    capacity_s: float
    habits: Habits

    @property
    def warm_up_s(self) -> float:
        """How long is talked before the capacity is measured: what is loaded once is."""
        return self.capacity_s / 3


def soak(
    minutes: Annotated[float, typer.Option(min=0.1, help="How long.")] = 60.0,
    share: Annotated[
        float, typer.Option(min=0.01, max=2.0, help="Of the capacity that it finds.")
    ] = 0.5,
    scale: Annotated[
        str, typer.Option(help="As for up: helpdesk=2,rasa=2,actions=2.")
    ] = "",
    samples: Annotated[
        Path | None, typer.Option(help="Keep every sample in this file, as CSV.")
    ] = None,
    seed: Annotated[int, typer.Option(help="What chance begins with.")] = 6,
    every: Annotated[
        float, typer.Option(min=0.2, help="Seconds between samples.")
    ] = 10,
    capacity_seconds: Annotated[
        float, typer.Option(min=1.0, help="How long the capacity is measured.")
    ] = 60.0,
    as_json: Json = False,
) -> None:
    """Load the product for long and tell whether memory, files or tasks grow.

    It starts everything on free ports with a state of its own, finds how many messages a
    second 16 busy contacts get answered, and then has contacts come by chance who write a
    share of that. Ctrl-C ends it early, with what there is. The exit code is 1 if
    something grows, ends, or leaves a message unanswered.
    """
    try:
        chosen = Scale.parse(scale)
    except ScaleError as error:
        fail(f"--scale: {error}", 2)
    trained.ensure_trained()
    allow_open_files(OPEN_FILES)
    seconds = minutes * 60
    habits = Habits()
    # Whoever stays has to have gone again, and often, or there is no steady state.
    habits = replace(habits, hold_s=min(habits.hold_s, seconds / 10))
    plan = Plan(seconds, share, seed, every, capacity_seconds, habits)
    kept = SampleFile(samples) if samples else None
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with running_product(chosen) as product:
            result = asyncio.run(_soak(product, plan, kept))
    except ChildNotReadyError as error:
        fail(str(error))
    except KeyboardInterrupt:
        fail("Stopped before there was anything to tell.", 130)
    result = {"scale": vars(chosen), "cores": os.cpu_count(), **result}
    show(result)
    if as_json:
        print_json(result)
    if result["problems"]:
        raise typer.Exit(1)


async def _soak(product: Product, plan: Plan, kept: SampleFile | None) -> Figures:
    processes = {name: pid_of(child) for name, child in product.children.items()}
    sampler = Sampler(processes, product.measures, product.database_url)
    err.print(f"Measuring the capacity ({AT_ONCE} contacts at a time)")
    capacity = await find_capacity(
        product.site, plan.seed, AT_ONCE, plan.warm_up_s, plan.capacity_s
    )
    if not capacity.messages_per_s:
        fail(f"Nothing was answered: {dict(capacity.failures)}")
    rate = capacity.messages_per_s * plan.share
    err.print(f"{capacity.messages_per_s:.1f} messages/s; going on at {rate:.1f}")
    await asyncio.sleep(min(SETTLES_S, plan.seconds / 10))
    sizes, before = sizes_of(product), await asyncio.to_thread(sampler.look, 0.0)
    load = Load(product.site, plan.seed + 2, plan.habits)
    during = await _live(load, rate, plan, sampler, kept, product)
    await asyncio.sleep(min(SETTLES_S, plan.seconds / 10))
    after = await asyncio.to_thread(sampler.look, load.ledger.seconds)
    grown = kb_for_each(sizes, sizes_of(product), load.ledger.begun)
    findings = find(before, during, after)
    ended = product.ended()
    return {
        "minutes": load.ledger.seconds / 60,
        "capacity": capacity.figures(),
        "share": plan.share,
        "messages_per_s_wanted": rate,
        "load": load.ledger.figures(),
        "tenths": load.ledger.over_time(),
        "processes": findings,
        "kb_for_a_conversation": grown,
        "problems": [
            *problems(findings),
            *(f"{name}: ended" for name in ended),
            *_lost(load.ledger),
        ],
    }


def _lost(ledger: Ledger) -> list[str]:
    lost = ledger.failures.total()
    return [f"{lost} messages or connections failed"] if lost else []


async def _live(
    load: Load,
    rate: float,
    plan: Plan,
    sampler: Sampler,
    kept: SampleFile | None,
    product: Product,
) -> list[Sample]:
    """Load, and look at the processes again and again; Ctrl-C ends it."""
    during: list[Sample] = []
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, load.stop)
    loading = asyncio.create_task(load.go_on(rate, plan.seconds))
    began, told_at = time.monotonic(), 0.0
    while not loading.done():
        at_s = time.monotonic() - began
        samples = await asyncio.to_thread(sampler.look, at_s)
        during += samples
        if kept:
            kept.add(samples)
        if at_s - told_at >= TELLS_EVERY_S:
            _tell(load.ledger, at_s, told_at, product)
            told_at = at_s
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(
                plan.every_s - (time.monotonic() - began - at_s)
            ):
                await asyncio.shield(loading)
    await loading
    return during


def _tell(ledger: Ledger, at_s: float, since_s: float, product: Product) -> None:
    lately = [ms for moment, ms in ledger.answers if moment >= since_s]
    p95 = percentiles(lately)["p95_ms"] or 0.0
    ended = "".join(f", {name} has ended" for name in product.ended())
    err.print(
        f"{at_s / 60:3.0f} min: {len(ledger.answers)} answered, "
        f"{ledger.failures.total()} failed, {ledger.at_once} there, "
        f"p95 of the last minute {p95:.0f} ms{ended}"
    )
