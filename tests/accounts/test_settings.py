"""Settings: what is read, and what is said when something is wrong."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from accounts.outbox.settings import OutboxSettings
from accounts.settings import AccountsSettings
from foundation.environment import SettingsError
from tests.accounts.service import ROOT, free_port

GOOD = {
    "LATCHKEY_ACCOUNTS_TOKEN": "service token 1234",
    "LATCHKEY_ACCOUNTS_STAFF_TOKEN": "staff token 12345",
    "LATCHKEY_ACCOUNTS_SECRET": "q7dJx2pVwN4mZkR8tYhB3sLcGf6aEuT1",
    "LATCHKEY_SETTINGS": str(ROOT / "settings.yml"),
}


def test_the_defaults_are_for_one_machine() -> None:
    settings = AccountsSettings.from_environment(GOOD)
    assert (settings.host, settings.port) == ("127.0.0.1", 8081)
    assert settings.public_url == "http://127.0.0.1:8081"
    assert settings.database_url == "sqlite:///.latchkey/state/accounts.db"
    assert (settings.smtp.host, settings.smtp.port) == ("127.0.0.1", 1025)
    assert settings.smtp.mail_from == settings.names.support_email
    assert not settings.seed
    assert not settings.is_https


def test_everything_can_be_set(tmp_path: Path) -> None:
    settings = AccountsSettings.from_environment(
        GOOD
        | {
            "LATCHKEY_HOME": str(tmp_path),
            "LATCHKEY_ACCOUNTS_PUBLIC_URL": "https://id.example.com/",
            "LATCHKEY_SMTP_STARTTLS": "yes",
            "LATCHKEY_SMTP_USERNAME": "mailer",
            "LATCHKEY_SMTP_PASSWORD": "mail password",
            "LATCHKEY_MAIL_FROM": "no-reply@example.com",
        }
    )
    assert settings.public_url == "https://id.example.com"
    assert settings.is_https
    assert settings.database_url == f"sqlite:///{tmp_path}/accounts.db"
    assert settings.smtp.starttls
    assert settings.smtp.password == "mail password"
    assert settings.smtp.mail_from == "no-reply@example.com"


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("f" * 40 + "\n", encoding="utf-8")
    variables = GOOD | {
        "LATCHKEY_ACCOUNTS_SECRET": "",
        "LATCHKEY_ACCOUNTS_SECRET_FILE": str(path),
    }
    assert AccountsSettings.from_environment(variables).secret.current == "f" * 40


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"LATCHKEY_ACCOUNTS_TOKEN": ""}, "LATCHKEY_ACCOUNTS_TOKEN .* must be set"),
        ({"LATCHKEY_ACCOUNTS_SECRET": "short"}, "at least 32 characters"),
        ({"LATCHKEY_ACCOUNTS_SECRET_FILE": "/nowhere"}, "not both"),
        ({"LATCHKEY_SMTP_PASSWORD_FILE": "/nowhere"}, "cannot read /nowhere"),
        ({"LATCHKEY_ACCOUNTS_PORT": "80a"}, "LATCHKEY_ACCOUNTS_PORT must be a port"),
        ({"LATCHKEY_ACCOUNTS_PORT": "99999"}, "must be a port"),
        ({"LATCHKEY_ACCOUNTS_PUBLIC_URL": "example.com"}, "must start with http"),
        ({"LATCHKEY_ACCOUNTS_SEED": "perhaps"}, "must be 1 or 0"),
        ({"LATCHKEY_SETTINGS": "/nowhere.yml"}, "cannot read /nowhere.yml"),
        (
            {"LATCHKEY_ACCOUNTS_STAFF_TOKEN": GOOD["LATCHKEY_ACCOUNTS_TOKEN"]},
            "must differ",
        ),
    ],
)
def test_a_wrong_setting_is_named(change: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        AccountsSettings.from_environment(GOOD | change)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no section 'names'"),
        ("[]", "no section 'names'"),
        ("names: {product: X}", "lacks web_site"),
        (": : :", "cannot read"),
    ],
)
def test_an_incomplete_settings_file_is_named(
    tmp_path: Path, content: str, words: str
) -> None:
    path = tmp_path / "settings.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=words):
        AccountsSettings.from_environment(GOOD | {"LATCHKEY_SETTINGS": str(path)})


def test_the_mailbox_has_settings_of_its_own(tmp_path: Path) -> None:
    settings = OutboxSettings.from_environment(
        {"LATCHKEY_HOME": str(tmp_path), "LATCHKEY_OUTBOX_REFUSE": "A@b.de, ,c@d.ef"}
    )
    assert settings.folder == tmp_path / "outbox"
    assert (settings.smtp_port, settings.http_port) == (1025, 8025)
    assert settings.refuse == ("a@b.de", "c@d.ef")


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"LATCHKEY_ACCOUNTS_PORT": "x"}, 2, "LATCHKEY_ACCOUNTS_PORT must be a port"),
        (
            {"LATCHKEY_ACCOUNTS_DATABASE_URL": "nonsense"},
            2,
            "LATCHKEY_ACCOUNTS_DATABASE_URL cannot be used",
        ),
        (
            {"LATCHKEY_ACCOUNTS_DATABASE_URL": "sqlite:///{folder}/no-database"},
            1,
            "file is not a database",
        ),
    ],
)
def test_the_service_says_in_one_line_why_it_does_not_start(
    tmp_path: Path, change: dict[str, str], status: int, words: str
) -> None:
    (tmp_path / "no-database").write_text("no database\n" * 100, encoding="utf-8")
    change = {name: text.format(folder=tmp_path) for name, text in change.items()}
    variables = GOOD | {"LATCHKEY_ACCOUNTS_PORT": str(free_port())} | change
    ended = subprocess.run(
        [sys.executable, "-m", "accounts"],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == status
    assert len(ended.stderr.splitlines()) == 1
    assert words in ended.stderr


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [sys.executable, "-m", "accounts"],
            cwd=ROOT,
            env=GOOD | {"LATCHKEY_ACCOUNTS_PORT": port},
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 1
    assert f"cannot listen on 127.0.0.1 port {port}" in ended.stderr


def test_former_tokens_and_secrets_are_honoured_besides() -> None:
    variables = {
        **GOOD,
        "LATCHKEY_ACCOUNTS_TOKEN_FORMER": f"{'a' * 20}, {'b' * 20}",
        "LATCHKEY_ACCOUNTS_SECRET_FORMER": "c" * 40,
    }
    settings = AccountsSettings.from_environment(variables)
    assert settings.token.former == ("a" * 20, "b" * 20)
    assert settings.secret.all[1:] == ("c" * 40,)
    assert "a" * 20 not in repr(settings)


@pytest.mark.parametrize(
    ("former", "problem"),
    [
        ({"LATCHKEY_ACCOUNTS_TOKEN_FORMER": "short"}, "at least 16 characters"),
        (
            {
                "LATCHKEY_ACCOUNTS_STAFF_TOKEN": "s" * 20,
                "LATCHKEY_ACCOUNTS_TOKEN_FORMER": "s" * 20,
            },
            "differ",
        ),
    ],
)
def test_a_former_secret_is_checked_as_well(
    former: dict[str, str], problem: str
) -> None:
    with pytest.raises(SettingsError, match=problem):
        AccountsSettings.from_environment({**GOOD, **former})
