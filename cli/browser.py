"""The browser that the tests drive: found, or installed where that is possible."""

import os
import shutil
import subprocess

from cli.console import err, fail

NAMES = ("chromium", "chromium-browser", "google-chrome")


def ensure_browser() -> str:
    """Return the path of a Chromium, installing Debian's if there is none."""
    found = _find()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        err.print("Installing Chromium for the browser tests")
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(["apt-get", "update"], **quiet)  # type: ignore[call-overload]
        subprocess.run(
            ["apt-get", "install", "-y", "--no-install-recommends", "chromium"],
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            **quiet,  # type: ignore[call-overload]
        )
        found = _find()
    if found is None:
        fail(
            "The browser tests need Chromium. On Debian: sudo apt-get install chromium"
        )
    return found


def _find() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)
