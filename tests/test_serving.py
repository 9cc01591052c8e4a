"""A service that is told to end while it starts ends, instead of never hearing it."""

import subprocess
import sys

import pytest

from tests.accounts.service import ROOT

PROGRAM = """
import os, signal, sys
from sanic import Sanic, text
from sanic.server import runners
from foundation.serving import serve

told, moment = getattr(signal, sys.argv[1]), sys.argv[2]
app = Sanic("hasty")
app.add_route(lambda request: text(""), "/")
run = runners._run_server_forever

def tell():
    os.kill(os.getpid(), told)

async def tell_the_app(_app):
    tell()

def run_told(*arguments):
    tell()
    run(*arguments)

if moment == "before it runs for good":
    runners._run_server_forever = run_told
else:
    app.register_listener(tell_the_app, moment)
sys.exit(serve(app, "127.0.0.1", 0))
"""
MOMENTS = ["before_server_start", "after_server_start", "before it runs for good"]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("told", ["SIGINT", "SIGTERM"])
def test_what_comes_while_it_starts_ends_it(moment: str, told: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, told, moment],
        cwd=ROOT,
        timeout=60,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert "cannot run" not in ended.stderr
