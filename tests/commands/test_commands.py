"""Commands over HTTP: who may give them, what reaches the assistant, what is answered."""

from uuid import uuid4

import jwt
import pytest

from helpdesk.assistant import AUDIENCE
from helpdesk.desk.pseudonyms import Pseudonyms
from helpdesk.store.words import Role
from tests.commands.bulk_assistant import BulkAssistant
from tests.commands.command_client import API, CommandClient, commands_in
from tests.commands.record_steps import Record
from tests.console.console_client import ConsoleTab
from tests.console.console_steps import Case
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.running import TEST_KEY, HelpdeskRun
from tests.helpdesk.scripted_assistant import ScriptedAssistant

ANA = "ana@example.com"
FOR_ADMINS = [
    f"/resend {ANA}",
    "/resend expired",
    f"/reset {ANA} --dry-run",
    f"／Status {ANA}",
    "/find ana",
    "/invites",
    f"/deliveries {ANA}",
    f"/audit {ANA}",
    "/undo",
    "/start 12345678",
    "/stop 12345678",
    "/resend not an address",
]


def test_an_admins_command_reaches_the_assistant_as_a_signed_payload(
    admin: CommandClient, assistant: ScriptedAssistant
) -> None:
    message = admin.give("  ／Resend <Ana@Example.com>, —dry-run ")
    assert message["text"] == f"/resend {ANA} --dry-run"
    admin.hear(message["seq"])
    (turn,) = assistant.turns
    assert turn["text"] is None
    arguments = {"address": ANA, "dry_run": True, "as_json": False}
    assert commands_in([turn]) == [("resend", arguments)]
    actor = jwt.decode(turn["actor"], TEST_KEY, ["HS256"], audience=AUDIENCE)
    assert actor["sub"] == f"agent:{admin.id}"
    assert (actor["role"], actor["act"], actor["adr"]) == ("admin", True, [])
    assert actor["sid"]


@pytest.mark.parametrize("role", [Role.AGENT, Role.LEAD])
def test_whoever_is_no_admin_gets_a_polite_no_and_nothing_is_sent(
    helpdesk: HelpdeskRun, assistant: ScriptedAssistant, role: Role
) -> None:
    assistant.reset()
    client = CommandClient.of_new_agent(helpdesk, "Ana Costa", role)
    for typed in FOR_ADMINS:
        assert client.ask(typed).startswith("Only admins may use `/"), typed
    assert (assistant.turns, assistant.parsed) == ([], [])
    refused = Record(helpdesk).audited(client.id, "command.refused")
    assert [each.details["command"] for each in refused[-2:]] == ["stop", "resend"]
    assert len(refused) == len(FOR_ADMINS)
    assert [each.details.get("run") for each in refused[-3:]] == ["12345678"] * 2 + [
        None
    ]
    person = Pseudonyms(TEST_KEY).target(ANA)
    assert [each.target for each in refused].count(person) == 5
    assert ANA not in Record(helpdesk).whole_audit()


@pytest.mark.parametrize(
    ("typed", "name", "is_about_ana"),
    [
        (f"/rsend {ANA} --now", "rsend", True),
        ("/xyzzy", "xyzzy", False),
        (f"/send-it {ANA} bob@example.com", "send-it", False),
        ("/hunter2!Geheim", None, False),
        (f"/{ANA}", None, False),
        ("/" + "a" * 25, None, False),
        ("/4111111111111111", None, False),
    ],
)
def test_a_name_that_there_is_not_is_audited_if_it_may_be_one(
    agent: CommandClient,
    helpdesk: HelpdeskRun,
    typed: str,
    name: str | None,
    is_about_ana: bool,
) -> None:
    assert "There is no command" in agent.ask(typed)
    record = Record(helpdesk)
    (refused,) = record.audited(agent.id, "command.refused")
    assert refused.details["unknown"] == name
    person = Pseudonyms(TEST_KEY).target(ANA)
    assert (refused.target == person) == is_about_ana
    everything = record.whole_audit()
    for kept_out in (
        ANA,
        "bob@",
        "hunter",
        "Geheim",
        "4" + "1" * 15,
        "a" * 25,
        "--now",
    ):
        assert kept_out not in everything


