"""Rasa without TensorFlow, one loaded model and one event loop for all tests of the bot.

The loop runs in a thread of its own, as it does in the product's server, so that tests
can speak HTTP to what lives in it. `./latchkey test` has trained the model before.
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.runtime import prepare

prepare()

from bot import lighter_rasa  # noqa: E402 - after prepare
from bot.action_endpoint import ActionEndpoint  # noqa: E402 - after prepare
from bot.turn import TurnTaker  # noqa: E402 - after prepare
from tests.bot.action_server import ActionServer  # noqa: E402 - after prepare
from tests.bot.turns import Run  # noqa: E402 - after prepare

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "models/latchkey.tar.gz"
PATIENCE_S = 30


def pytest_configure(config: pytest.Config) -> None:
    # Rasa's old pins use what newer Pythons and packages have deprecated.
    config.addinivalue_line("filterwarnings", "ignore::DeprecationWarning")


@pytest.fixture(scope="session", autouse=True)
def _in_the_project() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        yield


@pytest.fixture(scope="session")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """The event loop that everything asynchronous runs on."""
    event_loop = asyncio.new_event_loop()
    thread = threading.Thread(target=event_loop.run_forever, daemon=True)
    thread.start()
    yield event_loop
    event_loop.call_soon_threadsafe(event_loop.stop)
    thread.join(PATIENCE_S)


@pytest.fixture(scope="session")
def run(loop: asyncio.AbstractEventLoop) -> Run:
    """Run a coroutine on the loop and return its result."""

    def result_of(coroutine: Coroutine[Any, Any, Any]) -> Any:
        future = asyncio.run_coroutine_threadsafe(coroutine, loop)
        return future.result(PATIENCE_S)

    return result_of


@pytest.fixture(scope="session")
def server() -> Iterator[ActionServer]:
    """The action server that the loaded model calls."""
    with ActionServer() as running:
        yield running


@pytest.fixture
def action_server(server: ActionServer) -> ActionServer:
    """The same, as if just started."""
    server.reset()
    return server


@pytest.fixture(scope="session")
def agent(
    server: ActionServer, run: Run, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """The trained assistant, with a tracker store on disk as in the product."""
    from rasa.core.agent import Agent

    from bot.tracker_store import RowTrackerStore

    lighter_rasa.install()
    database = tmp_path_factory.mktemp("trackers") / "tracker.db"

    async def load() -> Agent:
        store = RowTrackerStore(db=str(database))
        endpoint = ActionEndpoint(server.url)
        return Agent.load(str(MODEL), action_endpoint=endpoint, tracker_store=store)

    loaded = run(load())
    yield loaded
    run(loaded.processor.action_endpoint.close())


@pytest.fixture
def taker(agent: Any, action_server: ActionServer) -> TurnTaker:
    """A turn taker that remembers nothing yet."""
    return TurnTaker(agent)


@pytest.fixture
def trouble(agent: Any) -> str:
    """What is said when a part is down."""
    return agent.domain.responses["utter_assistant_trouble"][0]["text"]
