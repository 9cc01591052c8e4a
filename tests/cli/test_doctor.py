"""`./latchkey doctor`: a real installation that is sound, and everything that can be wrong."""

import json
import os
import shutil
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from cli.keys import rotate_keys
from cli.stack import Answers, Ports
from tests.accounts.service import free_port, run_accounts, wait_for
from tests.cli.command_line import RunningUp, latchkey
from tests.cli.doctoring import (
    MAIL_PASSWORD,
    NOBODY,
    PLANTED,
    Said,
    diagnose,
    run_mail_server,
    run_proxy,
    settings_from_environment,
)

KEYS = {
    "LATCHKEY_TURN_KEY": ["LK252"],
    "LATCHKEY_ACTOR_KEY": ["LK257"],
    "LATCHKEY_ACCOUNTS_TOKEN": ["LK262"],
    "LATCHKEY_ACCOUNTS_STAFF_TOKEN": ["LK263"],
    "LATCHKEY_HELPDESK_SECRET": ["LK221"],
}
AWAY = {
    "LATCHKEY_RASA_URL": ["LK251"],
    "LATCHKEY_ACTIONS_URL": ["LK256"],
    "LATCHKEY_ACCOUNTS_URL": ["LK261"],
    "LATCHKEY_PUBLIC_URL": ["LK221"],
}
# An address that is this machine's own, and does not look like it.
HERE = "127.1"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningUp]:
    """A whole installation that runs."""
    running = RunningUp(tmp_path_factory.mktemp("up"), Ports.free())
    running.start()
    try:
        running.wait_until("Latchkey is up.")
        yield running
    finally:
        running.clean_up()


def look(up: RunningUp, **more: str) -> Said:
    """Look at the installation with some settings that are other ones."""
    said: Said = diagnose(up.home, {**up.variables, **more})
    assert said.report["is_running"]
    assert said.report["is_sound"] == (said.ids == [])
    assert said.status == bool(said.ids)
    return said


def test_a_sound_installation_has_no_finding(up: RunningUp) -> None:
    said = look(up)
    assert said.report["findings"] == []
    assert said.status == 0
    assert set(said.left_out) == {"redis", "inbox"}
    assert said.report["settings_from"] == "up"
    ended = diagnose(up.home, up.variables, as_json=False)
    assert "✓ Nothing is wrong." in ended.stderr
    assert ended.stdout == ""


def test_the_command_itself_says_so_too(up: RunningUp) -> None:
    """With nothing of what only tests need: it runs in a process of its own."""
    ended = latchkey("doctor", "--json", variables=up.variables)
    assert ended.returncode == 0, ended.stdout
    report = json.loads(ended.stdout)
    assert ended.stderr == ""
    assert set(report) == {
        *("is_sound", "is_running", "settings_from", "state", "findings"),
        *("looked_at", "left_out", "seconds"),
    }
    assert {"rasa", "actions", "record", "clocks"} <= set(report["looked_at"])


def test_the_same_is_sound_when_the_environment_says_everything(
    up: RunningUp, tmp_path: Path
) -> None:
    """As for parts that systemd or containers run."""
    home = tmp_path / "elsewhere"
    home.mkdir(mode=0o700)
    named = settings_from_environment(up.home, up.variables)
    said = diagnose(home, named)
    assert said.report["findings"] == []
    assert said.report["settings_from"] == "environment"
    assert set(said.left_out) == {"redis", "inbox", "processes", "logs"}
    several = f"{named['LATCHKEY_RASA_URL']},{named['LATCHKEY_RASA_URL']}/"
    assert diagnose(home, named | {"LATCHKEY_RASA_URL": several}).ids == []
    two = f"{named['LATCHKEY_RASA_URL']},http://localhost:{up.ports.rasa}"
    said = diagnose(home, named | {"LATCHKEY_RASA_URL": two})
    assert said.ids == ["LK245"]
    assert "names 2 processes" in said.about("LK245")


@pytest.mark.parametrize(("name", "ids"), KEYS.items())
def test_a_secret_that_does_not_fit_is_found(
    up: RunningUp, name: str, ids: list[str]
) -> None:
    assert look(up, **{name: PLANTED}).ids == ids


