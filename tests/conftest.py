"""What every test shares: a browser, and the tails of logs when a test fails."""

import os
import shutil
import sys
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TAIL = 3_000  # characters
PATIENCE_MS = 20_000  # for what is to be seen; a busy machine takes its time
LONGEST = ("tests/e2e/", "tests/desk/test_who_may_speak.py", "tests/widget/")
BROWSER = os.environ.get("LATCHKEY_BROWSER") or shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


_open = ExitStack()  # the browser, while tests that need it follow one another
_browsers: "list[Browser]" = []


@pytest.fixture(scope="module")
def chromium() -> "Browser":
    """One real browser for a module and those after it; each test takes a profile."""
    from playwright.sync_api import expect, sync_playwright  # not in Rasa's room

    expect.set_options(timeout=PATIENCE_MS)
    if not _browsers:
        assert BROWSER, "./latchkey test finds or installs Chromium"
        play = _open.enter_context(sync_playwright())
        browser = play.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
        _open.callback(_browsers.clear)
        _open.callback(browser.close)
        _browsers.append(browser)
    return _browsers[0]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, None, None]:
    """Close the browser where no test with one follows.

    It keeps an event loop in the main thread, where other tests run theirs.
    """
    yield
    follows = nextitem and (
        nextitem.path == item.path
        or "chromium" in getattr(nextitem, "fixturenames", ())
    )
    if not follows:
        _open.close()


def pytest_unconfigure() -> None:
    """End the servers of `--several`, if any run."""
    if several := sys.modules.get("tests.several"):
        several.stop_servers()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that workers end at the same time."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


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
