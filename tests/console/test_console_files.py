"""Files as agents send and see them; who may not."""

from uuid import uuid4

import pytest
import requests

from helpdesk.desk.file_types import LARGEST_FILE_BYTES
from tests.console.agent_client import AgentClient
from tests.helpdesk.chat_client import ChatClient, Frame
from tests.helpdesk.running import HelpdeskRun
from tests.helpdesk.sample_files import pdf, picture


@pytest.fixture
def chat(helpdesk: HelpdeskRun) -> ChatClient:
    with ChatClient.of_new_contact(helpdesk.base_url) as client:
        return client


def upload(
    agent: AgentClient, chat: ChatClient, content: bytes, **options: object
) -> requests.Response:
    place = f"/api/console/conversations/{chat.conversation['id']}/attachments"
    return agent.request(
        "POST", place, params={"name": "a screen.png"}, data=content, **options
    )


def of_contact(chat: ChatClient) -> Frame:
    answer = requests.post(
        f"{chat.base_url}/api/v1/conversations/{chat.conversation['id']}/attachments",
        data=picture(),
        headers={"Authorization": f"Bearer {chat.token}"},
        timeout=20,
    )
    return dict(answer.json())


def test_an_agent_sends_files_and_sees_everybodys(
    agent: AgentClient, auditor: AgentClient, chat: ChatClient
) -> None:
    answer = upload(agent, chat, picture())
    assert answer.status_code == 201
    file = answer.json()
    assert file["url"] == f"/api/console/attachments/{file['id']}"
    assert (file["width"], file["height"]) == (40, 30)
    for reader in (agent, auditor):
        shown = reader.get(file["url"])
        assert len(shown.content) == file["size"]
        assert shown.headers["Content-Type"] == "image/png"
        assert "sandbox" in shown.headers["Content-Security-Policy"]
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        contacts = f"/api/console/attachments/{of_contact(chat)['id']}"
        assert reader.get(contacts).status_code == 200


def test_a_contact_does_not_see_what_an_agent_has_not_sent(
    agent: AgentClient, chat: ChatClient
) -> None:
    file = upload(agent, chat, pdf()).json()
    headers = {"Authorization": f"Bearer {chat.token}"}
    for folder in ("v1", "console"):
        url = f"{chat.base_url}/api/{folder}/attachments/{file['id']}"
        answer = requests.get(url, headers=headers, timeout=10)
        assert answer.status_code == (404 if folder == "v1" else 401)


def test_bad_files_and_unknown_places_are_refused(
    agent: AgentClient, chat: ChatClient
) -> None:
    bad = upload(agent, chat, b"<script>")
    assert (bad.status_code, bad.json()["code"]) == (409, "bad_file")
    large = upload(agent, chat, bytes(LARGEST_FILE_BYTES + 1))
    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    assert agent.get(f"/api/console/attachments/{uuid4()}").status_code == 404
    chat.conversation["id"] = str(uuid4())
    assert upload(agent, chat, picture()).status_code == 404


def test_who_may_not(
    agent: AgentClient, auditor: AgentClient, chat: ChatClient
) -> None:
    assert upload(auditor, chat, picture()).status_code == 403
    foreign = {"Origin": "https://evil.example"}
    assert upload(agent, chat, picture(), headers=foreign).status_code == 403
    assert upload(agent, chat, picture(), headers={"Origin": None}).status_code == 403
    file = upload(agent, chat, picture()).json()
    agent.session.cookies.clear()
    assert upload(agent, chat, picture()).status_code == 401
    assert agent.get(file["url"]).status_code == 401