def test_secrets_that_cannot_be_used_are_found_and_the_rest_is_looked_at(
    up: RunningUp, tmp_path: Path
) -> None:
    said = look(up, LATCHKEY_TURN_KEY="Pl4nted-short")
    assert said.ids == ["LK202"]
    assert "LATCHKEY_TURN_KEY must have at least 32" in said.about("LK202")
    assert "rasa" in said.left_out
    assert look(up, LATCHKEY_ACTOR_KEY="changeme" * 5).ids == ["LK001", "LK257"]
    nowhere = str(tmp_path / "nowhere")
    assert look(up, LATCHKEY_ACCOUNTS_SECRET_FILE=nowhere).ids == ["LK202"]


def test_settings_that_cannot_be_read_are_found(up: RunningUp) -> None:
    said = look(up, LATCHKEY_LIMIT_FACTOR="lots")
    assert said.ids == ["LK201"]
    assert "record" in said.left_out
    secret = f"redis://:{PLANTED}@127.0.0.1"
    assert look(up, LATCHKEY_PUBLIC_URL=secret).ids == ["LK201"]
    assert look(up, LATCHKEY_DATABASE_URL="nonsense").ids == ["LK201"]
    assert look(up, LATCHKEY_RASA_PORT="x").ids == ["LK201"]
    assert look(up, LATCHKEY_REDIS_URL=f"nonsense://:{PLANTED}@x").ids == ["LK201"]


def test_secrets_that_were_changed_and_not_taken_up_are_found(up: RunningUp) -> None:
    keys, kept = up.home / "keys", up.home / "kept"
    shutil.copytree(keys, kept)
    rotate_keys(up.home)
    try:
        said = look(up)
    finally:
        shutil.rmtree(keys)
        kept.rename(keys)
    assert said.ids == ["LK203"] * 5
    for name in KEYS:
        assert name in said.about("LK203")
    assert look(up).ids == []


@pytest.mark.parametrize(("name", "ids"), AWAY.items())
def test_a_part_that_is_away_is_found(up: RunningUp, name: str, ids: list[str]) -> None:
    said = look(up, **{name: NOBODY})
    assert said.ids == ids
    assert "nobody listens there" in said.about(ids[0])
    assert NOBODY in said.about(ids[0])


def test_an_address_of_somebody_else_is_found(up: RunningUp) -> None:
    outbox = up.stack.url("outbox")
    assert look(up, LATCHKEY_PUBLIC_URL=outbox).ids == ["LK221"]
    assert look(up, LATCHKEY_RASA_URL=outbox).ids == ["LK255"]
    assert look(up, LATCHKEY_ACTIONS_URL=f"{outbox}/webhook").ids == ["LK256"]
    assert look(up, LATCHKEY_ACCOUNTS_URL=outbox).ids == ["LK261"]


def test_a_plain_or_private_public_address_is_found_in_production(
    up: RunningUp,
) -> None:
    production = {
        "LATCHKEY_ENVIRONMENT": "production",
        "LATCHKEY_CODES_FOR": "admin",
        "LATCHKEY_ACCOUNTS_SEED": "0",
    }
    assert look(up, **production).ids == ["LK222"]
    said = look(
        up, **production, LATCHKEY_PUBLIC_URL=f"http://{HERE}:{up.ports.helpdesk}"
    )
    assert said.ids == ["LK003"]


def test_several_help_desks_on_sqlite_and_a_proxy_that_is_not_there_are_found(
    up: RunningUp, tmp_path: Path
) -> None:
    assert look(up, LATCHKEY_HELPDESK_SHARES_PORT="1").ids == ["LK243"]
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    own = {
        "LATCHKEY_HELPDESK_PORT": str(port),
        "LATCHKEY_PUBLIC_URL": url,
        "LATCHKEY_TRUSTED_PROXIES": "1",
    }
    second = up.stack.helpdesk(**own)
    second.start()
    try:
        wait_for(Answers(f"{url}/healthz"), "the second help desk", 60)
        first = look(up)
        named = settings_from_environment(up.home, up.variables, **own)
        there = diagnose(tmp_path, named)
        with run_proxy(port) as proxy:
            behind = diagnose(tmp_path, named | {"LATCHKEY_PUBLIC_URL": proxy})
    finally:
        assert second.process
        second.process.kill()
        second.process.wait()
    assert first.ids == ["LK243"]
    assert "2 processes have it open" in first.about("LK243")
    assert there.ids == ["LK227", "LK243"]
    assert "there is none in front" in there.about("LK227")
    assert behind.ids == ["LK243"]


