"""A contact at one process, an agent at the other: nobody can tell that there are two."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from helpdesk.store.words import Role
from helpdesk.web.close_codes import UNAUTHORIZED
from tests.console.agent_client import AgentClient
from tests.console.console_client import ConsoleTab, Frame
from tests.console.console_steps import Case
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.running import HelpdeskRun
from tests.helpdesk.scripted_assistant import ScriptedAssistant
from tests.scale.conftest import TwoHelpdesks


def agent_at(
    run: HelpdeskRun, name: str = "Ana Costa", role: Role = Role.AGENT
) -> AgentClient:
    return AgentClient.of_new_agent(run, name, role)


def same_agent_at(run: HelpdeskRun, agent: AgentClient) -> AgentClient:
    """Return another browser of an agent, signed in at another process."""
    other = AgentClient(run.base_url, agent.person)
    assert other.sign_in().status_code == 303
    return other


def test_messages_cross_both_ways_in_order_and_once(
    two_helpdesks: TwoHelpdesks, case: Case
) -> None:
    agent = agent_at(two_helpdesks.other)
    with ConsoleTab(agent) as tab:
        tab.look_at(case.id)
        case.claim(agent)
        case.chat.next("conversation", lambda it: it["conversation"].get("agent"))
        for number in range(5):
            case.chat.post(f"question {number}")
            tab.next(
                "message", lambda it, n=number: it["message"]["text"] == f"question {n}"
            )
            case.say(agent, f"answer {number}")
            case.chat.next("message", lambda it, n=number: it["text"] == f"answer {n}")
        told = [
            f["data"]["message"]["seq"] for f in tab.frames if f["type"] == "message"
        ]
    assert told == sorted(told)
    said = [case.chat.messages[seq]["text"] for seq in sorted(case.chat.messages)]
    assert said[-10:] == [
        f"{who} {n}" for n in range(5) for who in ("question", "answer")
    ]


def test_two_tabs_of_a_contact_at_two_processes_show_the_same(
    two_helpdesks: TwoHelpdesks, case: Case
) -> None:
    with ChatClient(two_helpdesks.other.base_url, case.chat.token) as other:
        other.join()
        other.post("from the other tab")
        heard = case.chat.next("message", lambda it: it["sender"] == "contact")
        assert heard["text"] == "from the other tab"
        assert case.chat.hear()["text"] == "You said: from the other tab"
        case.chat.send("seen", {"seq": case.chat.last_seq})
        assert other.next("seen")["seq"] == case.chat.last_seq
        case.chat.send("start_over", {"client_id": str(uuid4())})
        joined = other.next("joined")
        assert (
            joined["conversation"]["id"]
            == case.chat.next("joined")["conversation"]["id"]
        )
        assert joined["conversation"]["id"] != case.id
        for tab in (case.chat, other):
            tab.messages.clear()
        other.ask("and on it goes")
        assert case.chat.hear()["text"] == "You said: and on it goes"


def test_both_tabs_that_talk_at_once_get_everything_in_order(
    two_helpdesks: TwoHelpdesks, case: Case
) -> None:
    with ChatClient(two_helpdesks.other.base_url, case.chat.token) as other:
        other.join()
        tabs = (case.chat, other)
        begun = case.chat.last_seq
        for number in range(10):
            for tab in tabs:
                tab.send(
                    "message", {"client_id": str(uuid4()), "text": f"word {number}"}
                )
        arrived: list[list[int]] = []
        for tab in tabs:
            seqs: list[int] = []
            while begun + 20 not in seqs:
                seqs.append(tab.next("message")["seq"])
            arrived.append(seqs)
    for seqs in arrived:
        assert seqs == list(range(begun + 1, seqs[-1] + 1))


def test_typing_shows_at_the_other_process(
    two_helpdesks: TwoHelpdesks, case: Case
) -> None:
    agent = agent_at(two_helpdesks.other)
    with ConsoleTab(agent) as tab:
        tab.look_at(case.id)
        case.claim(agent)
        case.chat.send("typing", {"on": True})
        assert tab.next("typing")["sender"] == "contact"
        tab.send("typing", {"on": True})
        shown = case.chat.next("typing", lambda it: it["sender"] == "agent")
        assert (shown["on"], shown["name"]) == (True, "Ana Costa")
        case.say(agent, "there")
        assert not case.chat.next("typing", lambda it: it["sender"] == "agent")["on"]


def test_agents_see_each_other_come_look_and_leave(
    two_helpdesks: TwoHelpdesks, case: Case
) -> None:
    ana = agent_at(two_helpdesks.one)

    def sees_ivo(frame: Frame) -> bool:
        return frame["conversation"] == case.id and bool(frame["agents"])

    with ConsoleTab(ana) as tab:
        tab.look_at(case.id)
        ivo = agent_at(two_helpdesks.other, "Ivo Novak")
        with ConsoleTab(ivo) as other:
            tab.next(
                "agents",
                lambda it: any(
                    a["id"] == ivo.id and a["is_online"] for a in it["agents"]
                ),
            )
            other.look_at(case.id)
            (seen,) = tab.next("presence", sees_ivo)["agents"]
            assert (seen["agent"]["name"], seen["is_typing"]) == ("Ivo Novak", False)
            other.send("typing", {"on": True})
            (typing,) = tab.next("presence", sees_ivo)["agents"]
            assert typing["is_typing"]
        tab.next(
            "presence", lambda it: it["conversation"] == case.id and not it["agents"]
        )


def test_of_two_who_claim_at_two_processes_one_has_it(
    two_helpdesks: TwoHelpdesks, case: Case
) -> None:
    ana, ivo = agent_at(two_helpdesks.one), agent_at(two_helpdesks.other, "Ivo Novak")
    epoch = case.open(ana)["conversation"]["epoch"]
    with ThreadPoolExecutor(2) as both:
        claims = [
            both.submit(each.post, f"{case.path}/claim", {"epoch": epoch})
            for each in (ana, ivo)
        ]
    assert sorted(claim.result().status_code for claim in claims) == [200, 409]
    (winner,) = {case.open(each)["conversation"]["agent"]["id"] for each in (ana, ivo)}
    assert winner in {ana.id, ivo.id}
    told = [each for each in case.open(ana)["messages"] if each["sender"] == "system"]
    assert len(told) == 1


def test_notices_reach_an_agent_at_the_other_process(
    two_helpdesks: TwoHelpdesks, case: Case
) -> None:
    ana, ivo = agent_at(two_helpdesks.one), agent_at(two_helpdesks.other, "Ivo Novak")
    with ConsoleTab(ivo) as tab:
        case.claim(ana)
        assert case.do(ana, "transfer", agent=ivo.id).status_code == 200
        notice = tab.notice("transferred")
    assert notice["conversation"]["id"] == case.id


def test_signing_out_closes_the_consoles_at_all_processes(
    two_helpdesks: TwoHelpdesks,
) -> None:
    agent = agent_at(two_helpdesks.one)
    elsewhere = same_agent_at(two_helpdesks.other, agent)
    with ConsoleTab(agent) as tab, ConsoleTab(elsewhere) as other:
        ended = agent.submit("/console/account/sessions/end-all", "/console/account")
        assert ended.status_code == 303
        assert tab.close_code() == UNAUTHORIZED
        assert other.close_code() == UNAUTHORIZED


def test_an_agent_at_two_processes_is_one_and_sees_the_same(
    two_helpdesks: TwoHelpdesks, case: Case
) -> None:
    agent = agent_at(two_helpdesks.one)
    elsewhere = same_agent_at(two_helpdesks.other, agent)
    with ConsoleTab(agent) as tab, ConsoleTab(elsewhere) as other:
        assert tab.look_at(case.id)["agents"] == other.look_at(case.id)["agents"] == []
        case.claim(agent)
        for each in (tab, other):
            each.line_of(case.id, lambda it: (it["agent"] or {}).get("id") == agent.id)
        case.say(agent, "said at one")
        other.next("message", lambda it: it["message"]["text"] == "said at one")
        # What was read at one is read at the other too.
        case.chat.post("and what now?")
        other.line_of(case.id, lambda it: it["unread"] > 0)
        seq = case.chat.last_seq
        assert agent.put(f"{case.path}/seen", {"seq": seq}).status_code == 204
        other.line_of(case.id, lambda it: it["unread"] == 0)


def test_a_person_who_is_asked_for_is_called_at_the_other_process(
    two_helpdesks: TwoHelpdesks, case: Case, assistant: ScriptedAssistant
) -> None:
    with ConsoleTab(agent_at(two_helpdesks.other)) as tab:
        assistant.handoff = {"reason": "asked"}
        case.chat.post("may I talk to a person?")
        notice = tab.next(
            "notice", lambda it: (it["conversation"] or {}).get("id") == case.id
        )
        assert notice["kind"] == "handoff"
        waiting = case.chat.next("conversation")["conversation"]
        assert waiting["queue"]["is_open"] is True


def test_the_consoles_of_a_dead_process_are_soon_looked_through(
    two_helpdesks: TwoHelpdesks, case: Case
) -> None:
    ana, ivo = agent_at(two_helpdesks.one), agent_at(two_helpdesks.other, "Ivo Novak")
    with ConsoleTab(ana) as tab, ConsoleTab(ivo) as other:
        tab.look_at(case.id)
        other.look_at(case.id)
        tab.next("presence", lambda it: bool(it["agents"]))
        two_helpdesks.other.process.kill()
        tab.next(
            "presence", lambda it: it["conversation"] == case.id and not it["agents"]
        )
