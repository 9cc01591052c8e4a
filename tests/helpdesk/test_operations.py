"""docs/operations.md says what the code does: settings, measures, limits, and tests."""

import json
import re
from base64 import urlsafe_b64encode
from collections import UserDict
from pathlib import Path
from typing import Any

import pytest

from accounts.measures import Measures
from accounts.settings import AccountsSettings
from actions.measures import REGISTRY as OF_ACTIONS
from foundation.logs import process_name, read_log_format
from helpdesk.desk.identity import IdentityVerifier
from helpdesk.desk.limits import Limit
from helpdesk.metrics import Metrics
from helpdesk.settings import HelpdeskSettings
from tests.accounts.service import ROOT
from tests.accounts.test_settings import GOOD as ACCOUNTS
from tests.helpdesk.test_installations import VARIABLES

PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
KEY = "only for tests, long enough, not a secret"
UNITS = {"second": "s", "minute": "minute", "hour": "hour"}


class Recorder(UserDict[str, str]):
    """Remembers which variables were asked for."""

    def __init__(self, variables: dict[str, str]) -> None:
        self.asked: set[str] = set()
        super().__init__(variables)

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)


def section(title: str) -> str:
    return PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]


def code(language: str) -> str:
    return PAGE.partition(f"```{language}\n")[2].partition("```")[0]


def first_cells(text: str) -> list[str]:
    """Return the first cell of each row of the tables in a text."""
    rows = [row.split("|")[1] for row in text.splitlines() if row.startswith("|")]
    return [cell for cell in rows if "`" in cell]


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    recorder = Recorder(VARIABLES)
    HelpdeskSettings.from_environment(recorder)
    read_log_format(recorder)
    process_name("helpdesk", recorder)
    cells = " ".join(first_cells(section("Settings")))
    assert set(re.findall(r"`(LATCHKEY_\w+)`", cells)) == recorder.asked
    neighbours = Recorder(ACCOUNTS)
    AccountsSettings.from_environment(neighbours)
    known = recorder.asked | neighbours.asked
    assert set(re.findall(r"LATCHKEY_[A-Z_]+", PAGE)) <= known


def test_every_measure_is_documented() -> None:
    registries = (Metrics().registry, Measures().registry, OF_ACTIONS)
    families = [family for each in registries for family in each.collect()]
    counted = {f.name + ("_total" if f.type == "counter" else "") for f in families}
    written = set(re.findall(r"`(latchkey_\w+)`", PAGE))
    assert written == {name for name in counted if name.startswith("latchkey_")}


@pytest.mark.parametrize("limit", Limit)
def test_every_limit_is_documented(limit: Limit) -> None:
    amount, _, time = limit.value.partition("/")
    count, unit = time.split()
    unit = unit.removesuffix("s")
    written = {
        "second": f"{amount} in {count} s",
        "minute": f"{amount} a minute",
        "day": f"{amount} a day",
    }
    said = written.get(unit, f"{amount} in an hour")
    assert said in section("Limits")


def test_every_test_that_proves_a_row_exists() -> None:
    rows = section("When a part fails").splitlines()
    rows = [row for row in rows if row.startswith("| ")][1:]
    assert len(rows) > 10
    for row in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row.split("|")[5])
        assert named, row
        for path, name in named:
            assert f"\ndef {name}(" in (ROOT / path).read_text("utf-8"), name


def test_an_identity_signed_as_in_the_example_is_good(tmp_path: Path) -> None:
    keys = json.loads(code("json"))
    keys["keys"][0]["k"] = urlsafe_b64encode(KEY.encode()).decode().rstrip("=")
    (tmp_path / "keys.json").write_text(json.dumps(keys), "utf-8")
    site: dict[str, Any] = {}
    exec(code("python"), site)
    token = site["sign_identity"](KEY, "42", "Ana", "ana@example.com")
    identity = IdentityVerifier(tmp_path / "keys.json").verify(token)
    assert (identity.subject, identity.name) == ("42", "Ana")
