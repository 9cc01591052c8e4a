"""What a running `up` is asked through its socket: how all is, and to replace processes."""

import os
import signal
import socket
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import typer

from cli import rolling
from cli.control import NAME, ControlSocket, NotUpError, call
from cli.processes import Child, Supervisor
from cli.watching import Watch
from tests.accounts.service import wait_for

Json = dict[str, Any]
SLEEP = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).touch(); time.sleep(600)"
STUBBORN = (
    "import signal, pathlib, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "pathlib.Path(sys.argv[1]).touch(); time.sleep(600)"
)


@dataclass
class Room:
    """A watch over children that run Python code, looked after by the test."""

    state: Path
    children: list[Child]
    watch: Watch
    said: list[str]
    answers: list[Json] = field(default_factory=list)
    told: list[Json] = field(default_factory=list)

    def ask(self, wish: Json) -> threading.Thread:
        """Ask as another command would, and do not wait for the answer."""

        def work() -> None:
            try:
                self.answers.append(call(self.state, wish, self.told.append))
            except NotUpError:
                self.answers.append({"done": False, "error": "gone"})

        thread = threading.Thread(target=work)
        thread.start()
        return thread

    def answer(self, wish: Json) -> Json:
        """Ask, and look after everything until there is an answer."""
        count = len(self.answers)
        thread = self.ask(wish)
        wait_for(lambda: self.watch.look() or len(self.answers) > count, "an answer")
        thread.join()
        return self.answers[-1]

    def pids(self) -> dict[str, int]:
        return {c.name: c.process.pid for c in self.children if c.process}


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    names = ("helpdesk", "helpdesk-2", "rasa", "actions", "outbox")
    children = [make_child(tmp_path, name) for name in names]
    with open_room(tmp_path, children, lambda: list(children)) as opened:
        yield opened


@contextmanager
def open_room(
    state: Path, children: list[Child], compose: Callable[[], list[Child]]
) -> Iterator[Room]:
    above, said = Supervisor(children, pauses_s=(0.0,)), list[str]()
    watch = Watch(Supervisor([]), above, state, compose, said.append)
    try:
        list(above.start())
        yield Room(state, children, watch, said)
    finally:
        watch.close()
        Supervisor(children, stop_grace_s=0).stop()


def make_child(folder: Path, name: str, code: str = SLEEP) -> Child:
    mark = folder / f"{name}.ready"
    arguments = [sys.executable, "-c", code, str(mark)]
    return Child(name, arguments, os.environ, folder / f"{name}.log", mark.exists)


def test_the_socket_is_for_the_owner_only(room: Room) -> None:
    mode = (room.state / NAME).stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


def test_each_process_is_described(room: Room) -> None:
    found = room.answer({"wish": "status"})["processes"]
    assert [each["name"] for each in found] == [child.name for child in room.children]
    assert {each["name"]: each["pid"] for each in found} == room.pids()
    for each in found:
        assert each["ready"] is True
        assert each["memory_mb"] >= 1
        assert each["restarts"] == 0
        assert 0 <= each["up_s"] < 600


def test_a_dead_one_is_not_well_and_then_started_again(room: Room) -> None:
    child = room.children[2]
    os.kill(room.pids()["rasa"], signal.SIGKILL)
    wait_for(lambda: not child.is_running(), "its end")
    wait_for(lambda: room.watch.look() or child.restarts == 1, "its revival")
    assert room.said == ["rasa had stopped and is started again."]
    found = room.answer({"wish": "status"})["processes"]
    assert [each["restarts"] for each in found if each["name"] == "rasa"] == [1]


def test_all_are_replaced_one_after_the_other_and_callers_last(room: Room) -> None:
    before = room.pids()
    answer = room.answer({"wish": "restart"})
    order = ["actions", "rasa", "helpdesk", "helpdesk-2"]
    assert answer == {"done": True, "replaced": order}
    assert [each["said"] for each in room.told if "said" in each] == [
        f"{name} is replaced" for name in order
    ]
    after = room.pids()
    assert [name for name in before if before[name] != after[name]] == [
        *("helpdesk", "helpdesk-2", "rasa", "actions")
    ]
    assert all(child.restarts == 0 for child in room.children)


@pytest.mark.parametrize(
    ("part", "replaced"),
    [
        ("helpdesk", ["helpdesk", "helpdesk-2"]),
        ("helpdesk-2", ["helpdesk-2"]),
        ("rasa", ["rasa"]),
        ("outbox", ["outbox"]),
    ],
)
def test_a_part_or_one_process_is_replaced(
    room: Room, part: str, replaced: list[str]
) -> None:
    answer = room.answer({"wish": "restart", "part": part})
    assert answer == {"done": True, "replaced": replaced}


def test_whoever_replaces_the_only_one_of_a_part_hears_what_that_means(
    room: Room,
) -> None:
    room.answer({"wish": "restart", "part": "helpdesk"})
    assert [each for each in room.told if "note" in each] == []
    room.answer({"wish": "restart", "part": "rasa"})
    (note,) = [each["note"] for each in room.told if "note" in each]
    assert "There is one Rasa" in note


def test_never_are_two_away_at_once(room: Room) -> None:
    thread = room.ask({"wish": "restart", "part": "helpdesk"})
    most = 0

    def look() -> bool:
        nonlocal most
        room.watch.look()
        away = [c for c in room.children if not c.is_running() or c.is_in_hand]
        most = max(most, len(away))
        return bool(room.answers)

    wait_for(look, "an answer")
    thread.join()
    assert most == 1