def test_mail_servers_that_refuse_are_found(up: RunningUp) -> None:
    host, port = "LATCHKEY_HELPDESK_SMTP_HOST", "LATCHKEY_HELPDESK_SMTP_PORT"
    user, password = (f"LATCHKEY_HELPDESK_SMTP_{w}" for w in ("USERNAME", "PASSWORD"))
    starttls = "LATCHKEY_HELPDESK_SMTP_STARTTLS"
    assert look(up, **{host: "127.0.0.1", port: "9"}).ids == ["LK271"]
    with run_mail_server() as number:
        there = {host: "127.0.0.1", port: str(number), user: "help"}
        assert look(up, **there, **{password: MAIL_PASSWORD}).ids == []
        assert look(up, **there, **{password: PLANTED}).ids == ["LK272"]
        assert look(up, **there, **{password: PLANTED, starttls: "1"}).ids == ["LK273"]
        far = {**there, host: HERE, password: MAIL_PASSWORD}
        assert look(up, **far).ids == ["LK274"]
    said = look(up, LATCHKEY_SMTP_HOST="127.0.0.1", LATCHKEY_SMTP_PORT="9")
    assert said.ids == ["LK271"], "it is the same server for both"
    assert "LATCHKEY_SMTP_PORT" in said.about("LK271")


def test_a_proxy_that_is_not_counted_is_found(up: RunningUp) -> None:
    with run_proxy(up.ports.helpdesk) as url:
        said = look(up, LATCHKEY_PUBLIC_URL=url)
        assert said.ids == ["LK226"]
        assert "There is one proxy in front" in said.about("LK226")
        assert "LATCHKEY_TRUSTED_PROXIES=1" in said.about("LK226")


def test_a_clock_that_is_wrong_is_found(up: RunningUp, tmp_path: Path) -> None:
    with run_accounts(tmp_path, LATCHKEY_ACCOUNTS_SEED="0") as accounts:
        there = {
            "LATCHKEY_ACCOUNTS_URL": accounts.base_url,
            "LATCHKEY_ACCOUNTS_TOKEN": accounts.token,
            "LATCHKEY_ACCOUNTS_STAFF_TOKEN": accounts.staff_token,
        }
        assert look(up, **there).ids == []
        accounts.advance(seconds=40)
        said = look(up, **there)
    assert said.ids == ["LK291"]
    assert "the account backend is" in said.about("LK291")
    assert "ahead of" in said.about("LK291")


def test_a_restore_by_half_is_found(up: RunningUp) -> None:
    mark = up.home / "half-restored"
    mark.touch()
    try:
        assert look(up).ids == ["LK215"]
    finally:
        mark.unlink()


def test_parts_that_hang_are_found_and_hold_nothing_up(up: RunningUp) -> None:
    with ExitStack() as listening:
        silent = listening.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = silent.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        said = look(
            up,
            LATCHKEY_RASA_URL=url,
            LATCHKEY_ACTIONS_URL=url,
            LATCHKEY_ACCOUNTS_URL=url,
            LATCHKEY_PUBLIC_URL=url,
            LATCHKEY_REDIS_URL=f"redis://:{PLANTED}@127.0.0.1:{port}",
            LATCHKEY_DATABASE_URL=f"postgresql+psycopg://x:{PLANTED}@127.0.0.1:{port}/x",
            LATCHKEY_HELPDESK_SMTP_HOST="127.0.0.1",
            LATCHKEY_HELPDESK_SMTP_PORT=str(port),
            LATCHKEY_INBOUND_IMAP_URL=f"imap://x:{PLANTED}@127.0.0.1:{port}/INBOX",
            LATCHKEY_INBOUND_ADDRESS="answers@help.example.com",
        )
    expected = {
        *("LK221", "LK231", "LK241", "LK251", "LK256", "LK261"),
        *("LK271", "LK281"),
    }
    assert set(said.ids) - {"LK299"} == expected