def test_an_auditor_gives_no_commands_and_has_no_chat(helpdesk: HelpdeskRun) -> None:
    auditor = CommandClient.of_new_agent(helpdesk, "Una Byrne", Role.AUDITOR)
    assert auditor.try_to_give("/help").status_code == 403
    assert auditor.get(f"{API}/assistant").status_code == 403
    assert auditor.get(f"{API}/commands").json() == {"commands": []}


def test_nobody_gives_commands_without_a_session_or_from_another_site(
    admin: CommandClient,
) -> None:
    elsewhere = {"headers": {"Origin": "http://other.example"}}
    body = {"client_id": str(uuid4()), "text": f"/resend {ANA}"}
    assert admin.post(f"{API}/commands", body, **elsewhere).status_code == 403
    admin.session.cookies.clear()
    assert admin.post(f"{API}/commands", body).status_code == 401


def test_the_same_line_sent_again_is_one_command(
    admin: CommandClient, assistant: ScriptedAssistant
) -> None:
    client_id = str(uuid4())
    first = admin.try_to_give(f"/resend {ANA}", client_id=client_id)
    again = admin.try_to_give(f"／RESEND {ANA}.", client_id=client_id)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["message"]["seq"] == again.json()["message"]["seq"]
    other = admin.try_to_give("/resend ben@example.com", client_id=client_id)
    assert (other.status_code, other.json()["code"]) == (409, "client_id_taken")
    admin.hear(first.json()["message"]["seq"])
    assert len(assistant.turns) == 1


def test_what_cannot_be_sent_is_refused(admin: CommandClient) -> None:
    assert admin.try_to_give().json()["code"] == "empty_message"
    assert admin.try_to_give("  ").json()["code"] == "empty_message"
    assert admin.try_to_give("/find " + "a" * 5_000).json()["code"] == "too_long"
    both = admin.try_to_give("/help", button="1.0")
    assert both.json()["code"] == "empty_message"
    for button in ("1.0", "person", "offer.invite_expired.resend_invite", "x"):
        assert admin.press(button).json()["code"] == "button_expired"


def test_help_tells_each_what_they_may(
    admin: CommandClient, agent: CommandClient
) -> None:
    assert "/resend expired [site]" in admin.ask("/help")
    assert "--dry-run" in admin.ask("/help resend")
    assert "Did you mean `/help resend`?" in admin.ask("/help rsend")
    assert "/bot" in agent.ask("/help")
    assert "/resend" not in agent.ask("/help")
    assert "There is no command `/resend`" in agent.ask("/help resend")
    names = {each["name"] for each in admin.get(f"{API}/commands").json()["commands"]}
    assert {"resend", "resend expired", "undo", "bot"} <= names
    listed = agent.get(f"{API}/commands").json()["commands"]
    assert {each["name"] for each in listed} == {"bot", "help"}


def test_a_slip_is_answered_with_what_may_have_been_meant(
    admin: CommandClient, assistant: ScriptedAssistant
) -> None:
    seq = admin.give(f"/rsend {ANA}")["seq"]
    answer = admin.hear(seq)
    assert f"Did you mean `/resend {ANA}`?" in answer["text"]
    assert assistant.turns == []
    (button,) = answer["buttons"]
    pressed = admin.press(button["id"]).json()["message"]
    assert pressed["text"] == f"/resend {ANA}"
    admin.hear(pressed["seq"])
    assert [name for name, _ in commands_in(assistant.turns)] == ["resend"]
    assert "eight letters" in admin.ask("/start 12")
    assert "It goes like this: `/resend <address>`" in admin.ask("/resend")
    assert "`/help` lists" in admin.ask("/xyzzy")


def test_plain_language_goes_to_the_assistant_with_the_role(
    admin: CommandClient, agent: CommandClient, assistant: ScriptedAssistant
) -> None:
    for client, role in ((admin, "admin"), (agent, "agent")):
        text = f"send {ANA} a new invite, please."
        assert client.ask(text) == f"You said: {text}"
        actor = jwt.decode(
            assistant.turns[-1]["actor"], TEST_KEY, ["HS256"], audience=AUDIENCE
        )
        assert (actor["role"], actor["sub"]) == (role, f"agent:{client.id}")


