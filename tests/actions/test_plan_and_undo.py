"""A bulk command only plans; an undo takes back what was sent."""

import pytest

from tests.actions.action_server import ActionServer
from tests.actions.command_calls import do
from tests.actions.staff_backend import StaffBackend, invitation, recovery

ANA, KEY = "ana@example.com", "c1:m1:invite"


def expired(count: int, site: str = "Harbour House") -> list[dict[str, object]]:
    """Return expired invitations."""
    return [invitation(f"p{n:04}@example.com", site=site) for n in range(count)]


def test_a_plan_names_everybody_and_nothing_is_sent(
    server: ActionServer, staff: StaffBackend
) -> None:
    staff.invitations = [*expired(501), invitation("new@example.com", "pending")]
    result = do(server, "resend_expired", site="")
    assert result.text.startswith("501 invitations have expired.")
    assert "Nothing is sent yet." in result.text
    assert "- and 481 more" in result.text
    plan = result.notes["plan"]
    assert (plan["command"], plan["total"]) == ("resend", 501)
    assert plan["arguments"] == {"site": ""}
    assert plan["addresses"] == sorted(i["email"] for i in expired(501))
    assert staff.writes == []
    assert result.receipt is None


def test_a_plan_for_one_site(server: ActionServer, staff: StaffBackend) -> None:
    staff.sites = ["Harbour House", "Mill"]
    staff.invitations = [*expired(1), invitation("mia@example.com", site="Mill")]
    result = do(server, "resend_expired", site="mill")
    assert result.text.startswith("1 invitation at `Mill` has expired.")
    assert result.notes["plan"]["addresses"] == ["mia@example.com"]
    assert result.notes["plan"]["arguments"] == {"site": "Mill"}


def test_an_address_with_two_invitations_gets_one_mail(
    server: ActionServer, staff: StaffBackend
) -> None:
    staff.invitations = [invitation(ANA), invitation(ANA)]
    plan = do(server, "resend_expired").notes["plan"]
    assert (plan["addresses"], plan["total"]) == ([ANA], 1)


def test_a_dry_run_says_so_and_whom_it_would_concern(
    server: ActionServer, staff: StaffBackend
) -> None:
    staff.invitations = expired(3)
    result = do(server, "resend_expired", dry_run=True)
    assert result.text.startswith("Dry run, nothing was done. 3 invitations")
    assert result.notes["plan"]["total"] == 3


def test_nobody_to_mail(server: ActionServer, staff: StaffBackend) -> None:
    result = do(server, "resend_expired", site="harbour house")
    assert "there is nothing to send" in result.text
    assert result.notes == {}


@pytest.mark.parametrize(("count", "rest"), [(3, ""), (25, "- and 5 more")])
def test_a_site_that_there_is_not_is_said_with_those_that_there_are(
    count: int, rest: str, server: ActionServer, staff: StaffBackend
) -> None:
    staff.sites = [f"Site {number:02}" for number in range(count)]
    staff.invitations = expired(3)
    result = do(server, "resend_expired", site="Nowhere")
    assert "There is no site called `Nowhere`." in result.text
    assert "- `Site 00`" in result.text
    assert rest in result.text
    assert result.notes == {}


def test_a_run_has_an_end(server: ActionServer, staff: StaffBackend) -> None:
    staff.invitations = expired(2_001)
    result = do(server, "resend_expired")
    assert "one run is for at most 2,000" in result.text
    assert result.notes["plan"]["total"] == 2_000


# --- /undo


def test_a_link_is_taken_back(server: ActionServer, staff: StaffBackend) -> None:
    staff.recoveries[KEY] = recovery(KEY, ANA)
    result = do(server, "undo", key=KEY)
    assert "the link that was sent to ana@example.com no longer works" in result.text
    assert result.receipt == {
        "action": "recovery.withdrawn",
        "kind": "invite",
        "address": ANA,
        "key": KEY,
        "result": "accepted",
        "expires_at": None,
    }
    assert "acted" not in result.notes


def test_taking_it_back_twice_changes_nothing(
    server: ActionServer, staff: StaffBackend
) -> None:
    staff.recoveries[KEY] = recovery(KEY, ANA)
    first, second = do(server, "undo", key=KEY), do(server, "undo", key=KEY)
    assert first.text == second.text


def test_a_link_to_the_address_on_file(
    server: ActionServer, staff: StaffBackend
) -> None:
    staff.recoveries[KEY] = recovery(KEY, None)
    result = do(server, "undo", key=KEY)
    assert "sent to them no longer works" in result.text


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("already_used", "was used already"),
        ("nothing_to_withdraw", "nothing to take back"),
        ("no_recovery", "I know of no mail"),
        ("odd", "refused that (`odd`)"),
    ],
)
def test_why_a_link_cannot_be_taken_back_is_said(
    code: str, words: str, server: ActionServer, staff: StaffBackend
) -> None:
    staff.recoveries[KEY] = recovery(KEY, ANA)
    staff.broken["POST recoveries"] = (409, code)
    result = do(server, "undo", key=KEY)
    assert words in result.text
    assert result.receipt is not None
    assert result.receipt["result"] == "refused"


def test_silence_is_no_promise(server: ActionServer, staff: StaffBackend) -> None:
    staff.recoveries[KEY] = recovery(KEY, ANA)
    staff.broken["POST recoveries"] = (500, "boom")
    result = do(server, "undo", key=KEY)
    assert "doesn't answer" in result.text
    assert result.receipt is not None
    assert result.receipt["result"] == "unknown"


@pytest.mark.parametrize("key", ["", "unheard-of", "../accounts/x", 7])
def test_what_nobody_knows_cannot_be_taken_back(
    key: object, server: ActionServer, staff: StaffBackend
) -> None:
    result = do(server, "undo", key=key)
    assert "I know of no mail" in result.text
    assert result.receipt is None
    assert staff.writes == []
