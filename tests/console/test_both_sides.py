"""A contact and agents at the real help desk: what each hears of the other."""

from uuid import uuid4

import requests

from tests.console.agent_client import AgentClient
from tests.console.console_steps import Case, answer_of
from tests.helpdesk.chat_client import ChatClient, Frame
from tests.helpdesk.sample_files import pdf, picture


def stands(case: Case, **wanted: object) -> Frame:
    """Wait until the contact is told that the conversation stands so."""
    told = case.chat.next(
        "conversation",
        lambda data: all(data["conversation"].get(k) == v for k, v in wanted.items()),
    )
    return dict(told["conversation"])


def over_http(
    case: Case, method: str, path: str, **options: object
) -> requests.Response:
    return requests.request(
        method,
        f"{case.chat.base_url}/api/v1/conversations/{case.id}{path}",
        headers={"Authorization": f"Bearer {case.chat.token}"},
        timeout=20,
        **options,  # type: ignore[arg-type]
    )


def upload(agent: AgentClient, case: Case, content: bytes) -> str:
    answer = agent.request(
        "POST", f"{case.path}/attachments", params={"name": "form.pdf"}, data=content
    )
    return str(answer_of(answer, 201)["id"])


def test_the_contact_hears_who_is_there_and_gets_files(
    case: Case, agent: AgentClient
) -> None:
    case.claim(agent)
    told = stands(case, owner="agent")
    assert told["agent"] == {"name": "Ana Costa"}
    assert "queue" not in told
    file = upload(agent, case, pdf())
    answer_of(case.say(agent, "Please fill this in.", attachments=[file]), 201)
    said = case.chat.next("message", lambda m: m["sender"] == "agent")
    assert (said["name"], said["text"]) == ("Ana Costa", "Please fill this in.")
    assert said["attachments"][0]["name"] == "form.pdf"
    assert said["attachments"][0]["url"] == f"/api/v1/attachments/{file}"
    headers = {"Authorization": f"Bearer {case.chat.token}"}
    url = case.chat.base_url + said["attachments"][0]["url"]
    assert requests.get(url, headers=headers, timeout=10).content == pdf()


def test_the_agent_gets_the_contacts_files_and_a_note_stays_inside(
    case: Case, agent: AgentClient
) -> None:
    case.claim(agent)
    kept = over_http(case, "POST", "/attachments?name=a.png", data=picture()).json()
    body = {"client_id": str(uuid4()), "attachments": [kept["id"]]}
    sent = over_http(case, "POST", "/messages", json=body)
    assert sent.status_code == 201, sent.text
    shown = case.open(agent)
    assert shown["conversation"]["last_text"] == "a.png"
    message = next(m for m in shown["messages"] if m.get("attachments"))
    url = message["attachments"][0]["url"]
    assert url == f"/api/console/attachments/{kept['id']}"
    assert len(agent.get(url).content) == kept["size"]
    inside = upload(agent, case, pdf())
    answer_of(case.say(agent, "For us.", kind="note", attachments=[inside]), 201)
    headers = {"Authorization": f"Bearer {case.chat.token}"}
    url = f"{case.chat.base_url}/api/v1/attachments/{inside}"
    assert requests.get(url, headers=headers, timeout=10).status_code == 404


def test_a_file_goes_with_one_reply_only_and_not_with_a_colleagues(
    case: Case, agent: AgentClient, other_agent: AgentClient
) -> None:
    case.claim(agent)
    foreign = upload(other_agent, case, pdf())
    own = upload(agent, case, pdf())
    refused = case.say(agent, "Here.", attachments=[foreign])
    assert (refused.status_code, refused.json()["code"]) == (409, "attachment_gone")
    answer_of(case.say(agent, "Here.", attachments=[own]), 201)
    assert case.say(agent, "Again.", attachments=[own]).status_code == 409


def test_a_place_in_line_is_told_and_looked_up_again(
    case: Case, agent: AgentClient
) -> None:
    agent.get("/api/console/me")
    case.claim(agent)
    stands(case, owner="agent")
    answer_of(case.do(agent, "release"))
    told = stands(case, owner="queue")
    queue = told["queue"]
    assert queue["position"] >= 1
    assert queue["is_open"] is True
    assert queue["opens_at"] is None
    page = over_http(case, "GET", "/messages?after=0&wait=0").json()
    assert page["conversation"]["queue"]["position"] == queue["position"]
    case.chat.send("ping")
    case.chat.next("pong")
    case.claim(agent)
    assert "queue" not in stands(case, owner="agent")


def test_how_it_went_is_asked_answered_and_over(case: Case, agent: AgentClient) -> None:
    case.claim(agent)
    answer_of(case.say(agent, "Done."), 201)
    assert case.chat.refusal("rate", {"score": 5}) == "not_asked"
    answer_of(case.do(agent, "resolve"))
    assert stands(case, status="resolved")["asks_rating"] is True
    case.chat.send("rate", {"score": 5, "comment": "Quick. My password is Hunter2!x"})
    assert "asks_rating" not in stands(case, status="resolved", asks_rating=None)
    kept = case.open(agent)["satisfaction"]
    assert kept["score"] == 5
    assert "Hunter2!x" not in kept["comment"]
    for score in (0, 6):
        assert case.chat.refusal("rate", {"score": score}) == "bad_frame"
    stranger = ChatClient.of_new_contact(case.chat.base_url)
    with stranger:
        answer = requests.put(
            f"{stranger.base_url}/api/v1/conversations/{case.id}/rating",
            json={"score": 1},
            headers={"Authorization": f"Bearer {stranger.token}"},
            timeout=10,
        )
        assert answer.status_code == 404


def test_the_rating_over_http_and_the_transcript_with_names(
    case: Case, agent: AgentClient
) -> None:
    case.claim(agent)
    file = upload(agent, case, pdf())
    answer_of(case.say(agent, "All done.", attachments=[file]), 201)
    answer_of(case.do(agent, "resolve"))
    assert over_http(case, "PUT", "/rating", json={"score": 3}).status_code == 204
    assert case.open(agent)["satisfaction"]["score"] == 3
    written = over_http(case, "GET", "/transcript").text
    assert "UTC  Ana Costa\nAll done.\n[File: form.pdf]\n" in written
    assert "UTC  Note\nAna Costa is here now.\n" in written
    assert "UTC  You\nmy invitation has expired\n" in written
