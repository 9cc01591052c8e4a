"""Two servers in the place of the assistant's processes, and a pool of them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from helpdesk import assistant_pool
from helpdesk.assistant_pool import AssistantPool
from helpdesk.metrics import Metrics
from helpdesk.neighbour_lines import Patience
from tests.helpdesk.assistant_pool.steps import WELL, Seconds, pool_of
from tests.helpdesk.scripted_server import ScriptedServer, run_scripted_server


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


@pytest.fixture(autouse=True)
def short_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assistant_pool, "LOOK_PATIENCE", Patience(0.3, 0.3))


@pytest.fixture
def servers() -> Iterator[list[ScriptedServer]]:
    with ExitStack() as stack:
        running = [stack.enter_context(run_scripted_server()) for _ in range(2)]
        for server in running:
            server.script = WELL
        yield running


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def pool(
    servers: list[ScriptedServer], metrics: Metrics, clock: Seconds
) -> AssistantPool:
    return pool_of([server.url for server in servers], metrics, clock)


@pytest.fixture
def callers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as threads:
        yield threads
