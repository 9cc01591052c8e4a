"""`bench capacity` and `bench simulate`: the model against theory, and what it foretells."""

import json
import math
import random
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from xml.etree import ElementTree

import pytest

from cli.capacity import days
from cli.capacity.bench_simulate import FIGURES
from cli.capacity.charts import Axis, Line, draw_bars, draw_lines
from cli.capacity.day import HOURS, Day, limits, play_day, strains, with_own_channels
from cli.capacity.model import Costs, compare, costs_of, play_closed
from cli.capacity.page import write_tables
from cli.capacity.simulator import Fleet, Message, Simulation, Stage
from cli.places import PROJECT
from tests.cli.capacity_figures import figures
from tests.cli.command_line import environment, latchkey

ONE_EACH = {"helpdesk": 1, "rasa": 1, "actions": 1, "accounts": 1}
TWO_EACH = {"helpdesk": 2, "rasa": 2, "actions": 2, "accounts": 1, "valkey": 1}


def always(_chance: random.Random) -> float:
    return 1.0


def exponential(chance: random.Random) -> float:
    return chance.expovariate(1)


def waiting_by_erlang(servers: int, busy: float) -> float:
    """Return the mean wait in an M/M/c queue, in service times, by Erlang's formula C."""
    load = servers * busy
    full = load**servers / math.factorial(servers) / (1 - busy)
    some = sum(load**n / math.factorial(n) for n in range(servers))
    return full / (some + full) / (servers * (1 - busy))


def costs(name: str = "shared", heard_ms: float = 0.1) -> Costs:
    processes = TWO_EACH if name == "shared" else ONE_EACH
    return costs_of(figures(heard_ms), name, processes)


@pytest.mark.parametrize(("servers", "busy"), [(1, 0.6), (2, 0.7), (4, 0.8)])
def test_a_queue_waits_as_long_as_erlang_says(servers: int, busy: float) -> None:
    ms = 10.0
    work = (Stage("postgresql", ms, exponential),)
    simulation = Simulation(
        Message((), work, (), ()), Fleet({"helpdesk": 1, "postgresql": servers}), 1.0
    )
    outcome = simulation.open(servers * busy / ms * 1e3, 24_000)
    waited_ms = fmean(outcome.times_ms) - ms
    assert waited_ms == pytest.approx(waiting_by_erlang(servers, busy) * ms, rel=0.08)
    assert outcome.busy["postgresql"] == pytest.approx(busy, rel=0.03)


def test_the_same_seed_plays_the_same() -> None:
    def play(seed: int) -> list[float]:
        measured = costs()
        fleet = measured.fleet
        return Simulation(measured.message, fleet, 4.0, seed).open(20, 150).times_ms

    assert play(1) == play(1)
    assert play(1) != play(2)


def test_nobody_waits_for_nobody() -> None:
    alone = play_closed(costs("alone"), 1, 200)
    assert alone.left == 0
    rest = costs("alone").message.reply[-1]
    assert (rest.part, rest.draw(random.Random(1))) == ("", 1.0)
    assert sorted(alone.times_ms)[len(alone.times_ms) // 2] == pytest.approx(
        40, rel=0.05
    )


def test_many_contacts_keep_the_processors_busy_and_no_more() -> None:
    outcome = play_closed(costs("alone"), 64, 600)
    rate = outcome.messages_per_s
    # A message's processor time on two cores, which its commits now and then leave idle.
    assert 0.85 * 2 / 0.026 < rate < 1.03 * 2 / 0.026
    assert outcome.busy["rasa"] == pytest.approx(rate * 0.012, rel=0.06)
    hindered = play_closed(costs("alone"), 64, 600, others=1.0)
    slower = hindered.messages_per_s
    assert slower == pytest.approx(rate / 2, rel=0.06)


