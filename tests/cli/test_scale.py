"""What `--scale` takes, and which processes become of it."""

from pathlib import Path

import pytest

from cli.scale import Scale, ScaleError, name_of
from cli.shared_addresses import DATABASE_URL, REDIS_URL, TRACKER_URL, remember
from cli.stack import PROCESS_NAME, Ports, Stack

POSTGRESQL = "postgresql+psycopg://latchkey:pass@127.0.0.1:1/latchkey"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """One that names no servers."""
    names = (DATABASE_URL, REDIS_URL, TRACKER_URL)
    for name in (*names, "LATCHKEY_RASA_URL", "LATCHKEY_ACTIONS_URL"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def stack_of(folder: Path, text: str = "") -> Stack:
    return Stack.on(Ports.free(), folder, Scale.parse(text))


@pytest.mark.parametrize(
    ("text", "scale"),
    [
        ("", Scale()),
        ("rasa=3", Scale(rasa=3)),
        (" helpdesk = 2 , actions=1,", Scale(helpdesk=2)),
        ("helpdesk=2,rasa=2,actions=2", Scale(2, 2, 2)),
    ],
)
def test_numbers_of_processes_are_read(text: str, scale: Scale) -> None:
    assert Scale.parse(text) == scale


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("accounts=2", "accounts cannot be scaled"),
        ("outbox=2", "outbox cannot be scaled"),
        ("chef=2", "“chef” is no part; there are helpdesk, rasa, actions"),
        ("rasa", "write rasa=2, for example"),
        ("rasa=", "write rasa=2, for example"),
        ("rasa=two", "write rasa=2, for example"),
        ("rasa=-1", "write rasa=2, for example"),
        ("rasa=1.5", "write rasa=2, for example"),
        ("rasa=²", "write rasa=2, for example"),
        ("rasa=0", "from 1 to 12"),
        ("rasa=13", "from 1 to 12"),
        ("rasa=2,rasa=2", "rasa is there twice"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(ScaleError, match=said):
        Scale.parse(text)


def test_only_what_several_processes_keep_needs_servers() -> None:
    assert not Scale(actions=4).needs_servers
    assert Scale(helpdesk=2).needs_servers
    assert Scale(rasa=2).needs_servers


def test_the_first_process_has_the_name_of_its_part() -> None:
    assert [name_of("rasa", number) for number in (1, 2)] == ["rasa", "rasa-2"]


def test_unscaled_there_is_one_of_each_as_ever(
    tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    stack = stack_of(tmp_path)
    children = {child.name: child for child in stack.children()}
    assert set(children) == {"outbox", "helpdesk", "accounts", "actions", "rasa"}
    given = children["helpdesk"].environment
    assert given["LATCHKEY_RASA_URL"] == stack.url("rasa")
    for name in (DATABASE_URL, REDIS_URL, "LATCHKEY_HELPDESK_PRIVATE_PORT"):
        assert name not in given
    assert str(tmp_path / "tracker.db") in children["rasa"].arguments


def test_scaled_each_process_has_ports_and_a_log_of_its_own(
    tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    stack = stack_of(tmp_path, "helpdesk=2,rasa=3,actions=2")
    children = stack.children()
    names = [child.name for child in children]
    assert len(names) == len(set(names)) == 9
    assert len({child.log for child in children}) == 9
    assert all(child.environment[PROCESS_NAME] == child.name for child in children)
    assert {child.part for child in children} == {
        *("outbox", "helpdesk", "accounts", "actions", "rasa")
    }
    pulses = [(c.pulse.host, c.pulse.port) for c in children if c.pulse]
    assert len(set(pulses)) == 9
    ports = {str(port) for _, port in pulses}
    desks = [child for child in children if child.part == "helpdesk"]
    for desk in desks:
        given = desk.environment
        assert given["LATCHKEY_HELPDESK_SHARES_PORT"] == "1"
        assert given["LATCHKEY_HELPDESK_PORT"] == str(stack.ports.helpdesk)
        assert given["LATCHKEY_HELPDESK_PRIVATE_PORT"] in ports
        assert given["LATCHKEY_RASA_URL"] == stack.urls("rasa")
    assert stack.urls("rasa").count("http://") == 3
    called = children[-1].arguments[list(children[-1].arguments).index("--actions") + 1]
    assert called.split(",") == [f"{stack.url('actions', n)}/webhook" for n in (1, 2)]


def test_what_is_shared_is_in_the_servers_that_were_started(
    tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    remember(
        {DATABASE_URL: POSTGRESQL, REDIS_URL: "redis://:x@h/0"}, prepared(tmp_path)
    )
    stack = stack_of(tmp_path, "helpdesk=2,rasa=2")
    given = stack.helpdesk(2).environment
    assert (given[DATABASE_URL], given[REDIS_URL]) == (POSTGRESQL, "redis://:x@h/0")
    rasa = stack.rasa(2)
    assert rasa.environment[TRACKER_URL] == POSTGRESQL.replace("+psycopg", "")
    assert not [word for word in rasa.arguments if "pass" in word]
    environment.setenv(DATABASE_URL, " ")  # as good as unset
    assert stack.helpdesk().environment[DATABASE_URL] == POSTGRESQL
    environment.delenv(DATABASE_URL)
    # The other commands find the record there, too, until `up` is started without.
    assert stack_of(tmp_path).helpdesk().environment[DATABASE_URL] == POSTGRESQL
    remember({}, tmp_path)
    assert DATABASE_URL not in stack_of(tmp_path).helpdesk().environment


def test_servers_that_the_environment_names_come_first(
    tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    remember({DATABASE_URL: POSTGRESQL}, prepared(tmp_path))
    environment.setenv(DATABASE_URL, "postgresql+psycopg://other/db")
    environment.setenv("LATCHKEY_ACTIONS_URL", "http://a:1, http://b:1/webhook")
    stack = stack_of(tmp_path, "helpdesk=2,rasa=2")
    assert stack.helpdesk().environment[DATABASE_URL] == "postgresql+psycopg://other/db"
    assert stack.rasa().environment[TRACKER_URL] == "postgresql://other/db"
    assert "http://a:1/webhook,http://b:1/webhook" in stack.rasa().arguments
    environment.setenv(TRACKER_URL, "postgresql://third/db")
    assert stack.rasa().environment[TRACKER_URL] == "postgresql://third/db"


def test_one_rasa_keeps_its_memory_in_a_file(
    tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv(DATABASE_URL, POSTGRESQL)
    rasa = stack_of(tmp_path).rasa()
    assert TRACKER_URL not in rasa.environment
    assert str(tmp_path / "tracker.db") in rasa.arguments


def prepared(state: Path) -> Path:
    (state / "servers").mkdir()
    return state
