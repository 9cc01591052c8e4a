"""Guessing: whoever guesses is stopped, and cannot keep the agent out by it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import uuid4

import pytest

from foundation.clock import SystemClock
from foundation.secret import Secret
from helpdesk.desk.errors import TooFastError
from helpdesk.desk.known_devices import MOST_AGENTS, KnownDevices
from helpdesk.desk.limits import RateLimits
from helpdesk.desk.one_time_codes import OneTimeCodes
from helpdesk.desk.sign_in import PASSWORD, SignIns, Whence, digest_of
from helpdesk.store.record import Record
from helpdesk.store.words import Role
from tests.console.agent_client import AgentClient, Person, add_person
from tests.console.door_steps import set_codes_up
from tests.helpdesk.running import HelpdeskRun, run_helpdesk

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRET = Secret("only for tests, long enough, not a secret")


@pytest.fixture(scope="module")
def helpdesk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HelpdeskRun]:
    """A help desk behind a proxy, which tells it where everybody comes from."""
    folder = tmp_path_factory.mktemp("guessing")
    with run_helpdesk(folder, LATCHKEY_TRUSTED_PROXIES="1") as running:
        yield running


@pytest.fixture
def person(helpdesk: HelpdeskRun) -> Person:
    """Somebody worth guessing at."""
    return add_person(helpdesk.database_url)


def new_address() -> str:
    """Return an address that nobody has used; of IPv6, so that there are enough."""
    number = uuid4().hex
    return f"2001:{number[:4]}:{number[4:8]}:{number[8:12]}::1"


def browser(run: HelpdeskRun, person: Person, address: str = "") -> AgentClient:
    client = AgentClient(run.base_url, person)
    client.session.headers["X-Forwarded-For"] = address or new_address()
    return client


def guess(client: AgentClient, times: int = 12) -> list[int]:
    return [client.sign_in(f"guess {n}").status_code for n in range(times)]


STOPPED = [422] * 10 + [429] * 2


def test_after_ten_guesses_not_even_the_right_password_is_looked_at(
    helpdesk: HelpdeskRun, person: Person
) -> None:
    attacker = browser(helpdesk, person)
    assert guess(attacker) == STOPPED
    answer = attacker.sign_in()
    assert answer.status_code == 429
    assert "Too many tries from here." in answer.text
    attacker.session.cookies.clear()
    assert attacker.sign_in().status_code == 429, "a new browser does not help"


def test_guessing_at_nobody_is_stopped_in_the_same_way(
    helpdesk: HelpdeskRun, person: Person
) -> None:
    nobody = Person(uuid4(), f"{uuid4().hex}@example.com", "", Role.AGENT, None)
    assert guess(browser(helpdesk, nobody)) == STOPPED


def test_another_spelling_of_the_address_is_no_other_agent(
    helpdesk: HelpdeskRun, person: Person
) -> None:
    attacker = browser(helpdesk, person)
    guess(attacker, 10)
    assert attacker.sign_in(email=f" {person.email.upper()}").status_code == 429


def test_the_agent_gets_in_from_another_address_meanwhile(
    helpdesk: HelpdeskRun, person: Person
) -> None:
    for _ in range(3):
        assert guess(browser(helpdesk, person)) == STOPPED
    assert browser(helpdesk, person).sign_in().status_code == 303


def test_the_agent_gets_in_on_a_known_device_even_from_the_same_address(
    helpdesk: HelpdeskRun, person: Person
) -> None:
    address = new_address()
    owner = browser(helpdesk, person, address)
    owner.sign_in()
    owner.submit("/console/sign-out", page="/console/account")
    assert guess(browser(helpdesk, person, address)) == STOPPED
    assert owner.sign_in("a slip").status_code == 422
    assert owner.sign_in().status_code == 303
    # Any number of times: what was right is not counted.
    for _ in range(25):
        assert owner.submit("/console/sign-out", page="/console/account").ok
        assert owner.sign_in().status_code == 303


def test_a_stolen_device_cookie_helps_for_twenty_guesses_and_for_one_agent(
    helpdesk: HelpdeskRun, person: Person
) -> None:
    address = new_address()
    thief = browser(helpdesk, person, address)
    thief.sign_in()
    thief.submit("/console/sign-out", page="/console/account")
    assert guess(thief, 22) == [422] * 20 + [429] * 2
    other = add_person(helpdesk.database_url)
    thief.person = other
    assert guess(thief) == STOPPED


def test_all_addresses_of_one_line_are_one(
    helpdesk: HelpdeskRun, person: Person
) -> None:
    line = f"2001:db8:{uuid4().hex[:4]}:7"
    statuses = [
        guess(browser(helpdesk, person, f"{line}::{n}"), 1)[0] for n in range(1, 13)
    ]
    assert statuses == STOPPED


def test_one_line_cannot_try_everybody() -> None:
    devices, record = KnownDevices(SECRET), cast(Record, None)  # nothing is looked up
    codes = OneTimeCodes(SECRET, "")
    clock = SystemClock()
    sign_ins = SignIns(record, RateLimits(), codes, devices, clock, frozenset())
    here, elsewhere = (
        Whence(address, None, "", "") for address in ("1.2.3.4", "5.6.7.8")
    )
    for number in range(150):
        sign_ins.count(PASSWORD, f"{number % 20}@example.com", here)
    with pytest.raises(TooFastError):
        sign_ins.count(PASSWORD, "a@example.com", here)
    sign_ins.count(PASSWORD, "a@example.com", elsewhere)
    known = devices.remember("", digest_of("a@example.com"), clock.now())
    sign_ins.count(PASSWORD, "a@example.com", replace(here, devices=known))


def test_whoever_knows_the_password_cannot_try_many_codes_from_anywhere(
    helpdesk: HelpdeskRun, person: Person
) -> None:
    owner = browser(helpdesk, person)
    owner.sign_in()
    _, recovery = set_codes_up(owner)
    owner.submit("/console/sign-out", page="/console/account")
    statuses = []
    for _ in range(6):
        thief = browser(helpdesk, person)
        assert thief.sign_in().headers["Location"].startswith("/console/sign-in/code")
        statuses += [
            thief.submit("/console/sign-in/code", code="000000").status_code
            for _ in range(10)
        ]
    assert statuses == [422] * 40 + [429] * 20
    # On the agent's own device it goes on.
    assert owner.sign_in().status_code == 303
    assert owner.submit("/console/sign-in/code", code=recovery[0]).status_code == 303


def test_guessing_the_password_in_a_console_that_was_left_open_is_stopped(
    helpdesk: HelpdeskRun, person: Person
) -> None:
    client, here = browser(helpdesk, person), "/console/account"
    client.sign_in()
    answers = [
        client.submit(f"{here}/codes", page=here, password=f"guess {n}")
        for n in range(21)
    ]
    assert {answer.status_code for answer in answers} == {422}
    assert "tried too often" not in answers[-2].text
    assert "tried too often" in answers[-1].text


def test_a_browser_remembers_a_handful_of_agents_for_half_a_year() -> None:
    devices, cookie = KnownDevices(SECRET), ""
    names = [f"agent{n}" for n in range(MOST_AGENTS + 1)]
    for name in names:
        cookie = devices.remember(cookie, name, NOON)
    assert [devices.find(cookie, name, NOON) is not None for name in names] == [
        False,
        *[True] * MOST_AGENTS,
    ]
    number = devices.find(cookie, "agent5", NOON)
    again = devices.remember(cookie, "agent5", NOON + timedelta(days=1))
    assert devices.find(again, "agent5", NOON) == number
    late = NOON + timedelta(days=180, seconds=1)
    assert devices.find(cookie, "agent5", late) is None
    assert devices.find(again, "agent5", late) == number


def test_a_device_cookie_that_we_did_not_sign_is_none() -> None:
    cookie = KnownDevices(SECRET).remember("", "ana", NOON)
    others = KnownDevices(Secret("another secret that is long enough to be"))
    assert others.find(cookie, "ana", NOON) is None
    devices = KnownDevices(SECRET)
    forged = cookie.replace("ana", "ivo", 1)
    for text in (forged, "", "~~", ".", "ana.1.2", cookie[:-1], "é" * 9000):
        assert devices.find(text, "ana", NOON) is None
        assert devices.find(text, "ivo", NOON) is None