def test_a_help_desk_and_an_up_that_stand_still_are_found(up: RunningUp) -> None:
    assert up.process
    found = requests.get(up.stack.url("helpdesk") + "/healthz", timeout=20)
    assert found.ok
    helpdesk = up.wait_for_part("-m helpdesk ")
    leader = _leader_of(up)
    for pid in (leader, helpdesk):  # so that it is not started again
        os.kill(pid, signal.SIGSTOP)
    try:
        said = look(up)
    finally:
        for pid in (helpdesk, leader):
            os.kill(pid, signal.SIGCONT)
    assert {"LK223", "LK225"} <= set(said.ids) <= {"LK223", "LK225", "LK299"}
    wait_for(lambda: look(up).ids == [], "its recovery", 30)


def test_a_host_of_one_part_is_looked_at_as_far_as_it_goes(
    up: RunningUp, tmp_path: Path
) -> None:
    everything = settings_from_environment(up.home, up.variables)
    shared = {n: v for n, v in everything.items() if not n.startswith("LATCHKEY_")}
    shared |= {"LATCHKEY_MODEL": everything["LATCHKEY_MODEL"]}

    def look_with(*names: str, **more: str) -> Said:
        chosen = {name: everything[name] for name in names}
        return diagnose(tmp_path, {**shared, **chosen, **more})

    rasa = {"LATCHKEY_RASA_PORT": str(up.ports.rasa)}
    assert look_with("LATCHKEY_TURN_KEY_FILE", **rasa).ids == []
    assert look_with(LATCHKEY_TURN_KEY=PLANTED, **rasa).ids == ["LK252"]
    actions = ("LATCHKEY_ACTOR_KEY_FILE", "LATCHKEY_ACCOUNTS_TOKEN_FILE")
    port = {"LATCHKEY_ACTIONS_PORT": str(up.ports.actions)}
    said = look_with(*actions, "LATCHKEY_ACCOUNTS_URL", **port)
    assert said.ids == []
    assert {"actions", "accounts"} <= set(said.report["looked_at"])
    key, url = (
        actions[0],
        {"LATCHKEY_ACCOUNTS_URL": everything["LATCHKEY_ACCOUNTS_URL"]},
    )
    said = look_with(key, LATCHKEY_ACCOUNTS_TOKEN=PLANTED, **port, **url)
    assert said.ids == ["LK262"]
    assert "of the settings here" in said.about("LK262")
    secrets = [name for name in everything if name.startswith("LATCHKEY_ACCOUNTS_")]
    here = {"LATCHKEY_ACCOUNTS_PORT": str(up.ports.accounts)}
    said = look_with(*secrets, "LATCHKEY_SMTP_PORT", **here)
    assert said.ids == []
    assert {"accounts_database", "accounts_mail"} <= set(said.report["looked_at"])


def test_nobody_without_the_secret_learns_how_a_request_arrived(up: RunningUp) -> None:
    address = up.stack.url("helpdesk") + "/api/v1/diagnosis"
    for header in ("", "x", "x." + "0" * 64, "é." * 200, "." * 5000):
        given = {"X-Latchkey-Question": header.encode("latin-1", "replace")}
        answer = requests.get(address, headers=given, timeout=20)
        assert answer.status_code == 404
        assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"actor": 1}', b'{"actor": "x.y.z"}', b"\xff"]
)
def test_nobody_without_the_key_learns_what_the_action_server_knows(
    up: RunningUp, body: bytes
) -> None:
    answer = requests.post(
        up.stack.url("actions") + "/diagnosis", data=body, timeout=20
    )
    assert answer.status_code == 401
    assert answer.json() == {"code": "bad_actor"}


def _leader_of(up: RunningUp) -> int:
    """Return the process that watches the others."""
    return up.wait_for_part("-m cli up")
