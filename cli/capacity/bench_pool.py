"""`bench pool`: what a second Rasa process and a second help desk bring, in the same run."""

import asyncio
import os
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from itertools import count
from multiprocessing import get_context
from typing import Annotated
from uuid import uuid4

import typer
from rich.table import Table

from cli import model as trained
from cli.capacity.load import Load, find_capacity
from cli.capacity.product import Product, running_product
from cli.capacity.scripts import HURRIED
from cli.chat_sections import FAQ
from cli.console import err, fail, out, print_json
from cli.keys import ACTOR_KEY, TURN_KEY
from cli.load_figures import Figures, median, percentiles, ratio
from cli.nlu import Json
from cli.processes import ChildNotReadyError
from cli.scale import Scale
from helpdesk.assistant import AssistantClient, Turn
from helpdesk.assistant_pool import AssistantPool
from helpdesk.metrics import Metrics

AT_ONCE = 16
WARM_UP_S = 5.0
SEED = 90
RECKONED_S = 2.0
SHARE = 0.5  # of what the smallest product carries: all of them can carry that
ONE, TWO = "one", "two"
SIZES = {
    "one of each": Scale(actions=2),
    "two Rasas": Scale(rasa=2, actions=2),
    "two Rasas, two help desks": Scale(helpdesk=2, rasa=2, actions=2),
}


def bench_pool(
    seconds: Annotated[
        float, typer.Option(min=1.0, help="How long each load lasts.")
    ] = 20.0,
    rounds: Annotated[
        int, typer.Option(min=1, help="How often one and two take turns.")
    ] = 3,
    as_json: Json = False,
) -> None:
    """Measure one and two processes of Rasa, and one and two of the help desk.

    First as a help desk uses Rasa: sixteen conversations from this process, trackers on
    PostgreSQL, one process and both in turns. Then sixteen contacts talk to the whole
    product in three sizes, as fast as they are answered and at the same pace, with the
    record on PostgreSQL and Valkey between the parts in all of them. What two processes
    bring that only reckon, and share nothing, is the most that this machine could show.
    """
    trained.ensure_trained()
    try:
        result: Figures = {
            "cores": os.cpu_count(),
            "machine": _measure_machine(rounds),
            "turns": _measure_turns(seconds, rounds),
            "product": _measure_product(seconds),
        }
    except ChildNotReadyError as error:
        fail(str(error))
    if as_json:
        print_json(result)
    else:
        _print(result)


def _measure_machine(rounds: int) -> Figures:
    """Return the sums a second of one process, and of two at the same time."""
    runs: dict[str, list[float]] = {ONE: [], TWO: []}
    with ProcessPoolExecutor(2, get_context("spawn")) as workers:
        list(workers.map(_reckon, [RECKONED_S, RECKONED_S]))  # both are there
        for _ in range(rounds):
            for name, processes in ((ONE, 1), (TWO, 2)):
                done = workers.map(_reckon, [RECKONED_S] * processes)
                runs[name].append(sum(done))
    sums = {name: median(each) for name, each in runs.items()}
    return {"times_as_many": ratio(sums[TWO], sums[ONE])}


def _reckon(seconds: float) -> float:
    began = time.monotonic()
    done = 0
    while time.monotonic() < began + seconds:
        sum(range(10_000))
        done += 1
    return done / seconds


def _measure_turns(seconds: float, rounds: int) -> Figures:
    with running_product(SIZES["two Rasas"], on_servers=True) as product:
        urls = product.stack.urls("rasa").split(",")
        pools = {ONE: _pool(product, urls[:1]), TWO: _pool(product, urls)}
        for pool in pools.values():
            _press(pool, WARM_UP_S)
        runs: dict[str, list[Figures]] = {name: [] for name in pools}
        for number in range(1, rounds + 1):
            err.print(f"Turns at Rasa, round {number} of {rounds}")
            for name, pool in pools.items():
                runs[name].append(_press(pool, seconds))
    figures: Figures = {name: _medians(each) for name, each in runs.items()}
    both = (figures[TWO]["messages_per_s"], figures[ONE]["messages_per_s"])
    return figures | {"times_as_many": ratio(*both)}


def _pool(product: Product, urls: list[str]) -> AssistantPool:
    keys = product.stack.keys
    client = partial(
        AssistantClient, turn_key=keys[TURN_KEY], actor_key=keys[ACTOR_KEY]
    )
    return AssistantPool({url: client(url) for url in urls}, Metrics())


def _press(pool: AssistantPool, seconds: float) -> Figures:
    """Take turns in sixteen conversations, each as soon as the one before is over."""
    times_ms: list[float] = []
    began, used_s = time.monotonic(), time.process_time()

    def converse(number: int) -> None:
        conversation = str(uuid4())
        for turn in count(number):
            asked = time.monotonic()
            if asked > began + seconds:
                return
            text = FAQ[turn % len(FAQ)].text
            pool.take_turn(Turn(conversation, str(uuid4()), text=text))
            times_ms.append((time.monotonic() - asked) * 1000)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(converse, range(AT_ONCE)))
    took_s = time.monotonic() - began
    return {
        "messages_per_s": ratio(len(times_ms), took_s),
        **percentiles(times_ms),
        "load_maker_cpu_share": ratio(time.process_time() - used_s, took_s),
    }


def _medians(runs: list[Figures]) -> Figures:
    return {name: median([run[name] for run in runs]) for name in runs[0]}


def _measure_product(seconds: float) -> Figures:
    result: Figures = {}
    pace = 0.0
    for name, scale in SIZES.items():
        err.print(f"The product: {name}")
        with running_product(scale, on_servers=True) as product:
            site = product.site
            pressed = asyncio.run(
                find_capacity(site, SEED, AT_ONCE, WARM_UP_S, seconds)
            )
            if not pressed.messages_per_s:
                fail(f"Nothing was answered: {dict(pressed.failures)}")
            pace = pace or SHARE * pressed.messages_per_s
            paced = asyncio.run(Load(site, SEED + 2, HURRIED).go_on(pace, seconds))
        result[name] = {"pressed": pressed.figures(), "paced": paced.figures()}
    return result


def _print(result: Figures) -> None:
    turns, table = (
        result["turns"],
        Table("", "messages/s", "p50 ms", "p95 ms", "failed"),
    )
    for name in (ONE, TWO):
        each = turns[name]
        table.add_row(f"turns at {name} of Rasa's processes", *_row(each), "0")
    for size, each in result["product"].items():
        for load, figures in each.items():
            failed = str(figures["failed"])
            table.add_row(f"{size}, {load}", *_row(figures), failed)
    out.print(table)
    machine = result["machine"]["times_as_many"]
    out.print(f"Two processes that share nothing: {machine:.2f} times as much")
    out.print(
        f"Two processes of Rasa: {turns['times_as_many']:.2f} times as many turns"
    )


def _row(figures: Figures) -> list[str]:
    return [f"{figures[name]:.1f}" for name in ("messages_per_s", "p50_ms", "p95_ms")]
