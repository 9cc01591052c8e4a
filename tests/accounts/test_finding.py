"""Finding accounts by a part of them, and going through many invitations."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import requests
from sqlalchemy import insert, select

from accounts.client import AccountsError, InvitationState
from accounts.database import open_database
from accounts.links import LIFETIMES
from accounts.models import Account, Site, Token
from accounts.search import find_accounts
from accounts.words import AccountState, Purpose
from foundation.database import Database
from tests.accounts import people
from tests.accounts.browser import Browser
from tests.accounts.office import Office
from tests.accounts.service import AccountsRun

PERCENT, UNDERSCORE = "100%.off@example.com", "under_score@example.com"
FOUND = [
    ("ana@ex", ["ana@example.com"]),
    ("ANA@EX", ["ana@example.com"]),
    ("novak", ["ivo@example.com"]),
    ("Ana Costa", ["ana@example.com"]),
    ("  ana \t costa ", ["ana@example.com"]),
    ("costa ana", []),
    ("%", [PERCENT]),
    ("0%.O", [PERCENT]),
    ("_", [UNDERSCORE]),
    ("r_s", [UNDERSCORE]),
    ("\\", []),
    ("'", ["oneill@example.com"]),
    ("ÉLODIE", ["elodie@example.com"]),
    ("e\u0301lodie", ["elodie@example.com"]),
    ("zoë", ["zoe@example.com"]),
    ("STRAUß", ["strauss@example.com"]),
    ("żó", ["wojcik@example.com"]),
    ("木", ["kimura@example.com"]),
    ("łódź", ["kimura@example.com", "wojcik@example.com"]),
    ("ŁÓDŹ HA", ["kimura@example.com", "wojcik@example.com"]),
    ("q", []),
]


@pytest.fixture
def directory(each_office: Office) -> Office:
    """The seeded people, and some with names that are harder to find."""
    for email, first, last, site in [
        (PERCENT, "Percent", "Sign", "Elsewhere"),
        (UNDERSCORE, "Under", "Score", "Elsewhere"),
        ("oneill@example.com", "Una", "O'Neill", "Elsewhere"),
        ("elodie@example.com", "Élodie", "Petit", "Elsewhere"),
        ("zoe@example.com", "Zoe\u0308", "Decomposed", "Elsewhere"),
        ("strauss@example.com", "Franz", "Strauß", "Elsewhere"),
        ("wojcik@example.com", "Jan", "Żółw", "Łódź Hall"),
        ("kimura@example.com", "木村", "花子", "Łódź Hall"),
    ]:
        each_office.add_account(email, site, first, last)
    return each_office


def test_a_part_of_address_name_or_site_finds(directory: Office) -> None:
    for query, expected in FOUND:
        with directory.database.reading() as session:
            found, is_more = find_accounts(session, " ".join(query.split()), 20)
            assert [account.email for account in found] == expected, query
            assert not is_more


def test_found_accounts_are_whole_and_limited(backend: AccountsRun) -> None:
    staff = backend.staff()
    everybody = [people.invited(backend) for _ in range(3)]
    for email in everybody:
        assert staff.find_accounts(email[:-4].upper()) == [staff.get_account(email)]
    assert len(staff.find_accounts("@example.com", 2)) == 2
    assert [a.email for a in staff.find_accounts("a", 1)] == ["alex@example.com"]
    (sam,) = staff.find_accounts("sam@example.com", 50)
    assert (sam.site, sam.invitation) == ("Harbour House", None)
    answer = ask(backend, "/v1/accounts", query="e", limit="1")
    assert answer.json()["more"] is True
    answer = ask(backend, "/v1/accounts", query="sam@example.com", limit="1")
    assert answer.json()["more"] is False


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"query": ""},
        {"query": " \t"},
        {"query": "x" * 255},
        {"query": "a\x00b"},
        {"query": ["a", "b"]},
        {"query": "a", "limit": "0"},
        {"query": "a", "limit": "51"},
        {"query": "a", "limit": "-1"},
        {"query": "a", "limit": "two"},
        {"query": "a", "limit": "١"},
        {"query": "a", "limit": ""},
    ],
)
def test_odd_searches_are_refused(accounts: AccountsRun, query: dict[str, Any]) -> None:
    answer = ask(accounts, "/v1/accounts", **query)
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_request"


@pytest.mark.parametrize(
    "query",
    [
        {"after": "rubbish"},
        {"after": ""},
        {"after": "é"},
        {"after": "MjAyNi0wMy0wM1QwOToxMjowMCAx"},  # a moment without zone or name
        {"after": "OTk5OS0xMi0zMVQyMzo1OTo1OS0yMzo1OSAx"},  # beyond the calendar
        {"limit": "501"},
        {"site": "a\x00b"},
        {"state": "odd"},
    ],
)
def test_odd_lists_are_refused(accounts: AccountsRun, query: dict[str, str]) -> None:
    answer = ask(accounts, "/v1/invitations", **({"state": "pending"} | query))
    assert answer.status_code == 422


def ask(run: AccountsRun, path: str, **query: Any) -> requests.Response:
    return requests.get(
        run.base_url + path,
        params=query,
        headers={"Authorization": f"Bearer {run.staff_token}"},
        timeout=10,
    )


@pytest.fixture
def database(backend: AccountsRun) -> Iterator[Database]:
    """The running service's own database."""
    url = backend.service.variables["LATCHKEY_ACCOUNTS_DATABASE_URL"]
    opened = open_database(url)
    yield opened
    opened.close()


