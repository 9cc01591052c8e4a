"""`./latchkey up`, really, on free ports and in a state folder of its own."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import requests

from cli.keys import NAMES
from cli.stack import Ports
from helpdesk.assistant import Turn
from tests.accounts.service import wait_for
from tests.cli.command_line import RunningUp, latchkey, processes_of

PARTS = ("accounts.outbox", "-m accounts ", "-m actions", "bot.serve")
UP = "Latchkey is up."


@pytest.fixture
def up(tmp_path: Path) -> Iterator[RunningUp]:
    """One that the test starts and ends itself."""
    running = RunningUp(tmp_path, Ports.free())
    yield running
    running.clean_up()


@pytest.fixture(scope="module")
def shared_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningUp]:
    """One that is up, for the tests that only look at it or break one part."""
    running = RunningUp(tmp_path_factory.mktemp("up"), Ports.free())
    running.start()
    try:
        running.wait_until(UP)
        yield running
    finally:
        running.clean_up()


def ask(up: RunningUp, text: str) -> str:
    """Say something to the assistant and return its words."""
    result = up.stack.assistant().take_turn(Turn(str(uuid4()), str(uuid4()), text))
    return "\n".join(reply["text"] for reply in result["replies"])


def test_it_says_where_everything_is(shared_up: RunningUp) -> None:
    for part in ("accounts", "outbox"):
        address = shared_up.stack.url(part)
        assert address in shared_up.said
        assert requests.get(address, timeout=20).ok
    assert "./latchkey chat" in shared_up.said
    assert str(shared_up.home / "logs") in shared_up.said
    assert "72 hours" in ask(shared_up, "how long is an invitation valid?")


def test_everything_listens_on_the_loopback_address_only(shared_up: RunningUp) -> None:
    own = socket.gethostbyname(socket.gethostname())
    if own.startswith("127."):
        own = "127.0.0.2"
    for port in vars(shared_up.ports).values():
        with socket.socket() as probe:
            assert probe.connect_ex((own, port)) != 0


def test_the_keys_and_the_state_are_for_the_owner_only(shared_up: RunningUp) -> None:
    keys = list((shared_up.home / "keys").iterdir())
    assert len(keys) == len(NAMES)
    assert {key.stat().st_mode & 0o777 for key in keys} == {0o600}
    secrets = [key.read_text() for key in keys]
    for log in shared_up.log_files:
        text = log.read_text(errors="replace")
        assert not [secret for secret in secrets if secret in text], log
    for line in processes_of(shared_up.home).values():
        assert not [secret for secret in secrets if secret in line], line


def test_chat_talks_to_the_stack_that_is_up(shared_up: RunningUp) -> None:
    typed = "resend my invite, it's chat@example.com\n1\nhow do I log in?\n9\n\n"
    result = latchkey("chat", variables=shared_up.variables, typed=typed)
    assert result.returncode == 0, result.stderr
    assert "1 Yes, send it" in result.stdout
    assert "2 No, stop" in result.stdout
    assert "an e-mail to chat@example.com is on its way" in result.stdout.replace(
        "\n", " "
    )
    assert "Did that help?" in result.stdout
    assert "Traceback" not in result.stderr

    def mail() -> object:
        outbox = shared_up.stack.url("outbox")
        found = requests.get(f"{outbox}/api/mails?to=chat@example.com", timeout=20)
        return found.json()["mails"]

    wait_for(mail, "the mail that chat asked for")


def test_a_second_one_names_the_port_that_is_taken(shared_up: RunningUp) -> None:
    result = latchkey("up", variables=shared_up.variables)
    assert result.returncode == 1
    assert f"Port {shared_up.ports.helpdesk} is taken" in result.stderr
    assert "LATCHKEY_HELPDESK_PORT" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert UP in shared_up.said
    assert shared_up.process
    assert shared_up.process.poll() is None


@pytest.mark.parametrize("part", ["-m actions", "-m accounts "])
def test_a_part_that_is_killed_is_started_again(
    shared_up: RunningUp, part: str
) -> None:
    old = shared_up.wait_for_part(part)
    os.kill(old, signal.SIGKILL)
    wait_for(
        lambda: shared_up.wait_for_part(part) != old and ask_sent(shared_up),
        f"another {part}",
    )
    assert "had stopped and is started again" in shared_up.said


def ask_sent(up: RunningUp) -> bool:
    """Have a mail sent, through every part; tell whether that went well."""
    conversation = str(uuid4())
    assistant = up.stack.assistant()
    said = "resend my invite, it's revived@example.com"
    assistant.take_turn(Turn(conversation, str(uuid4()), said))
    result = assistant.take_turn(Turn(conversation, str(uuid4()), payload="/affirm"))
    return "on its way" in result["replies"][0]["text"]


def test_ctrl_c_pressed_twice_stops_everything(shared_up: RunningUp) -> None:
    started = processes_of(shared_up.home)
    assert all(any(part in line for line in started.values()) for part in PARTS)
    shared_up.signal(signal.SIGINT)
    shared_up.wait_until("Stopping …")
    shared_up.signal(signal.SIGINT)
    assert shared_up.wait_for_end() == 0
    assert "Everything is stopped." in shared_up.said
    assert "Traceback" not in shared_up.said
    assert shared_up.is_gone(), processes_of(shared_up.home)
    shared_up.ports.check_free()


def test_ctrl_c_during_the_start_stops_everything(up: RunningUp) -> None:
    up.start()
    up.wait_for_part("bot.serve")
    up.signal(signal.SIGINT)
    assert up.wait_for_end() == 0
    assert UP not in up.said
    assert "Traceback" not in up.said
    assert up.is_gone(), processes_of(up.home)


def test_nothing_outlives_one_that_is_killed(up: RunningUp) -> None:
    up.start()
    for part in PARTS:
        up.wait_for_part(part)
    assert up.process
    up.process.kill()
    up.process.wait()
    wait_for(up.is_gone, "the end of every part")


def test_a_part_that_cannot_start_ends_it_with_the_name_of_the_log(
    up: RunningUp,
) -> None:
    up.more["LATCHKEY_ACCOUNTS_DATABASE_URL"] = "nonsense"
    up.start()
    assert up.wait_for_end() == 1
    assert "accounts ended at once" in up.said
    assert str(up.home / "logs" / "accounts.log") in up.said
    assert "Traceback" not in up.said
    assert up.is_gone(), processes_of(up.home)


def test_keys_may_come_from_files(tmp_path: Path, up: RunningUp) -> None:
    for name in ("TURN_KEY", "ACCOUNTS_TOKEN", "ACCOUNTS_STAFF_TOKEN"):
        secret = tmp_path / f"secret-{name.lower()}"
        secret.write_text(uuid4().hex + uuid4().hex + "\n")
        up.more[f"LATCHKEY_{name}_FILE"] = str(secret)
    up.start()
    up.wait_for_part("bot.serve")
    wait_for(
        lambda: "accounts  " in up.said or "ended" in up.said, "the account backend", 30
    )
    assert "✓ accounts" in up.said, up.describe()
