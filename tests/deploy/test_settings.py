"""The example of all settings, the compose file, the units and the proxies."""

import os
import re
import shutil
import stat
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from accounts.settings import AccountsSettings
from cli import keys
from foundation import tracing
from foundation.logs import read_log_format
from helpdesk.settings import HelpdeskSettings
from tests.accounts.service import ROOT
from tests.accounts.test_settings import GOOD as ACCOUNTS
from tests.helpdesk.test_installations import VARIABLES
from tests.helpdesk.test_operations import Recorder

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
# Read where there is no class of settings: by Rasa, by the action server, by `serve`.
OTHERS = {
    "LATCHKEY_ACTIONS_HOST",
    "LATCHKEY_ACTIONS_PORT",
    "LATCHKEY_ACTIONS_URL",
    "LATCHKEY_CACHE",
    "LATCHKEY_MODEL",
    "LATCHKEY_PROCESS_NAME",
    "LATCHKEY_RASA_HOST",
    "LATCHKEY_RASA_PORT",
    "LATCHKEY_TRACKER_URL",
    tracing.ENDPOINT,
}
SERVERS = {"postgres", "valkey"}
Json = dict[str, Any]


PRIVATE = re.compile(r"_(KEY|\w*TOKEN|\w*SECRET|\w*PASSWORD|DATABASE|REDIS|TRACKER)")


@cache
def known_settings() -> set[str]:
    """Return the name of every setting, without those that only say where it is."""
    helpdesk, accounts = Recorder(VARIABLES), Recorder(ACCOUNTS)
    HelpdeskSettings.from_environment(helpdesk)
    AccountsSettings.from_environment(accounts)
    read_log_format(helpdesk)
    names = helpdesk.asked | accounts.asked | OTHERS
    return {
        name
        for name in names
        if not re.search(r"_FORMER(_FILE)?$", name)
        and name.removesuffix("_FILE") not in names - {name}
    }


def in_example() -> dict[str, str]:
    """Return the settings of the example; those behind a # have no value."""
    text = (DEPLOY / "env.example").read_text("utf-8")
    found = re.findall(r"^(#?)((?:LATCHKEY|OTEL)_\w+)=(.*)$", text, re.MULTILINE)
    assert len({name for _, name, _ in found}) == len(found), "each once"
    return {name: "" if mark else value for mark, name, value in found}


def test_the_example_has_every_setting_and_no_other() -> None:
    assert set(in_example()) == known_settings()


def test_the_example_holds_no_secret() -> None:
    for name, value in in_example().items():
        if re.search(r"_(KEY|TOKEN|SECRET|PASSWORD)", name):
            assert value == "", name


def compose() -> Json:
    loaded: Json = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return loaded


SERVICES = sorted(compose()["services"])
OURS = [name for name in SERVICES if name not in SERVERS | {"proxy"}]


def test_there_are_several_of_what_can_have_several() -> None:
    parts = [name.partition("-")[0] for name in SERVICES]
    for part in ("helpdesk", "rasa", "actions"):
        assert parts.count(part) == 2
    assert parts.count("accounts") == 1


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_is_watched_limited_and_started_again(name: str) -> None:
    service = compose()["services"][name]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service
    image = service["image"]
    assert not image.endswith(":latest")
    assert ":" in image
    assert service["logging"]["options"]["max-size"]


@pytest.mark.parametrize("name", OURS)
def test_our_services_write_only_where_they_should(name: str) -> None:
    service = compose()["services"][name]
    assert service["read_only"] is True
    assert service["volumes"][0].endswith(":/var/lib/latchkey")
    assert "ports" not in service, "only the proxy is reached from outside"
    assert (DEPLOY / service["build"]["context"]).resolve() == ROOT
    assert (ROOT / service["build"]["dockerfile"]).exists()
    assert service["environment"]["LATCHKEY_PROCESS_NAME"] == name


def test_every_name_in_the_compose_file_leads_somewhere() -> None:
    loaded = compose()
    for service in loaded["services"].values():
        assert set(service.get("secrets", ())) <= set(loaded["secrets"])
        assert set(service["networks"]) <= set(loaded["networks"])
        assert set(service.get("depends_on", {})) <= set(loaded["services"])
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            is_file = source.startswith("./") and (DEPLOY / source).exists()
            assert is_file or source in loaded["volumes"]
    used = [
        name for each in loaded["services"].values() for name in each.get("secrets", ())
    ]
    assert set(used) == set(loaded["secrets"])


@pytest.mark.parametrize("name", OURS)
def test_a_service_has_known_settings_and_secrets_only_in_files(name: str) -> None:
    service = compose()["services"][name]
    files = set()
    for variable, value in service["environment"].items():
        bare = variable.removesuffix("_FILE")
        assert bare in known_settings() or variable in known_settings(), variable
        if re.search(
            r"_(KEY|\w*TOKEN|\w*SECRET|\w*PASSWORD|DATABASE|REDIS|TRACKER)", variable
        ):
            assert variable.endswith("_FILE"), variable
            files.add(value.removeprefix("/run/secrets/"))
    assert files == set(service["secrets"])


