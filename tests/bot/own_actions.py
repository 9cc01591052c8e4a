"""The product's own action server as a process, for the trained model to call."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jwt
import requests

from bot.turn import Turn, TurnTaker

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = ROOT / os.environ.get("LATCHKEY_ENVIRONMENTS", ".latchkey")
ACTOR_KEY = "k" * 40
START_S = 30


@contextmanager
def run_own_actions(agent: Any, folder: Path) -> Iterator[TurnTaker]:
    """Yield a turn taker whose actions are the product's own; no backend answers them."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    log = folder / "log"
    variables = {
        "LATCHKEY_ACTIONS_PORT": str(port),
        "LATCHKEY_ACTOR_KEY": ACTOR_KEY,
        "LATCHKEY_ACCOUNTS_URL": "http://127.0.0.1:9",
        "LATCHKEY_ACCOUNTS_TOKEN": "none",
        "LATCHKEY_ACCOUNTS_STAFF_TOKEN": "none",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [ENVIRONMENTS / "venv/bin/python", "-m", "actions"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
            stdout=output,
            stderr=output,
        )
    endpoint = agent.processor.action_endpoint
    own = endpoint.url
    try:
        _wait_until_up(f"http://127.0.0.1:{port}/health", log)
        endpoint.url = f"http://127.0.0.1:{port}/webhook"
        yield TurnTaker(agent)
    finally:
        endpoint.url = own
        process.terminate()
        process.wait(10)


def signed_for(turn: Turn, role: str = "contact", **claims: Any) -> Turn:
    """Return a turn with a statement of who sent it."""
    content = {
        "aud": "latchkey-actions",
        "sub": "somebody",
        "role": role,
        "act": True,
        "cid": turn.conversation_id,
        "mid": turn.message_id,
        "exp": int(time.time()) + 60,
        **claims,
    }
    actor = jwt.encode(content, ACTOR_KEY, algorithm="HS256")
    return Turn(**{**vars(turn), "actor": actor})


def _wait_until_up(url: str, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            requests.get(url, timeout=2)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text(encoding="utf-8"))
