"""Starts our services as processes of their own, quickly: forked from one that knows them.

What is run is the same module, with nothing but its environment, in a process that can be
stopped and killed like any other. Only the imports have been done before, once for all
tests: they take longer than everything else at a start.
"""

import os
import runpy
import subprocess
import sys
from multiprocessing import get_context
from pathlib import Path

KNOWN = ["accounts.app", "accounts.outbox.web", "helpdesk.app"]

_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(KNOWN)


class ForkedModule:
    """`python -m module`, as `subprocess.Popen` would have it.

    Args:
        module: What is run.
        variables: Its whole environment.
        log: Where it writes what it says.
    """

    def __init__(self, module: str, variables: dict[str, str], log: Path) -> None:
        arguments = (module, variables, str(log))
        # One that a test forgot ends with the tests.
        self._process = _CONTEXT.Process(target=_run, args=arguments, daemon=True)
        self._process.start()
        assert self._process.pid
        self.args = module
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        """How it ended, None while it runs; the number of a signal is negative."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Return how it ended, None while it runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended and return how."""
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return self.returncode

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()


def _run(module: str, variables: dict[str, str], log: str) -> None:
    os.environ.clear()
    os.environ.update(variables)
    written = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.dup2(written, 1)
    os.dup2(written, 2)
    os.close(written)
    sys.argv = [module]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