def test_one_that_does_not_come_back_ends_it_and_the_rest_stay(
    tmp_path: Path,
) -> None:
    children = [make_child(tmp_path, name) for name in ("helpdesk", "helpdesk-2")]
    broken = [
        make_child(tmp_path, each.name, "raise SystemExit(1)") for each in children
    ]
    with open_room(tmp_path, children, lambda: broken) as room:
        for child in children:
            Path(child.arguments[-1]).unlink()  # its mark that it is ready
        before = room.pids()
        answer = room.answer({"wish": "restart"})
        assert (answer["done"], answer["replaced"]) == (False, [])
        assert "helpdesk ended at once" in answer["error"]
        assert "The others stay as they were." in room.said[-1]
        assert room.pids()["helpdesk-2"] == before["helpdesk-2"]
        assert children[1].is_running()
        # It is the supervisor's again, which goes on trying.
        wait_for(lambda: room.watch.look() or children[0].restarts, "another try")


def test_one_that_does_not_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rolling, "ENDS_WITHIN_S", 0.2)
    children = [make_child(tmp_path, "rasa", STUBBORN)]
    with open_room(tmp_path, children, lambda: children) as room:
        before = room.pids()
        assert room.answer({"wish": "restart"})["replaced"] == ["rasa"]
        assert room.pids() != before
        assert "did not end" in room.said[0]


def test_one_that_is_not_ready_in_time_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    children = [make_child(tmp_path, "rasa")]
    with open_room(tmp_path, children, lambda: children) as room:
        monkeypatch.setattr(rolling, "READY_WITHIN_S", 0.1)
        children[0].is_ready = lambda: False
        answer = room.answer({"wish": "restart"})
        assert not answer["done"]
        assert "rasa was not ready" in answer["error"]
        assert not children[0].is_in_hand


def test_they_start_with_what_the_installation_is_now(tmp_path: Path) -> None:
    children = [make_child(tmp_path, "rasa")]
    anew = make_child(tmp_path, "rasa")
    anew.environment = {**os.environ, "LATCHKEY_TURN_KEY": "new"}
    with open_room(tmp_path, children, lambda: [anew]) as room:
        assert room.answer({"wish": "restart"})["done"]
        given = Path(f"/proc/{room.pids()['rasa']}/environ").read_bytes()
        assert b"LATCHKEY_TURN_KEY=new\0" in given


def test_secrets_that_cannot_be_read_change_nothing(tmp_path: Path) -> None:
    def compose() -> list[Child]:
        raise typer.Exit(1)

    children = [make_child(tmp_path, "rasa")]
    with open_room(tmp_path, children, compose) as room:
        before = room.pids()
        answer = room.answer({"wish": "restart"})
        assert "secrets cannot be read" in answer["error"]
        assert room.pids() == before


def test_a_second_wish_is_told_to_wait(room: Room) -> None:
    first = room.ask({"wish": "restart"})
    wait_for(
        lambda: room.watch.look() or any(c.is_in_hand for c in room.children), "it"
    )
    second = room.answer({"wish": "restart", "part": "rasa"})
    assert "replaced already" in second["error"]
    wait_for(lambda: room.watch.look() or len(room.answers) == 2, "the first answer")
    first.join()
    assert room.answers[-1]["done"]


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"wish": "restart", "part": "kitchen"}, "There is no part “kitchen”."),
        ({"wish": "restart", "part": ["rasa"]}, "There is no part"),
        ({"wish": "dance"}, "not known here"),
        ({}, "not known here"),
    ],
)
def test_what_cannot_be_done_is_said(room: Room, wish: Json, said: str) -> None:
    answer = room.answer(wish)
    assert answer["done"] is False
    assert said in answer["error"]


@pytest.mark.parametrize("sent", [b"no json\n", b"", b"x" * 10_000, b"[1]\n"])
def test_nonsense_and_callers_who_leave_harm_nobody(room: Room, sent: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(room.state / NAME))
        room.watch.look()
        caller.sendall(sent)
        room.watch.look()
    room.watch.look()
    assert len(room.answer({"wish": "status"})["processes"]) == len(room.children)


def test_nobody_listens_before_and_after(tmp_path: Path) -> None:
    with pytest.raises(NotUpError):
        call(tmp_path, {"wish": "status"}, print)
    control = ControlSocket(tmp_path)
    control.close()
    assert not (tmp_path / NAME).exists()
    with pytest.raises(NotUpError):
        call(tmp_path / "nowhere", {"wish": "status"}, print)


def test_what_a_killed_one_left_does_not_keep_another_from_listening(
    tmp_path: Path,
) -> None:
    ControlSocket(tmp_path)  # never closed
    with pytest.raises(NotUpError):
        call_briefly(tmp_path)
    ControlSocket(tmp_path).close()


def call_briefly(state: Path) -> None:
    (state / NAME).unlink()
    call(state, {"wish": "status"}, print)


def test_a_long_path_is_no_hindrance(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["a-rather-long-name"] * 8)
    folder.mkdir(parents=True)
    control = ControlSocket(folder)
    try:
        with pytest.raises(NotUpError):
            answer_nothing(control, folder)
        assert (folder / NAME).exists()
    finally:
        control.close()


def answer_nothing(control: ControlSocket, folder: Path) -> None:
    """Take a call and hang up."""

    def hang_up() -> None:
        def take() -> bool:
            for caller, _ in control.requests():
                caller.hang_up()
                return True
            return False

        wait_for(take, "the call")

    thread = threading.Thread(target=hang_up)
    thread.start()
    try:
        call(folder, {"wish": "status"}, print)
    finally:
        thread.join()
