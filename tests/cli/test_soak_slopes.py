"""`soak`: what its samples tell. A leak is found, noise and what fills up are not."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from cli.capacity.findings import find, problems
from cli.capacity.sampling import Sample, SampleFile
from cli.capacity.slopes import Points, Verdict, judge, theil_sen
from cli.capacity.soak_table import show
from cli.console import err

HOUR = 3600
EVERY = 10
SIZE = 300.0  # MB


def hour(
    seed: int = 1, *, per_hour: float = 0.0, filling: float = 0.0, noise: float = 3.0
) -> Points:
    """Return an hour of samples: contacts come and go, so noise stays for a while."""
    chance, swing, points = random.Random(seed), 0.0, []
    for at in range(0, HOUR, EVERY):
        swing = 0.9 * swing + chance.gauss(0, noise / 2)
        filled = filling * min(1.0, at / (0.4 * HOUR))
        points.append((float(at), SIZE + swing + filled + per_hour * at / HOUR))
    return points


@pytest.mark.parametrize("seed", range(12))
def test_noise_is_flat(seed: int) -> None:
    assert judge(hour(seed)).verdict is Verdict.FLAT


@pytest.mark.parametrize("per_hour", [20, 40, 400])
@pytest.mark.parametrize("seed", range(4))
def test_a_leak_grows_and_its_size_is_in_the_interval(
    seed: int, per_hour: float
) -> None:
    growth = judge(hour(seed, per_hour=per_hour))
    assert growth.verdict is Verdict.GROWS
    assert growth.slope
    assert growth.slope.low < growth.slope.per_hour < growth.slope.high
    assert growth.slope.per_hour == pytest.approx(per_hour, abs=10)
    assert growth.over_the_run == pytest.approx(growth.slope.per_hour * 0.8, rel=0.02)


def test_a_cache_that_fills_up_is_told_from_a_leak() -> None:
    growth = judge(hour(filling=60.0))
    assert growth.verdict is Verdict.FILLED_UP
    assert growth.second_half
    assert growth.second_half.may_be_none


def test_what_grows_a_little_slower_has_not_filled_up() -> None:
    points = [
        (at, value + (8 * min(at, HOUR / 2) + 6 * max(0, at - HOUR / 2)) / HOUR)
        for at, value in hour(noise=0.01)
    ]
    assert judge(points, share=0.0).verdict is Verdict.GROWS


def test_what_is_loaded_at_first_does_not_count() -> None:
    warmed = [(at, value + 80 * min(1.0, at / 600)) for at, value in hour()]
    assert judge(warmed).verdict is Verdict.FLAT


def test_a_leak_that_begins_late_is_found() -> None:
    late = [(at, value + max(0.0, at - HOUR / 2) / 30) for at, value in hour()]
    assert judge(late).verdict is Verdict.GROWS


def test_what_grows_surely_but_little_is_flat() -> None:
    growth = judge(hour(per_hour=4.0, noise=0.01))
    assert growth.slope
    assert growth.slope.low > 0
    assert growth.verdict is Verdict.FLAT
    assert judge(hour(per_hour=4.0, noise=0.01), share=0.0, least=1.0).verdict is (
        Verdict.GROWS
    )


def test_what_shrinks_does_not_grow() -> None:
    assert judge(hour(per_hour=-100)).verdict is Verdict.FLAT


def test_odd_samples_do_not_move_the_slope() -> None:
    odd = [(at, value + (2_000 if at % 500 == 0 else 0)) for at, value in hour()]
    assert judge(odd).verdict is Verdict.FLAT


@pytest.mark.parametrize("count", [0, 1, 5, 12])
def test_from_too_few_samples_nothing_is_told(count: int) -> None:
    assert judge(hour()[:count]).verdict is Verdict.TOO_SHORT
    assert theil_sen(hour()[: min(count, 5)]) is None


def samples(name: str = "rasa", **more: int) -> list[Sample]:
    one = Sample(0.0, name, SIZE, SIZE, SIZE, SIZE, 1.0, fds=40, threads=7, **more)
    return [
        replace(one, at_s=at, rss_mb=mb, anon_mb=mb, cpu_s=at / 10) for at, mb in hour()
    ]


def found_in(during: list[Sample], *, fds_left: int = 40) -> list[str]:
    rest = [replace(during[0], fds=40)]
    return problems(find(rest, during, [replace(rest[0], fds=fds_left)]))


def grown(during: list[Sample], kind: str, by: float) -> list[Sample]:
    """Make something grow over the whole run."""
    return [
        replace(
            s, **{kind: type(getattr(s, kind))(getattr(s, kind) + by * s.at_s / HOUR)}
        )
        for s in during
    ]


def test_a_quiet_process_has_no_problems() -> None:
    assert found_in(samples()) == []


def test_memory_that_grows_is_named() -> None:
    assert found_in(grown(samples(), "anon_mb", 90)) == ["rasa: anon_mb grows"]
    assert found_in(grown(samples(), "rss_mb", 90)) == ["rasa: rss_mb grows"]


def test_memory_that_a_server_shares_is_no_leak_of_it() -> None:
    server = samples("postgresql", connections=18)
    assert found_in(grown(server, "rss_mb", 900)) == []
    assert found_in(grown(server, "anon_mb", 90)) == ["postgresql: anon_mb grows"]


def test_tables_that_a_server_keeps_open_are_no_leak_of_it() -> None:
    server = grown(samples("postgresql", connections=18), "fds", 600)
    assert found_in(server, fds_left=600) == []


def test_files_that_stay_open_are_named() -> None:
    leaking = grown(samples(), "fds", 60)
    assert found_in(leaking, fds_left=100) == ["rasa: fds grows"]


def test_files_of_people_who_are_there_are_no_leak() -> None:
    busy = [
        replace(s, fds=s.fds + int(s.at_s / 20), sockets=int(s.at_s / 20))
        for s in samples("helpdesk", tasks=20, sockets=0)
    ]
    assert found_in(busy, fds_left=41) == []
    filled = [replace(s, fds=80) for s in samples()]
    assert found_in(filled, fds_left=80) == []  # a pool: more than before, and no more


def test_a_run_that_was_too_short_is_no_success() -> None:
    assert found_in(samples()[:9]) == ["memory: too short to tell"]


def test_samples_are_kept_as_they_come(tmp_path: Path) -> None:
    kept = SampleFile(tmp_path / "samples.csv")
    for sample in samples("helpdesk", tasks=9, sockets=3)[:2]:
        kept.add([sample])
    lines = (tmp_path / "samples.csv").read_text().splitlines()
    assert lines[0].startswith("at_s,name,rss_mb")
    assert [line.split(",")[:2] for line in lines[1:]] == [
        ["0.0", "helpdesk"],
        ["10.0", "helpdesk"],
    ]
    assert lines[1].endswith(",9,3,")


@pytest.mark.parametrize("count", [9, 300])
def test_the_table_says_what_was_found(count: int) -> None:
    during = grown(samples(), "anon_mb", 400)[:count]
    findings = find(during[:1], during, during[-1:])
    times = {"p50_ms": 20.0, "p95_ms": None, "p99_ms": 90.0}
    result = {
        "minutes": 50.0,
        "capacity": {"messages_per_s": 60.0},
        "load": {
            "messages_per_s": 30.0,
            "conversations": 9,
            "asked": 30,
            "answered": 29,
            "failed": 1,
            "failures": {"no answer": 1},
            "load_maker_cpu_share": 0.04,
        },
        "tenths": [{"answered": 3, **times}],
        "processes": findings,
        "kb_for_a_conversation": {"record": 12.0},
        "problems": problems(findings),
    }
    with err.capture() as said:
        show(result)
    text = said.get()
    assert "'no answer': 1" in text
    assert "4.0% of a core" in text
    assert ("too short to tell" in text) == (count == 9)
    assert ("rasa: anon_mb grows" in text) == (count == 300)
    with err.capture() as said:
        show({**result, "problems": []})
    assert "Nothing grows." in said.get()
