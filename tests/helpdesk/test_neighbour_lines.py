"""Kept connections, against a neighbour that hangs up, dribbles or talks rubbish."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from helpdesk.neighbour_lines import (
    Answer,
    LineError,
    NeighbourLines,
    NotConnectedError,
    Patience,
)
from tests.accounts.service import free_port, wait_for

PATIENCE = Patience(connect_s=2.0, read_s=2.0)
HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


class Neighbour:
    """Answers each request with the parts of its next answer; after the last it hangs up."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.answers: list[tuple[bytes, ...]] = []
        self.requests: list[bytes] = []
        self.connections = 0
        self.hung_up = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens, with a path before all others."""
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}/base/"

    def _listen(self) -> None:
        while True:
            try:
                line, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._answer, args=(line,), daemon=True).start()

    def _answer(self, line: socket.socket) -> None:
        with line:
            while request := line.recv(65536):
                self.requests.append(request)
                answer = self.answers.pop(0)
                for part in answer:
                    line.sendall(part)
                if not self.answers:
                    break
        self.hung_up.set()


@pytest.fixture
def neighbour() -> Iterator[Neighbour]:
    running = Neighbour()
    yield running
    running.listener.close()


def post(lines: NeighbourLines, body: bytes = b"{}") -> Answer:
    return lines.post("/turn", body, {"X-Name": "value"}, PATIENCE)


def test_a_request_is_one_packet_that_says_what_it_must(neighbour: Neighbour) -> None:
    neighbour.answers = [(HELLO,)]
    answer = post(NeighbourLines(neighbour.url, 2), b"body")
    assert (answer.status, answer.body) == (200, b"hello")
    head, _, body = neighbour.requests[0].partition(b"\r\n\r\n")
    assert body == b"body"
    first, *rest = head.decode().split("\r\n")
    assert first == "POST /base/turn HTTP/1.1"
    host = neighbour.url.split("/")[2]
    assert rest == [f"Host: {host}", "X-Name: value", "Content-Length: 4"]


def test_a_connection_is_kept_for_the_next_request(neighbour: Neighbour) -> None:
    neighbour.answers = [(HELLO,)] * 4
    lines = NeighbourLines(neighbour.url, 2)
    assert [post(lines).body for _ in range(3)] == [b"hello"] * 3
    assert neighbour.connections == 1


def test_a_connection_that_ended_meanwhile_is_not_used(neighbour: Neighbour) -> None:
    lines = NeighbourLines(neighbour.url, 2)
    for number in (1, 2):
        neighbour.hung_up.clear()
        neighbour.answers = [(HELLO,)]
        assert post(lines).body == b"hello"
        assert neighbour.hung_up.wait(5)
        assert neighbour.connections == number


def test_a_neighbour_that_wants_no_second_request_gets_none(
    neighbour: Neighbour,
) -> None:
    closing = HELLO.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
    neighbour.answers = [(closing,), (HELLO,)]
    lines = NeighbourLines(neighbour.url, 2)
    assert [post(lines).body for _ in range(2)] == [b"hello"] * 2
    assert neighbour.connections == 2


def test_no_more_connections_are_kept_than_wanted(neighbour: Neighbour) -> None:
    neighbour.answers = [(HELLO,)] * 3
    lines = NeighbourLines(neighbour.url, 0)
    for _ in range(2):
        post(lines)
    assert neighbour.connections == 2


def test_an_answer_may_come_in_pieces(neighbour: Neighbour) -> None:
    pieces = (
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chu",
        b"nked\r\n\r\n5\r\nhel",
        b"lo\r\n4\r\n you\r\n0\r\n",
        b"\r\n",
    )
    neighbour.answers = [pieces]
    answer = post(NeighbourLines(neighbour.url, 2))
    assert (answer.status, answer.body) == (201, b"hello you")


@pytest.mark.parametrize(
    "answer",
    [
        (),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",),
        (b"rubbish\r\n",),
    ],
    ids=["nothing", "half", "rubbish"],
)
def test_what_is_no_whole_answer_is_an_error_and_sent_once(
    neighbour: Neighbour, answer: tuple[bytes, ...]
) -> None:
    neighbour.answers = [answer]
    lines = NeighbourLines(neighbour.url, 2)
    with pytest.raises(LineError):
        post(lines)
    assert len(neighbour.requests) == 1
    neighbour.answers = [(HELLO,)]
    assert post(lines).body == b"hello"


def test_without_a_connection_nothing_was_sent() -> None:
    with pytest.raises(NotConnectedError) as caught:
        post(NeighbourLines(f"http://127.0.0.1:{free_port()}", 2))
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


@pytest.mark.parametrize(
    ("answer", "is_well"),
    [
        (HELLO, True),
        (b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", False),
        (b"", False),
    ],
)
def test_a_page_is_there_or_not(
    neighbour: Neighbour, answer: bytes, is_well: bool
) -> None:
    neighbour.answers = [(answer,)]
    lines = NeighbourLines(neighbour.url, 2)
    assert lines.is_well("/health", PATIENCE) is is_well
    assert neighbour.requests[0].startswith(b"GET /base/health HTTP/1.1\r\nHost: ")


def test_nobody_there_is_not_well() -> None:
    lines = NeighbourLines(f"http://127.0.0.1:{free_port()}", 2)
    assert lines.is_well("/", PATIENCE) is False


def test_hanging_up_ends_the_waiting(neighbour: Neighbour) -> None:
    more = threading.Event()

    class Dribble(tuple[bytes, ...]):
        def __iter__(self) -> Iterator[bytes]:
            yield HELLO[:20]
            more.wait(10)

    neighbour.answers = [Dribble()]
    lines = NeighbourLines(neighbour.url, 2)
    with ThreadPoolExecutor(1) as callers:
        waiting = callers.submit(post, lines)
        wait_for(lambda: neighbour.requests, "the request")
        lines.hang_up()
        assert isinstance(waiting.exception(), LineError)
    more.set()
    neighbour.answers = [(HELLO,)]
    assert post(lines).body == b"hello"