def invite_many(
    run: AccountsRun, database: Database, site: str, count: int
) -> list[str]:
    """Invite people to a site, all at the same moment; return their addresses."""
    # Old enough that none of the other tests' invitations stand among them.
    now = run.now() - timedelta(days=9)
    people_ids = {f"many-{uuid4().hex[:12]}@example.com": uuid4() for _ in range(count)}
    with database.transaction() as session:
        place = session.scalar(select(Site).where(Site.name == site)) or Site(name=site)
        session.add(place)
        session.flush()
        session.execute(
            insert(Account),
            [
                {
                    "id": its_id,
                    "email": email,
                    "state": AccountState.INVITED,
                    "site_id": place.id,
                    "created_at": now,
                }
                for email, its_id in people_ids.items()
            ],
        )
        session.execute(
            insert(Token),
            [
                {
                    "account_id": its_id,
                    "purpose": Purpose.INVITE,
                    "token_hash": uuid4().hex * 2,
                    "issued_at": now,
                    "expires_at": now + LIFETIMES[Purpose.INVITE],
                }
                for its_id in people_ids.values()
            ],
        )
    return list(people_ids)


def test_many_invitations_are_read_page_by_page(
    backend: AccountsRun, database: Database
) -> None:
    site = f"Łódź {uuid4().hex}"
    names = invite_many(backend, database, site, 560)
    staff = backend.staff()
    for wanted in (site, site.upper(), f" {site} "):
        found = staff.invitations(InvitationState.EXPIRED, wanted)
        assert sorted(i.email for i in found) == sorted(names)
        assert {i.site for i in found} == {site}
    assert len(staff.invitations(InvitationState.EXPIRED, site, most=7)) == 7
    assert len(staff.invitations(InvitationState.EXPIRED, site, most=501)) == 501
    assert staff.invitations(InvitationState.EXPIRED, site, most=0) == []
    assert staff.invitations(InvitationState.PENDING, site) == []
    assert staff.invitations(InvitationState.EXPIRED, "No Such Place") == []
    assert {site, "Harbour House"} <= set(staff.sites())
    assert len(staff.invitations(InvitationState.EXPIRED)) > 560


def test_pages_hold_together_while_invitations_change(
    backend: AccountsRun, database: Database
) -> None:
    site = f"Changing {uuid4().hex}"
    names = invite_many(backend, database, site, 60)
    seen: list[str] = []
    sent_again: set[str] = set()
    after: str | None = None
    for _ in range(7):
        query = {"state": "expired", "site": site, "limit": "10"}
        page = ask(
            backend, "/v1/invitations", **query, **({"after": after} if after else {})
        )
        body = page.json()
        seen += [invitation["email"] for invitation in body["invitations"]]
        after = body["next"]
        assert body["more"] is (after is not None)
        if after is None:
            break
        # One that was seen and one that was not are sent again; somebody new comes.
        for email in [
            seen[-1],
            next(n for n in names if n not in {*seen, *sent_again}),
        ]:
            backend.request(email, "invite")
            backend.next_mail(email)
            sent_again.add(email)
        invite_many(backend, database, site, 1)
    assert len(seen) == len(set(seen))
    assert set(names) - sent_again <= set(seen)


def test_staff_alone_may_search_and_list(backend: AccountsRun) -> None:
    service = backend.client()
    for use in (
        lambda: service.find_accounts("ana"),
        lambda: service.sites(),
        lambda: service.invitations(InvitationState.PENDING),
    ):
        with pytest.raises(AccountsError, match="forbidden"):
            use()


def test_an_accepted_invitation_is_found_with_its_account(backend: AccountsRun) -> None:
    email, link = people.invite(backend)
    people.accept(Browser(backend.base_url), link)
    (found,) = backend.staff().find_accounts(email)
    assert found.invitation is not None
    assert found.invitation.state is InvitationState.ACCEPTED
