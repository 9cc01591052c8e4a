"""Files over HTTP and the socket, at the real help desk."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import pytest
import requests

from helpdesk.desk.file_types import LARGEST_FILE_BYTES
from tests.helpdesk.chat_client import ChatClient, Frame, begin_visit
from tests.helpdesk.running import run_helpdesk
from tests.helpdesk.sample_files import pdf, picture
from tests.helpdesk.scripted_assistant import ScriptedAssistant

LIMIT = 20  # uploads a minute


def post_file(
    chat: ChatClient,
    content: bytes | Iterator[bytes],
    name: str = "a screen.png",
    token: str = "",
) -> requests.Response:
    conversation = chat.conversation["id"]
    return requests.post(
        f"{chat.base_url}/api/v1/conversations/{conversation}/attachments",
        params={"name": name},
        data=content,
        headers={"Authorization": f"Bearer {token or chat.token}"},
        timeout=30,
    )


def get_file(chat: ChatClient, file: Frame, token: str = "") -> requests.Response:
    headers = {"Authorization": f"Bearer {token or chat.token}"}
    return requests.get(chat.base_url + file["url"], headers=headers, timeout=10)


def uploaded(chat: ChatClient, content: bytes, name: str = "a screen.png") -> Frame:
    answer = post_file(chat, content, name)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_picture_goes_up_with_a_message_and_comes_down(
    chat: ChatClient, assistant: ScriptedAssistant
) -> None:
    file = uploaded(chat, picture())
    assert file.keys() == {
        "id",
        "name",
        "media_type",
        "size",
        "url",
        "width",
        "height",
    }
    sent = {"client_id": str(uuid4()), "text": "look", "attachments": [file["id"]]}
    chat.send("message", sent)
    ack = chat.next("ack")
    assert ack["attachments"] == [file]
    assert chat.hear()["text"] == "You said: look"
    answer = get_file(chat, file)
    assert answer.status_code == 200
    assert len(answer.content) == file["size"]
    assert {k: answer.headers[k] for k in HEADERS} == HEADERS
    again = ChatClient(chat.base_url, chat.token)
    with again:
        again.join()
        assert again.messages[ack["seq"]]["attachments"] == [file]
    assert [turn["text"] for turn in assistant.turns] == ["look"]


HEADERS = {
    "Content-Type": "image/png",
    "Content-Disposition": (
        "inline; filename=\"a screen.png\"; filename*=UTF-8''a%20screen.png"
    ),
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, max-age=3600",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Vary": "Authorization, Cookie, Origin",
}


def test_a_pdf_is_to_be_saved_under_its_name(chat: ChatClient) -> None:
    file = uploaded(chat, pdf(), 'Übung "1".pdf')
    answer = get_file(chat, file)
    assert answer.content == pdf()
    assert answer.headers["Content-Type"] == "application/pdf"
    name = quote("Übung _1_.pdf")
    disposition = f"attachment; filename=\"_bung _1_.pdf\"; filename*=UTF-8''{name}"
    assert answer.headers["Content-Disposition"] == disposition


def test_a_file_without_words_is_answered(
    chat: ChatClient, assistant: ScriptedAssistant
) -> None:
    file = uploaded(chat, picture("JPEG"))
    chat.send("message", {"client_id": str(uuid4()), "attachments": [file["id"]]})
    assert chat.hear()["text"] == "You said: /share_file"
    assert assistant.turns[0]["payload"] == "/share_file"


def test_the_same_over_plain_http(chat: ChatClient) -> None:
    file = uploaded(chat, picture("WEBP"))
    url = f"{chat.base_url}/api/v1/conversations/{chat.conversation['id']}/messages"
    body = {"client_id": str(uuid4()), "text": "look", "attachments": [file["id"]]}
    headers = {"Authorization": f"Bearer {chat.token}"}
    for status in (201, 200):
        answer = requests.post(url, json=body, headers=headers, timeout=10)
        assert answer.status_code == status
        assert answer.json()["attachments"] == [file]
    body["client_id"] = str(uuid4())
    answer = requests.post(url, json=body, headers=headers, timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (409, "attachment_gone")


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 409, "bad_file"),
        (b"<script>alert(1)</script>", 409, "bad_file"),
        (pdf(b"/S /JavaScript"), 409, "bad_file"),
        (bytes(LARGEST_FILE_BYTES + 1), 413, "too_large"),
        (bytes(2 * LARGEST_FILE_BYTES - 1), 413, "too_large"),
    ],
)
def test_a_bad_file_is_refused_in_words(
    chat: ChatClient, content: bytes, status: int, code: str
) -> None:
    answer = post_file(chat, content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"]


def test_a_flood_of_bytes_is_cut_off_and_the_next_one_is_served(
    chat: ChatClient,
) -> None:
    sent = []

    def endless() -> Iterator[bytes]:
        for _ in range(400):
            sent.append(1)
            yield bytes(1024 * 1024)

    with contextlib.suppress(requests.ConnectionError):
        assert post_file(chat, endless()).status_code == 413
    assert len(sent) < 100
    assert uploaded(chat, picture())


def test_the_largest_file_gets_in_and_other_bodies_stay_small(chat: ChatClient) -> None:
    inside = b"/Padding (" + b"x" * (LARGEST_FILE_BYTES - len(pdf()) - 11) + b")"
    assert uploaded(chat, pdf(inside))["size"] == LARGEST_FILE_BYTES
    answer = requests.post(
        f"{chat.base_url}/api/v1/visits", data=bytes(70_000), timeout=10
    )
    assert answer.status_code == 413


def test_nobody_reaches_the_files_and_conversations_of_others(chat: ChatClient) -> None:
    file = uploaded(chat, picture())
    stranger = begin_visit(chat.base_url)
    assert get_file(chat, file, stranger).status_code == 404
    assert post_file(chat, picture(), token=stranger).status_code == 404
    assert get_file(chat, file, "rubbish").status_code == 401
    assert post_file(chat, picture(), token="rubbish").status_code == 401
    assert requests.get(chat.base_url + file["url"], timeout=10).status_code == 401
    foreign = {
        "Origin": "https://evil.example",
        "Cookie": f"latchkey_visit={chat.token}",
    }
    answer = requests.get(chat.base_url + file["url"], headers=foreign, timeout=10)
    assert answer.status_code == 403
    for wrong in ("nothing", str(uuid4()), "../visits"):
        assert get_file(chat, {"url": f"/api/v1/attachments/{wrong}"}).status_code in {
            404,
            405,
        }


def test_the_cookie_is_enough_on_our_own_pages(chat: ChatClient) -> None:
    file = uploaded(chat, picture())
    cookie = {"Cookie": f"latchkey_visit={chat.token}"}
    assert requests.get(
        chat.base_url + file["url"], headers=cookie, timeout=10
    ).ok  # as <img> asks
    url = f"{chat.base_url}/api/v1/conversations/{chat.conversation['id']}/attachments"
    own = cookie | {"Origin": chat.base_url}
    assert requests.post(url, data=picture(), headers=own, timeout=10).ok
    unsaid = requests.post(url, data=picture(), headers=cookie, timeout=10)
    assert unsaid.status_code == 401


def test_files_survive_a_restart_and_too_many_are_refused(tmp_path: Path) -> None:
    with run_helpdesk(tmp_path) as run, ChatClient.of_new_contact(run.base_url) as chat:
        file = uploaded(chat, picture("GIF"))
        run.process.stop()
        run.process.start()
        assert len(get_file(chat, file).content) == file["size"]
        chat.drop()
        chat.join()
        body = {"client_id": str(uuid4()), "attachments": [file["id"]]}
        chat.send("message", body)
        assert chat.next("ack")["attachments"] == [file]
        answers = [post_file(chat, b"no file") for _ in range(LIMIT + 1)]
        assert {answer.status_code for answer in answers[:LIMIT]} == {409}
        assert answers[LIMIT].json()["code"] == "too_fast"
        assert int(answers[LIMIT].headers["Retry-After"]) > 0
        assert chat.post("still here")["seq"] == 2
