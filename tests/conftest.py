"""What every test shares: when one fails, the tails of the logs of what it used."""

from collections.abc import Generator
from pathlib import Path

import pytest

TAIL = 3_000  # characters


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