def test_each_part_has_the_secrets_that_it_needs_and_no_others() -> None:
    from cli.serve import NEEDED, WELCOME, Part

    services = compose()["services"]
    for name in OURS:
        part = Part(name.partition("-")[0])
        given = {
            variable.removesuffix("_FILE")
            for variable in services[name]["environment"]
            if variable.removesuffix("_FILE") in keys.NAMES
        }
        assert given == {*NEEDED[part], *WELCOME.get(part, ())}


def test_what_must_not_be_reached_is_in_a_network_without_a_way_out() -> None:
    loaded = compose()
    assert loaded["networks"]["inside"]["internal"] is True
    for name, service in loaded["services"].items():
        if name.partition("-")[0] in {"rasa", "actions", *SERVERS}:
            assert service["networks"] == ["inside"]


def test_addresses_in_the_compose_file_are_those_of_services() -> None:
    for service in compose()["services"].values():
        environment = service.get("environment", {})
        for variable in ("RASA_URL", "ACTIONS_URL", "ACCOUNTS_URL"):
            for url in filter(
                None, environment.get(f"LATCHKEY_{variable}", "").split(",")
            ):
                assert url.removeprefix("http://").partition(":")[0] in SERVICES


def test_the_proxy_leads_to_every_help_desk_and_shows_nothing_of_the_inside() -> None:
    text = (DEPLOY / "Caddyfile").read_text("utf-8")
    for name in SERVICES:
        if name.startswith("helpdesk"):
            assert f"{name}:8080" in text
    for path in ("/metrics", "/readyz", "/healthz"):
        assert path in text
        assert path.strip("/") in (DEPLOY / "nginx.conf").read_text("utf-8")
    environment = compose()["services"]["proxy"]["environment"]
    assert set(re.findall(r"\{\$(\w+)\}", text)) == set(environment)


def test_secrets_are_made_once_and_for_their_readers(tmp_path: Path) -> None:
    script = Path(shutil.copy(DEPLOY / "make-secrets.sh", tmp_path))
    subprocess.run(["sh", str(script)], check=True, capture_output=True)
    folder = tmp_path / "secrets"
    made = {path.name: path.read_text() for path in folder.iterdir()}
    assert set(made) == set(compose()["secrets"])
    values = [text for name, text in made.items() if name != "smtp_password"]
    assert len(set(values)) == len(values)
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert made["postgres_password"] in made["database_url"]
    assert made["postgres_password"] in made["tracker_url"]
    password = made["valkey_conf"].rpartition(" ")[2].strip()
    assert f":{password}@" in made["redis_url"]
    assert len(made["turn_key"]) >= 40
    if os.geteuid() == 0:
        assert {path.stat().st_uid for path in folder.iterdir()} == {999, 10001}
    subprocess.run(["sh", str(script)], check=True, capture_output=True)
    assert {path.name: path.read_text() for path in folder.iterdir()} == made


def section(unit: Path, name: str) -> list[tuple[str, str]]:
    text = unit.read_text("utf-8").partition(f"[{name}]\n")[2].partition("\n[")[0]
    lines = (line for line in text.splitlines() if "=" in line and line[0] != "#")
    return [(line.partition("=")[0], line.partition("=")[2]) for line in lines]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_a_part_and_lets_it_do_little_else(unit: Path) -> None:
    service = section(unit, "Service")
    chosen = dict(service)
    part = re.split(r"[@.]", unit.name.removeprefix("latchkey-"))[0]
    assert chosen["ExecStart"] == f"/opt/latchkey/latchkey serve {part}"
    assert chosen["User"] == "latchkey"
    assert chosen["Restart"] == "always"
    assert chosen["ProtectSystem"] == "strict"
    assert chosen["NoNewPrivileges"] == "yes"
    assert chosen["CapabilityBoundingSet"] == ""
    assert chosen["StateDirectory"] == "latchkey"
    given = " ".join(value for name, value in service if name == "Environment")
    names = set(re.findall(r"(LATCHKEY_\w+)=", given))
    assert names <= known_settings()
    assert "LATCHKEY_PROCESS_NAME" in names


def test_the_target_wants_every_unit() -> None:
    wanted = (DEPLOY / "systemd" / "latchkey.target").read_text("utf-8")
    for unit in UNITS:
        assert re.search(rf"{unit.stem}\d?\.service", wanted), unit.name


@pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="systemd is not on this machine"
)
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    for unit in (DEPLOY / "systemd").iterdir():
        text = unit.read_text("utf-8").replace("/opt/latchkey/latchkey", "/bin/true")
        text = text.replace("WorkingDirectory=/opt/latchkey\n", "")
        names = [unit.name]
        if "@" in unit.name:
            names += [unit.name.replace("@", f"@{number}") for number in (1, 2)]
        for name in names:
            (tmp_path / name).write_text(text)
    found = [str(path) for path in tmp_path.iterdir() if "@." not in path.name]
    result = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *found],
        capture_output=True,
        text=True,
    )
    said = [line for line in result.stderr.splitlines() if "latchkey" in line]
    assert said == []