def test_one_rasa_is_the_end_where_it_alone_is_slow() -> None:
    slow = costs("alone")
    turn = tuple(
        replace(s, ms=s.ms * 5) if s.part == "rasa" else s for s in slow.message.turn
    )
    slow = replace(slow, message=replace(slow.message, turn=turn))
    outcome = play_closed(slow, 16, 400)
    assert outcome.messages_per_s == pytest.approx(1 / 0.06, rel=0.06)
    assert outcome.busy["rasa"] > 0.97


def test_what_help_desks_hear_is_taken_off_and_heard_again() -> None:
    heard = costs(heard_ms=0.4)
    # 10 ms measured, 1 of a visit's, 5 events of 0.4 ms from the other help desk
    assert heard.cpu_ms["helpdesk"] == pytest.approx(10 - 1 - 2)
    outcome = play_closed(heard, 16, 600)
    rate = outcome.messages_per_s
    assert outcome.busy["helpdesk"] * 2 == pytest.approx(rate * 0.010, rel=0.06)


def test_a_model_that_does_not_fit_says_so() -> None:
    rows = compare(costs("alone"), figures()["alone"], 400)
    assert [row["contacts"] for row in rows] == [1, 16, 64]
    assert abs(rows[0]["p50_ms"]["off"]) < 0.05
    assert not rows[1]["fits"]  # 40 messages/s were not what two processors can do
    measured = figures()["alone"]
    for row in rows:
        level = measured["levels"][str(row["contacts"])]
        for figure in ("messages_per_s", "p95_ms"):
            level[figure] = row[figure]["simulated"]
    assert all(row["fits"] for row in compare(costs("alone"), measured, 400))


def test_a_day_has_all_of_its_hours() -> None:
    assert len(HOURS) == 24
    assert sum(HOURS) == pytest.approx(100)
    day = Day(1_000_000, costs())
    whole = sum(day.per_s(per_cent) * 3_600 for per_cent in HOURS)
    assert whole == pytest.approx(4_000_000)
    assert day.peak_per_s == pytest.approx(111.1, rel=0.01)


def test_the_fleet_is_what_the_peak_hour_needs() -> None:
    day = Day(1_000_000, costs())
    assert day.needed("rasa") == math.ceil(111.12 * 0.012 / 0.6)
    assert day.needed("postgresql") == 1
    fleet = day.fleet()
    assert fleet
    assert fleet.cores is None
    played = play_day(day, 150)
    peak = max(played["hours"], key=lambda hour: hour["messages_per_s"])
    assert peak["hour"] == 10
    assert all(hour["p95_ms"] for hour in played["hours"])
    assert peak["busy"]["rasa"] == pytest.approx(0.56, abs=0.15)
    assert peak["busy"]["rasa"] > played["hours"][3]["busy"]["rasa"]


def test_where_all_hear_all_no_number_of_help_desks_is_enough() -> None:
    many = Day(12_000_000, costs())
    assert many.heard > 0.6
    assert many.needed("helpdesk") is None
    assert many.fleet() is None
    assert play_day(many)["hours"] == []
    found = strains(many, figures())
    assert found["deliveries_per_s"] is None
    own = Day(12_000_000, with_own_channels(costs()))
    assert own.heard == 0
    told = strains(own, figures())
    assert told["deliveries_per_s"] == told["events_per_s"]
    assert own.needed("helpdesk") == math.ceil(own.work("helpdesk") / 0.6)


def test_what_is_no_processor_time_is_reckoned_too() -> None:
    found = strains(Day(1_000_000, costs()), figures())
    assert found["sockets"] == pytest.approx(1_000_000 * 0.1 / 3_600 * 300)
    assert found["sockets_gb"] == pytest.approx(found["sockets"] * 40 / 1e6)
    assert found["commits_per_s"] == pytest.approx(555.6, rel=0.01)
    assert found["record_gb_a_day"] == pytest.approx(10)
    assert found["tracker_gb_a_day"] == pytest.approx(20)
    assert (
        found["deliveries_per_s"] == found["events_per_s"] * found["connections"] / 15
    )