def test_what_an_admin_was_understood_to_want_is_done_as_a_command(
    admin: CommandClient, bulk: BulkAssistant, assistant: ScriptedAssistant
) -> None:
    plain, arguments = bulk._more, {"address": ANA}

    def more(turn: dict[str, object]) -> dict[str, object]:
        wish = {"wish": {"command": "resend", "arguments": arguments}}
        return wish if turn["text"] else plain(turn)

    assistant.more = more
    assistant.answer = lambda turn: [] if turn["text"] else [{"text": "Sent."}]
    assert admin.ask(f"send {ANA} a new invite, please.") == "Sent."
    assert bulk.mails == {ANA: 1}
    arguments = {"address": "no address"}
    admin.give("send her a new invite, please.")
    assert admin.ask("/help").startswith("What you can type here")
    assert sum(bulk.mails.values()) == 1


def test_what_an_agent_was_understood_to_want_is_not_done(
    agent: CommandClient, bulk: BulkAssistant, assistant: ScriptedAssistant
) -> None:
    arguments = {"address": ANA}
    assistant.more = lambda turn: (
        {"wish": {"command": "resend", "arguments": arguments}} if turn["text"] else {}
    )
    assistant.answer = lambda _turn: []
    said = agent.ask(f"send {ANA} a new invite, please.")
    assert said == "Only admins may use `/resend`, so I have done nothing."
    assert commands_in(assistant.turns) == []


def test_a_button_of_the_assistants_that_carries_a_command_is_filtered_like_one(
    admin: CommandClient, agent: CommandClient, assistant: ScriptedAssistant
) -> None:
    payload = (
        '/run_command{"command": "reset", "arguments": "{\\"address\\": \\"%s\\"}"}'
    )
    forged = {"title": "All of them", "payload": "", "command": "/resend expired"}
    for client in (admin, agent):
        reset = {"title": "Reset", "payload": payload % ANA}
        assistant.say({"text": "Active already.", "buttons": [reset, forged]})
        answer = client.hear(client.give("What about her, then?")["seq"])
        for button in answer["buttons"]:
            client.press(button["id"])
        client.hear(client.messages()[-1]["seq"] - 1)
    admin.ask("/help")
    arguments = {"address": ANA, "dry_run": False, "as_json": False}
    assert commands_in(assistant.turns) == [("reset", arguments)]


def test_the_own_chat_is_nobody_elses_and_in_no_list(
    admin: CommandClient, helpdesk: HelpdeskRun
) -> None:
    colleague = CommandClient.of_new_agent(helpdesk, "Lea Laurent", Role.ADMIN)
    admin.ask(f"Is wanderfalke {ANA} there?")
    own = admin.own_chat()["conversation"]
    for client in (admin, colleague):
        for path in ("", "/messages?after=0", "/person", "/suggestions"):
            answer = client.get(f"{API}/conversations/{own}{path}")
            assert answer.status_code == 404, path
        for verb in ("claim", "resolve", "hand_back"):
            answer = client.post(f"{API}/conversations/{own}/{verb}", {"epoch": 1})
            assert answer.status_code in {400, 404}, verb
        message = {"client_id": str(uuid4()), "text": "Hello", "kind": "note"}
        there = f"{API}/conversations/{own}/messages"
        assert client.post(there, message).status_code == 404
        for query in (own[:8], "wanderfalke"):
            found = client.get(f"{API}/search?q={query}").json()["results"]
            assert found == []
        for view in ("all", "queue", "mine"):
            listed = client.get(f"{API}/conversations?view={view}").json()
            assert own not in [each["id"] for each in listed["conversations"]]
    with ConsoleTab(colleague) as tab:
        assert tab.refusal("watch", {"conversation": own}) == "not_found"


def test_answers_reach_every_tab_of_the_agent_and_nobody_elses(
    admin: CommandClient, agent: CommandClient
) -> None:
    with (
        ConsoleTab(admin) as first,
        ConsoleTab(admin) as second,
        ConsoleTab(agent) as no,
    ):
        admin.give("/help")
        for tab in (first, second):
            said = tab.next(
                "message", lambda it: it["message"]["sender"] == "assistant"
            )
            assert said["conversation"] == admin.own_chat()["conversation"]
        assert [frame for frame in no.pong() if frame["type"] == "message"] == []


