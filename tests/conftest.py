"""What every test shares: a browser, and the tails of logs when a test fails."""

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TAIL = 3_000  # characters
BROWSER = os.environ.get("LATCHKEY_BROWSER") or shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def chromium() -> "Iterator[Browser]":
    """One real browser for a module; each test takes a profile of its own.

    Not for longer: it keeps an event loop in the main thread, where other tests run theirs.
    """
    from playwright.sync_api import sync_playwright  # not there in Rasa's room

    assert BROWSER, "./latchkey test finds or installs Chromium"
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the logs of a failed test's fixtures to its report."""
    report = yield
    if report.failed:
        for fixture in getattr(item, "funcargs", {}).values():
            for log in getattr(fixture, "log_files", ()):
                report.sections.append((f"end of {log.name}", tail(log)))
    return report


def tail(log: Path) -> str:
    """Return the end of a log file."""
    if not log.exists():
        return "(it was never written)"
    return log.read_text(encoding="utf-8", errors="replace")[-TAIL:]