def test_the_limits_come_in_the_order_in_which_they_are_reached() -> None:
    found = limits(costs())
    assert list(found.values()) == sorted(found.values())
    assert next(iter(found)) == "rasa"
    assert "hearing the other help desks" in found
    assert Day(round(found["rasa"]), costs()).work("rasa") == pytest.approx(1, rel=0.01)
    line = found["Valkey's line (1 Gbit/s)"]
    day = Day(round(line), with_own_channels(costs()))
    assert day.work("rasa") > 1
    alone = costs("alone")
    assert set(limits(alone)) == {"rasa", "helpdesk", "actions", "accounts"}


def test_charts_are_drawings_with_what_they_show() -> None:
    line = Line("Rasa & help desks", [(0, 0), (12, 40), (24, 95)])
    chart = draw_lines("A <day>", Axis.of("h", [0, 24]), Axis.of("ms", [95]), [line])
    page = ElementTree.fromstring(chart)
    words = [each.text for each in page.iter("{http://www.w3.org/2000/svg}text")]
    assert {"A <day>", "Rasa & help desks", "ms", "20", "100"} <= set(words)
    up = Axis.of("", [3.0, 700.0], is_log=True)
    assert up.ticks() == [1.0, 10.0, 100.0, 1_000.0]
    assert up.place(10) == pytest.approx(1 / 3)
    bars = draw_bars("Both", up, ["one", "two"], [("a", [3, 4]), ("b", [700, 5])])
    page = ElementTree.fromstring(bars)
    drawn = page.findall("{http://www.w3.org/2000/svg}rect")
    heights = [float(each.attrib["height"]) for each in drawn][-4:]
    assert max(heights) == heights[2]


def test_the_whole_simulation_and_its_charts() -> None:
    result = days.simulate(figures(), [200_000], (150, 40))
    assert set(result["check"]) == {"alone", "shared"}
    assert [day["kind"] for day in result["days"]] == ["", days.OWN_CHANNELS]
    assert json.loads(json.dumps(result)) == json.loads(json.dumps(result))
    drawn = days.draw(result)
    assert set(drawn) == {
        *("scale-check-alone.svg", "scale-check-shared.svg"),
        *("scale-day.svg", "scale-needed.svg"),
    }
    for chart in drawn.values():
        ElementTree.fromstring(chart)


def test_the_figures_and_the_charts_that_the_page_shows_exist() -> None:
    measured = json.loads(FIGURES.read_text(encoding="utf-8"))
    assert {"alone", "shared", "sockets", "stored"} <= set(measured)
    page = (PROJECT / "docs" / "scale.md").read_text(encoding="utf-8")
    for name in ("check-alone", "check-shared", "day", "needed"):
        assert f"(images/scale-{name}.svg)" in page
        assert (PROJECT / "docs" / "images" / f"scale-{name}.svg").exists()


def test_the_page_has_the_tables_of_its_figures(tmp_path: Path) -> None:
    page = tmp_path / "scale.md"
    page.write_text(
        "Before\n<!-- turn -->\nold\n<!-- end of turn -->\nafter\n", "utf-8"
    )
    write_tables(page, {"turn": "| new |\n", "days": "| nowhere |\n"})
    written = page.read_text("utf-8")
    assert written == "Before\n<!-- turn -->\n| new |\n<!-- end of turn -->\nafter\n"
    measured = json.loads(FIGURES.read_text(encoding="utf-8"))
    shown = (PROJECT / "docs" / "scale.md").read_text("utf-8")
    rate = measured["alone"]["levels"]["16"]["messages_per_s"]
    assert f"| alone, 16 | {rate:.1f} |" in shown


def test_figures_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    result = latchkey(
        *("bench", "simulate", "--figures", str(tmp_path / "none.json")),
        variables=environment(tmp_path),
    )
    assert result.returncode == 1
    assert "cannot be read" in result.stderr
