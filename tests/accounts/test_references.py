"""References: they stand for an account, tell nothing, and open nothing."""

from uuid import UUID, uuid4

import pytest
import requests

from accounts.client import AccountsError, LinkState, RecoveryKind, RecoveryState
from accounts.references import References
from foundation.seals import sealer
from foundation.secret import Secret
from tests.accounts import people
from tests.accounts.browser import Browser
from tests.accounts.service import AccountsRun

SECRET = Secret("only for tests, long enough, not a secret")
ANYBODY = UUID("00000000-0000-4000-8000-000000000000")


def reference_of(run: AccountsRun, link: str) -> str:
    reference = run.client().inspect_link(link).reference
    assert reference is not None
    return reference


def ask(run: AccountsRun, reference: str, kind: str = "auto", key: str = "") -> str:
    """Ask by reference as the help desk does; return the key."""
    key = key or uuid4().hex
    run.client().request_recovery(
        None, RecoveryKind(kind), idempotency_key=key, reference=reference
    )
    return key


def test_a_dead_links_reference_brings_a_fresh_link_to_the_address_on_file(
    backend: AccountsRun,
) -> None:
    email, link = people.invite(backend)
    reference = reference_of(backend, link)
    backend.advance(hours=73)
    key = ask(backend, reference, "invite")
    fresh = backend.next_link(email)
    assert backend.client().inspect_link(link).state is LinkState.REPLACED
    assert people.accept(Browser(backend.base_url), fresh).url.endswith("/home")
    recovery = backend.decided(key)
    assert (recovery.email, recovery.letter) == (email, "invitation")

    # The same reference, and that of a used link, go by what the account is now.
    for known in (reference, reference_of(backend, fresh)):
        recovery = backend.decided(ask(backend, known))
        assert (recovery.email, recovery.letter) == (email, "password_reset")


def test_a_reference_says_nothing_about_the_account(backend: AccountsRun) -> None:
    email, link = people.invite(backend)
    first, second = reference_of(backend, link), reference_of(backend, link)
    assert first != second
    assert len(first) <= 400
    assert email.partition("@")[0] not in first
    assert Browser(backend.base_url).open(f"/invite/{first}").status == 404
    seen = backend.client().inspect_link(f"{backend.base_url}/invite/{first}")
    assert (seen.state, seen.reference) == ("unknown", None)


def forged(run: AccountsRun) -> list[str]:
    """Return references that nobody here made, and one of nobody."""
    _email, link = people.invite(run)
    real = reference_of(run, link)
    other_purpose = sealer(SECRET, "something else").encrypt(ANYBODY.bytes).decode()
    too_short = sealer(SECRET, "references to accounts").encrypt(b"no uuid").decode()
    return [
        "x",
        "a" * 400,
        real[:-6] + "AAAA==",
        real[:40] + ("B" if real[40] == "A" else "A") + real[41:],
        References(Secret("the secret of another system, long")).to(ANYBODY),
        other_purpose,
        too_short,
        References(SECRET).to(ANYBODY),
    ]


def test_a_forged_reference_is_answered_alike_and_nothing_is_sent(
    backend: AccountsRun,
) -> None:
    _email, link = people.invite(backend)
    answers = set()
    for reference in [reference_of(backend, link), *forged(backend)]:
        key = uuid4().hex
        answer = requests.post(
            f"{backend.base_url}/v1/recoveries",
            json={"reference": reference, "kind": "auto"},
            headers={
                "Authorization": f"Bearer {backend.token}",
                "Idempotency-Key": key,
            },
            timeout=10,
        )
        answers.add((answer.status_code, answer.content, *answer.headers.items()))
    assert len(answers) == 1
    recovery = backend.decided(key)
    assert recovery.state is RecoveryState.DONE
    assert (recovery.email, recovery.letter, recovery.delivery) == (None, None, None)


def test_the_tests_secret_is_the_services_own(accounts: AccountsRun) -> None:
    # Otherwise the forged ones above would not be worth much.
    email, link = people.invite(accounts)
    account_id = References(SECRET).account_of(reference_of(accounts, link))
    assert account_id is not None
    key = ask(accounts, References(SECRET).to(account_id))
    assert accounts.decided(key).email == email


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "auto"},
        {"kind": "auto", "email": "a@example.com", "reference": "x"},
        {"kind": "auto", "reference": ""},
        {"kind": "auto", "reference": "x" * 401},
        {"kind": "auto", "reference": "with space"},
        {"kind": "auto", "reference": "\x00"},
        {"kind": "auto", "reference": None},
        {"kind": "auto", "reference": ["x"]},
        {"reference": "x"},
        {"kind": "register", "reference": "x"},
        {"kind": "auto", "email": "a@example.com", "lift_suppression": "yes"},
    ],
)
def test_what_is_no_reference_is_refused(
    accounts: AccountsRun, body: dict[str, object]
) -> None:
    answer = requests.post(
        f"{accounts.base_url}/v1/recoveries",
        json=body,
        headers={
            "Authorization": f"Bearer {accounts.staff_token}",
            "Idempotency-Key": uuid4().hex,
        },
        timeout=10,
    )
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_request"


def test_a_key_stands_for_one_reference(backend: AccountsRun) -> None:
    email, link = people.invite(backend)
    reference = reference_of(backend, link)
    key = ask(backend, reference)
    backend.next_mail(email)
    for _ in range(2):
        ask(backend, reference, key=key)
        backend.decided(key)
    assert len(backend.mails(email)) == 2
    for again in (
        lambda: ask(backend, reference_of(backend, link), key=key),
        lambda: ask(backend, reference, "invite", key=key),
        lambda: backend.client().request_recovery(
            email, RecoveryKind.AUTO, idempotency_key=key
        ),
    ):
        with pytest.raises(AccountsError, match="idempotency_conflict"):
            again()


def test_references_share_the_limit_of_the_address(backend: AccountsRun) -> None:
    email, link = people.invite(backend)
    reference = reference_of(backend, link)
    keys = [ask(backend, reference) for _ in range(5)]
    last = backend.decided(keys[-1])
    assert last.delivery is not None
    assert last.delivery.reason == "rate limit"
    assert last.link is None
    assert sum(d.reason == "rate limit" for d in backend.staff().deliveries(email)) == 1


def test_a_recovery_by_reference_can_be_taken_back(backend: AccountsRun) -> None:
    email, link = people.invite(backend)
    key = ask(backend, reference_of(backend, link))
    fresh = backend.next_link(email)
    backend.decided(key)
    assert backend.staff().withdraw_recovery(key).link is not None
    assert backend.client().inspect_link(fresh).withdrawn_at is not None


def test_references_of_a_former_secret_are_opened() -> None:
    old = References(Secret("the former secret"))
    new = References(Secret("the new secret", ("the former secret",)))
    assert new.account_of(old.to(ANYBODY)) == ANYBODY
    assert old.account_of(new.to(ANYBODY)) is None
