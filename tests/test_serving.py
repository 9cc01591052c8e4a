"""A service that is told to end while it starts ends, instead of never hearing it."""

import subprocess
import sys

import pytest

from tests.accounts.service import ROOT

PROGRAM = """
import os, signal, sys
from sanic import Sanic, text
from foundation.serving import serve

app = Sanic("hasty")
app.add_route(lambda request: text(""), "/")

async def tell(_app):
    os.kill(os.getpid(), getattr(signal, sys.argv[2]))

app.register_listener(tell, sys.argv[1])
sys.exit(serve(app, "127.0.0.1", 0))
"""


@pytest.mark.parametrize("moment", ["before_server_start", "after_server_start"])
@pytest.mark.parametrize("told", ["SIGINT", "SIGTERM"])
def test_what_comes_while_it_starts_ends_it(moment: str, told: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, moment, told],
        cwd=ROOT,
        timeout=60,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert "cannot run" not in ended.stderr


HASTY = """
import os, signal, sys, threading, urllib.request
from sanic import Sanic, text
from sanic.server import runners
from foundation.serving import serve

app = Sanic("hasty")
app.add_route(lambda request: text(""), "/")
run = runners._run_server_forever

def run_later(*arguments):
    os.kill(os.getpid(), getattr(signal, sys.argv[1]))
    run(*arguments)

runners._run_server_forever = run_later
sys.exit(serve(app, "127.0.0.1", 0))
"""


@pytest.mark.parametrize("told", ["SIGINT", "SIGTERM"])
def test_what_comes_between_the_start_and_the_long_run_ends_it(told: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", HASTY, told],
        cwd=ROOT,
        timeout=60,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert "cannot run" not in ended.stderr
