"""One-time codes and recovery codes: sealed, off by one step at most, and used once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from foundation.database import Database
from foundation.secret import Secret
from helpdesk.desk.agent_accounts import NewAgent, add_agent
from helpdesk.desk.audit import Who
from helpdesk.desk.one_time_codes import (
    OneTimeCodes,
    count_recovery_codes,
    make_recovery_codes,
    reset_codes,
    use_recovery_code,
)
from helpdesk.store.models import Agent, RecoveryCode
from helpdesk.store.rows import change, get, table_of
from helpdesk.store.words import Role

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STEP = timedelta(seconds=30)
SECRET = Secret("only for tests, long enough, not a secret")
CODES = OneTimeCodes(SECRET, "Latchkey console")


class Phone:
    """An agent with an app that shows codes."""

    def __init__(self, database: Database, name: str = "ana") -> None:
        self.database = database
        with database.transaction() as session:
            new = NewAgent(f"{name}@example.com", name, Role.AGENT)
            self.agent = add_agent(session, Who("test"), new, NOON)
        self.offer = CODES.offer(self.agent.id, NOON)
        self.secret = CODES.open_offer(self.agent.id, self.offer, NOON) or ""

    def code(self, at: datetime) -> str:
        return pyotp.TOTP(self.secret).at(at)

    def set_up(self, at: datetime = NOON) -> bool:
        with self.database.transaction() as session:
            code = self.code(at)
            return CODES.accept(session, self.agent.id, self.offer, code, at)

    def use(self, code: str, now: datetime, codes: OneTimeCodes = CODES) -> bool:
        with self.database.transaction() as session:
            agent = get(session, Agent, id=self.agent.id)
            return codes.use(session, agent, code, now)


@pytest.fixture
def phone(database: Database) -> Phone:
    phone = Phone(database)
    assert phone.set_up()
    return phone


def test_the_secret_rests_sealed_and_fits_its_column(phone: Phone) -> None:
    with phone.database.reading() as session:
        kept = get(session, Agent, id=phone.agent.id).totp_secret
    assert kept
    assert phone.secret not in kept
    assert len(kept) <= 200


def test_the_app_is_told_whose_codes_these_are(phone: Phone) -> None:
    uri = CODES.uri("ana@example.com", phone.secret)
    assert "ana%40example.com" in uri
    assert "issuer=Latchkey%20console" in uri
    picture = CODES.picture("ana@example.com", phone.secret)
    assert picture.startswith("data:image/svg+xml")
    assert phone.secret not in picture


def test_a_clock_may_be_off_by_one_step_and_not_by_more(phone: Phone) -> None:
    later = NOON
    for steps in (-1, 0, 1):
        later += 10 * STEP
        assert phone.use(phone.code(later + steps * STEP), later)
    for steps in (-3, -2, 2, 3):
        later += 10 * STEP
        assert not phone.use(phone.code(later + steps * STEP), later)


def test_a_code_works_once_and_none_before_it_works_again(phone: Phone) -> None:
    later = NOON + 10 * STEP
    code = phone.code(later)
    assert phone.use(f" {code[:3]} {code[3:]} ", later)
    assert not phone.use(code, later)
    assert not phone.use(phone.code(later - STEP), later)
    assert phone.use(phone.code(later + STEP), later + STEP)


def test_the_code_of_the_set_up_does_not_sign_in_as_well(phone: Phone) -> None:
    assert not phone.use(phone.code(NOON), NOON)


def test_of_two_who_use_a_code_at_once_one_gets_in(phone: Phone) -> None:
    later = NOON + 10 * STEP
    code = phone.code(later)
    with ThreadPoolExecutor(4) as threads:
        let_in = list(threads.map(lambda _: phone.use(code, later), range(8)))
    assert let_in.count(True) == 1


def test_what_is_no_code_is_refused(phone: Phone) -> None:
    for code in ("", "12345", "é" * 6, "\ud800", "1" * 4000):
        assert not phone.use(code, NOON + 10 * STEP)


def test_an_offer_is_for_one_agent_and_for_an_hour(database: Database) -> None:
    phone, other = Phone(database), Phone(database, "ivo")
    assert CODES.open_offer(other.agent.id, phone.offer, NOON) is None
    late = NOON + timedelta(hours=1, seconds=1)
    assert CODES.open_offer(phone.agent.id, phone.offer, late) is None
    assert CODES.open_offer(phone.agent.id, "made up", NOON) is None
    assert not phone.set_up(late)
    other.offer = phone.offer
    assert not other.set_up()


def test_a_sealed_secret_cannot_be_moved_to_another_agent(phone: Phone) -> None:
    other = Phone(phone.database, "ivo")
    with phone.database.transaction() as session:
        sealed = get(session, Agent, id=phone.agent.id).totp_secret
        change(session, Agent, {"id": other.agent.id}, totp_secret=sealed)
    later = NOON + 10 * STEP
    assert not other.use(phone.code(later), later)


def test_with_another_service_secret_the_codes_are_void(phone: Phone) -> None:
    others = OneTimeCodes(
        Secret("another secret that is long enough to be"), "Latchkey"
    )
    later = NOON + 10 * STEP
    assert not phone.use(phone.code(later), later, others)
    assert phone.use(phone.code(later), later)


def test_without_a_set_up_no_code_is_right(database: Database) -> None:
    phone = Phone(database)
    assert not phone.use(phone.code(NOON), NOON)


def test_each_recovery_code_works_once(phone: Phone) -> None:
    database, me = phone.database, phone.agent.id
    with database.transaction() as session:
        codes = make_recovery_codes(session, me)
    assert len(set(codes)) == 10
    with database.transaction() as session:
        assert use_recovery_code(session, me, codes[0].upper().replace("-", " "))
        assert not use_recovery_code(session, me, codes[0])
        assert not use_recovery_code(session, me, "aaaa-aaaa-aaaa-aaaa")
        assert not use_recovery_code(session, me, "")
        assert count_recovery_codes(session, me) == 9


def test_of_two_who_use_a_recovery_code_at_once_one_gets_in(phone: Phone) -> None:
    with phone.database.transaction() as session:
        code = make_recovery_codes(session, phone.agent.id)[0]

    def use(_: int) -> bool:
        with phone.database.transaction() as session:
            return use_recovery_code(session, phone.agent.id, code)

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(use, range(8))).count(True) == 1


def test_recovery_codes_are_ones_own_and_new_ones_replace_them(phone: Phone) -> None:
    other = Phone(phone.database, "ivo")
    with phone.database.transaction() as session:
        old = make_recovery_codes(session, phone.agent.id)
        assert not use_recovery_code(session, other.agent.id, old[0])
        new = make_recovery_codes(session, phone.agent.id)
        assert not use_recovery_code(session, phone.agent.id, old[0])
        assert use_recovery_code(session, phone.agent.id, new[0])
        kept = [row.digest for row in session.execute(table_of(RecoveryCode).select())]
    assert not [code for code in new if code in kept or code.replace("-", "") in kept]


def test_a_reset_forgets_both_kinds(phone: Phone) -> None:
    with phone.database.transaction() as session:
        make_recovery_codes(session, phone.agent.id)
        reset_codes(session, Who("test"), phone.agent.id, NOON)
        assert count_recovery_codes(session, phone.agent.id) == 0
        assert get(session, Agent, id=phone.agent.id).totp_secret is None
    later = NOON + 10 * STEP
    assert not phone.use(phone.code(later), later)