def test_bot_off_takes_the_conversation_on_the_screen_over_and_on_hands_it_back(
    agent: CommandClient, helpdesk: HelpdeskRun
) -> None:
    with ChatClient.of_new_contact(helpdesk.base_url) as chat:
        chat.ask("my invitation has expired")
        case = Case(chat)
        assert "Open the conversation first" in agent.ask("/bot off")
        assert "silent there now" in agent.ask("/bot off", conversation=case.id)
        assert case.open(agent)["conversation"]["owner"] == "agent"
        assert "has the conversation again" in agent.ask(
            "/bot on", conversation=case.id
        )
        assert case.open(agent)["conversation"]["owner"] == "assistant"
        assert "cannot be done" in agent.ask("/bot on", conversation=case.id)
        colleague = CommandClient.of_new_agent(helpdesk, "Ivo Novak")
        case.claim(colleague)
        assert "A colleague was faster" in agent.ask("/bot off", conversation=case.id)
        assert "no such conversation" in agent.ask(
            "/bot off", conversation=agent.own_chat()["conversation"]
        )
    actions = [
        each.action for each in Record(helpdesk).audited(agent.id, "conversation")
    ]
    assert actions == ["conversation.claimed", "conversation.handed_back"]


def test_the_chat_is_quick_after_a_thousand_messages(
    admin: CommandClient, helpdesk: HelpdeskRun
) -> None:
    own = admin.own_chat()["conversation"]
    Record(helpdesk).fill(own, 1_000)
    newest = admin.own_chat()
    assert len(newest["messages"]) == 100
    assert newest["has_more"]
    first = newest["messages"][0]["seq"]
    older = admin.own_chat(f"?before={first}")["messages"]
    assert [each["seq"] for each in older] == list(range(first - 100, first))
    last = newest["messages"][-1]["seq"]
    assert admin.own_chat(f"?after={last}")["messages"] == []
    assert admin.give("/help")["seq"] == last + 1
    both = admin.get(f"{API}/assistant?after=1&before=2")
    assert both.json()["code"] == "bad_frame"


def test_undo_offers_the_links_that_still_work_and_takes_back_the_one_that_is_named(
    admin: CommandClient, bulk: BulkAssistant, assistant: ScriptedAssistant
) -> None:
    assert "sent nothing that could still be undone" in admin.ask("/undo")
    people = [f"person{number}-{uuid4().hex[:6]}@example.com" for number in range(6)]
    for address in people:
        admin.ask(f"/resend {address}")
    offer = admin.hear(admin.give("/undo")["seq"])
    assert offer["text"].startswith("Which of these do you want to take back?")
    assert people[0] not in offer["text"], "the newest five"
    lines = offer["text"].splitlines()[2:]
    assert [people.index(line.split("`")[3]) for line in lines] == [5, 4, 3, 2, 1]
    assert ": an invitation to `" in lines[0]
    numbers = [line.split("`")[1] for line in lines]
    titles = [button["title"] for button in offer["buttons"]]
    assert titles == [f"Take back {number}" for number in numbers]
    assert "undo" not in [name for name, _ in commands_in(assistant.turns)]
    pressed = admin.press(offer["buttons"][1]["id"]).json()["message"]
    assert pressed["text"] == titles[1]
    admin.hear(pressed["seq"])
    sent = [t["message_id"] for t in assistant.turns if people[4] in str(t["payload"])]
    (undone,) = [at for name, at in commands_in(assistant.turns) if name == "undo"]
    assert undone["key"] in sent
    again = admin.hear(admin.give("/undo")["seq"])["text"]
    assert numbers[1] not in again
    assert people[0] in again
    assert "There is no receipt" in admin.ask("/undo 00000000")


def test_audit_shows_what_was_done_to_somebody_and_is_audited(
    admin: CommandClient, bulk: BulkAssistant, helpdesk: HelpdeskRun
) -> None:
    address = f"{uuid4().hex[:8]}@example.com"
    assert f"Nothing was done to the account of {address}" in admin.ask(
        f"/audit {address}"
    )
    admin.ask(f"/resend {address}")
    said = admin.ask(f"/audit {address}")
    assert "Sam Okafor: `recovery.requested` (invite · accepted)" in said
    assert "`command.given` (resend)" in said
    assert "`audit.read`" in said, "looking is an entry itself"
    assert '"action": "recovery.requested"' in admin.ask(f"/audit {address} --json")
    assert address not in Record(helpdesk).whole_audit()
