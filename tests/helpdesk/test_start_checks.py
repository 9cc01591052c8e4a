"""Start-up checks: unsafe settings are named, and refuse to start in production."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from accounts.settings import AccountsSettings
from accounts.start_checks import check_accounts
from foundation.environment import SettingsError
from foundation.start_checks import Finding, Level, Stage, UnsafeError, admit
from helpdesk.settings import HelpdeskSettings
from helpdesk.start_checks import check_helpdesk
from tests.accounts.service import ROOT, free_port

SETTINGS = {"LATCHKEY_SETTINGS": str(ROOT / "settings.yml")}
SAFE = {
    **SETTINGS,
    "LATCHKEY_ENVIRONMENT": "production",
    "LATCHKEY_TURN_KEY": "8aR2mQ0vXz6LkT4wHc9uYbNs1jDfGeP7-turns",
    "LATCHKEY_ACTOR_KEY": "8aR2mQ0vXz6LkT4wHc9uYbNs1jDfGeP7-actor",
    "LATCHKEY_HELPDESK_SECRET": "8aR2mQ0vXz6LkT4wHc9uYbNs1jDfGeP7-visit",
    "LATCHKEY_PSEUDONYM_KEY": "8aR2mQ0vXz6LkT4wHc9uYbNs1jDfGeP7-names",
    "LATCHKEY_PUBLIC_URL": "https://help.example.com",
    "LATCHKEY_TRUSTED_PROXIES": "1",
    "LATCHKEY_HELPDESK_SMTP_HOST": "mail.example.com",
    "LATCHKEY_CODES_FOR": "admin,lead",
    "LATCHKEY_DATABASE_URL": "postgresql+psycopg://helpdesk@database/helpdesk",
}
SAFE_ACCOUNTS = {
    **SETTINGS,
    "LATCHKEY_ENVIRONMENT": "production",
    "LATCHKEY_ACCOUNTS_TOKEN": "8aR2mQ0vXz6LkT4wHc9uYbNs-service",
    "LATCHKEY_ACCOUNTS_STAFF_TOKEN": "8aR2mQ0vXz6LkT4wHc9uYbNs-staff",
    "LATCHKEY_ACCOUNTS_SECRET": "8aR2mQ0vXz6LkT4wHc9uYbNs1jDfGeP7-links",
    "LATCHKEY_ACCOUNTS_PUBLIC_URL": "https://accounts.example.com",
    "LATCHKEY_SMTP_HOST": "mail.example.com",
}
UNSAFE = [
    ("LK001", {"LATCHKEY_TURN_KEY": "changeme-changeme-changeme-changeme"}),
    ("LK001", {"LATCHKEY_HELPDESK_SECRET": "x" * 40}),
    ("LK001", {"LATCHKEY_HELPDESK_SECRET_FORMER": "x" * 40}),
    ("LK002", {"LATCHKEY_TURN_KEY": SAFE["LATCHKEY_ACTOR_KEY"]}),
    ("LK002", {"LATCHKEY_ACCOUNTS_TOKEN": SAFE["LATCHKEY_HELPDESK_SECRET"]}),
    ("LK003", {"LATCHKEY_PUBLIC_URL": "http://help.example.com"}),
    ("LK003", {"LATCHKEY_PUBLIC_URL": "http://192.168.1.7:8080"}),
    ("LK004", {"LATCHKEY_EMBED_ORIGINS": "http://www.example.com"}),
    ("LK005", {"LATCHKEY_TRUSTED_PROXIES": "0"}),
    ("LK006", {"LATCHKEY_HELPDESK_HOST": "0.0.0.0"}),
    ("LK007", {"LATCHKEY_RASA_URL": "http://rasa.example.com:5005"}),
    ("LK007", {"LATCHKEY_RASA_URL": "http://8.8.8.8:5005"}),
    ("LK007", {"LATCHKEY_RASA_URL": "http://rasa:5005,http://8.8.8.8:5005"}),
    ("LK008", {"LATCHKEY_ACCOUNTS_URL": "http://accounts.example.com"}),
    ("LK009", {"LATCHKEY_RASA_HOST": "0.0.0.0"}),
    ("LK009", {"LATCHKEY_ACTIONS_HOST": "8.8.8.8"}),
    ("LK010", {"LATCHKEY_REDIS_URL": "redis://cache.example.com:6379"}),
    (
        "LK011",
        {
            "LATCHKEY_REDIS_URL": "redis://cache:6379",
            "LATCHKEY_DATABASE_URL": "sqlite:////nowhere/helpdesk.db",
        },
    ),
    ("LK013", {"LATCHKEY_HELPDESK_SMTP_HOST": ""}),
    ("LK014", {"LATCHKEY_HELPDESK_SMTP_HOST": "127.0.0.1"}),
    ("LK015", {"LATCHKEY_CODES_FOR": "lead"}),
    ("LK016", {"LATCHKEY_LIMIT_FACTOR": "10"}),
]
UNSAFE_ACCOUNTS = [
    ("LK101", {"LATCHKEY_ACCOUNTS_TOKEN": "password-password"}),
    ("LK101", {"LATCHKEY_ACCOUNTS_TOKEN": SAFE_ACCOUNTS["LATCHKEY_ACCOUNTS_SECRET"]}),
    ("LK102", {"LATCHKEY_ACCOUNTS_PUBLIC_URL": "http://accounts.example.com"}),
    ("LK103", {"LATCHKEY_ACCOUNTS_SEED": "1"}),
    ("LK104", {"LATCHKEY_SMTP_HOST": "localhost"}),
]


def findings(**more: str) -> list[Finding]:
    variables = {**SAFE, **more}
    return check_helpdesk(HelpdeskSettings.from_environment(variables), variables)


def ids(found: list[Finding]) -> list[str]:
    return [each.id for each in found]


def test_a_safe_installation_has_nothing_to_say() -> None:
    assert findings() == []
    assert check_accounts(AccountsSettings.from_environment(SAFE_ACCOUNTS)) == []


@pytest.mark.parametrize(("expected", "variables"), UNSAFE)
def test_what_is_unsafe_is_found_and_nothing_else(
    expected: str, variables: dict[str, str]
) -> None:
    found = findings(**variables)
    assert ids(found) == [expected]
    assert found[0].message
    assert found[0].hint


@pytest.mark.parametrize(("expected", "variables"), UNSAFE_ACCOUNTS)
def test_what_is_unsafe_about_the_accounts_is_found(
    expected: str, variables: dict[str, str]
) -> None:
    settings = AccountsSettings.from_environment({**SAFE_ACCOUNTS, **variables})
    assert ids(check_accounts(settings)) == [expected]


@pytest.mark.parametrize(
    "variables",
    [
        {"LATCHKEY_RASA_URL": "http://rasa:5005"},
        {"LATCHKEY_RASA_URL": "http://10.1.2.3:5005"},
        {"LATCHKEY_RASA_URL": "http://rasa.internal:5005"},
        {"LATCHKEY_ACCOUNTS_URL": "https://accounts.example.com"},
        {"LATCHKEY_REDIS_URL": "rediss://cache.example.com:6379"},
        {"LATCHKEY_RASA_HOST": "127.0.0.1", "LATCHKEY_ACTIONS_HOST": "10.1.2.3"},
    ],
)
def test_private_neighbours_are_left_in_peace(variables: dict[str, str]) -> None:
    assert findings(**variables) == []


def test_files_that_others_may_read_are_named(tmp_path: Path) -> None:
    database, secret = tmp_path / "helpdesk.db", tmp_path / "turn key"
    for path in (database, secret):
        path.write_text("8aR2mQ0vXz6LkT4wHc9uYbNs1jDfGeP7-files")
        path.chmod(0o644)
    variables = {
        "LATCHKEY_DATABASE_URL": f"sqlite:///{database}",
        "LATCHKEY_TURN_KEY": "",
        "LATCHKEY_TURN_KEY_FILE": str(secret),
    }
    found = findings(**variables)
    assert ids(found) == ["LK012"]
    assert str(database) in found[0].message
    assert str(secret) in found[0].message
    database.chmod(0o600)
    secret.chmod(0o600)
    assert findings(**variables) == []


def test_no_finding_repeats_a_secret() -> None:
    value = "changeme-and-nobody-else-knows-this-one"
    told = repr(findings(LATCHKEY_TURN_KEY=value, LATCHKEY_ACTOR_KEY=value))
    assert "LK001" in told
    assert "LK002" in told
    assert value not in told


def test_production_names_everything_at_once() -> None:
    with pytest.raises(UnsafeError) as caught:
        admit(
            findings(
                LATCHKEY_PUBLIC_URL="http://help.example.com",
                LATCHKEY_LIMIT_FACTOR="3",
                LATCHKEY_CODES_FOR="",
            ),
            Stage.PRODUCTION,
        )
    lines = str(caught.value).splitlines()
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["LK003", "LK016"]


def test_development_warns_only_of_what_matters_there(
    caplog: pytest.LogCaptureFixture,
) -> None:
    admit(
        findings(
            LATCHKEY_PUBLIC_URL="http://help.example.com", LATCHKEY_LIMIT_FACTOR="3"
        ),
        Stage.DEVELOPMENT,
    )
    assert [record.message[:5] for record in caplog.records] == ["LK003"]


def test_an_unknown_stage_is_refused() -> None:
    with pytest.raises(SettingsError, match="development or production"):
        findings(LATCHKEY_ENVIRONMENT="prod")


@pytest.mark.parametrize(
    ("module", "safe", "unsafe", "found"),
    [
        ("helpdesk", SAFE, {"LATCHKEY_LIMIT_FACTOR": "9"}, "LK016"),
        ("accounts", SAFE_ACCOUNTS, {"LATCHKEY_ACCOUNTS_SEED": "1"}, "LK103"),
    ],
)
def test_an_unsafe_service_does_not_start_in_production(
    module: str,
    safe: dict[str, str],
    unsafe: dict[str, str],
    found: str,
    tmp_path: Path,
) -> None:
    run = subprocess.run(
        [sys.executable, "-m", module],
        env={
            **safe,
            **unsafe,
            "PATH": "",
            "LATCHKEY_HOME": str(tmp_path),
            "LATCHKEY_HELPDESK_PORT": str(free_port()),
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 2
    assert found in run.stderr
    assert "Traceback" not in run.stderr


def test_every_check_is_documented() -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    section = page.partition("## Checks at the start\n")[2].partition("\n## ")[0]
    documented = dict(re.findall(r"\| `(LK\d+)` \| (error|warning) \|", section))
    source = "".join(
        (ROOT / module / "start_checks.py").read_text("utf-8")
        for module in ("helpdesk", "accounts")
    )
    levels = re.findall(r'"(LK\d+)",\s+Level\.(ERROR|WARNING)', source)
    assert documented == {known: Level[level].value for known, level in levels}
    tried = {known for known, _ in (*UNSAFE, *UNSAFE_ACCOUNTS)} | {"LK012"}
    assert tried == set(documented)
