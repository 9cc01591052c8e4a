"""Where the parts listen, and what is said when somebody else does already."""

import socket

import pytest
import typer

from cli.stack import PORT_VARIABLES, Answers, Ports, PortTakenError
from tests.accounts.service import free_port


def test_free_ports_are_free_and_differ() -> None:
    ports = Ports.free()
    assert len(set(vars(ports).values())) == len(PORT_VARIABLES)
    ports.check_free()


@pytest.mark.parametrize("part", PORT_VARIABLES)
def test_a_taken_port_is_named_with_the_variable_that_changes_it(part: str) -> None:
    ports = Ports.free()
    number = getattr(ports, part)
    with (
        socket.create_server(("127.0.0.1", number)),
        pytest.raises(PortTakenError) as caught,
    ):
        ports.check_free()
    assert f"Port {number} is taken" in str(caught.value)
    assert PORT_VARIABLES[part][0] in str(caught.value)


def test_ports_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for number, (variable, _) in enumerate(PORT_VARIABLES.values(), 20_001):
        monkeypatch.setenv(variable, str(number))
    assert Ports.from_environment() == Ports(*range(20_001, 20_007))


def test_without_variables_the_ports_are_the_documented_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for variable, _ in PORT_VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)
    assert Ports.from_environment() == Ports(8080, 8081, 5055, 5005, 8025, 1025)


def test_nobody_listening_is_no_answer() -> None:
    assert Answers(f"http://127.0.0.1:{free_port()}/")() is False


@pytest.mark.parametrize("value", ["abc", "", "0", "70000", "-1"])
def test_what_is_no_port_is_refused_in_a_sentence(
    value: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LATCHKEY_RASA_PORT", value)
    with pytest.raises(typer.Exit):
        Ports.from_environment()
    assert "LATCHKEY_RASA_PORT" in capsys.readouterr().err
