"""The files of the chat: small, cacheable, from one origin, and without markup."""

import gzip
import re

import pytest
import requests

from helpdesk.web.widget import STATIC, read_chat_files, shorten
from tests.widget.chat_browser import Chat
from tests.widget.chat_server import ChatServer

BUDGET = 30_000  # bytes on the wire: the loader, what it loads at once, one language
LATE_BUDGET = 14_000  # what only some conversations need, loaded then
IMPORTED = re.compile(r"""^import [^;]*?from\s*"\./([\w./]+)";""", re.MULTILINE)
SOURCES = [STATIC / "widget.js", *sorted((STATIC / "chat").rglob("*.js"))]
ENGLISH = ("en", "en_late")
MARKUP = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextual|"
    r"\beval\(|new Function|setHTML"
)


def loaded_at_once() -> set[str]:
    """Return the modules that are loaded with the first one."""
    found, left = set(), ["chat.js"]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += IMPORTED.findall((STATIC / "chat" / name).read_text())
    return found


def test_the_chat_is_small() -> None:
    files, first = read_chat_files(), loaded_at_once()
    assert {"panel.js", "element.js", "strings/en.js"} <= first
    sizes = {name: len(script.packed) for name, script in files.sent.items()}
    at_once = len(files.loader.packed) + sum(sizes[name] for name in first)
    assert at_once < BUDGET, at_once
    late = sizes.keys() - first
    assert {
        "rating.js",
        "mail_answer.js",
        "tray.js",
        "files.js",
        "strings/ar.js",
    } <= late
    assert sum(sizes[name] for name in late) < LATE_BUDGET


def test_only_what_is_used_is_loaded(chat: Chat) -> None:
    addresses: list[str] = []
    chat.page.on("request", lambda request: addresses.append(request.url))
    chat.visit().open().say("hello")
    chat.reads("hello")
    modules = re.findall(r"/v-\w+/([\w/]+\.js)", " ".join(addresses))
    assert set(modules) == loaded_at_once()
    assert len(modules) == len(set(modules))


def test_no_file_can_make_markup_of_text() -> None:
    found = [p.name for p in SOURCES if MARKUP.search(p.read_text(encoding="utf-8"))]
    assert found == []


def test_every_file_says_what_it_is_for() -> None:
    begin = re.compile(r"/\*\*\s")
    assert [p.name for p in SOURCES if not begin.match(p.read_text())] == []


def test_no_language_has_words_that_english_lacks() -> None:
    keys = re.compile(r"^  (\w+):", re.MULTILINE)
    at_once, late = (
        set(keys.findall((STATIC / f"chat/strings/{name}.js").read_text()))
        for name in ENGLISH
    )
    assert not at_once & late
    assert len(at_once | late) > 100
    others = {path.stem for path in (STATIC / "chat/strings").glob("*.js")}
    for name in others - {*ENGLISH}:
        words = (STATIC / f"chat/strings/{name}.js").read_text()
        assert set(keys.findall(words)) == at_once | late, name


def test_words_are_only_where_words_are_kept() -> None:
    used = re.compile(r"""\bsay\(\s*"(\w+)\"""")
    english = "".join(
        (STATIC / f"chat/strings/{name}.js").read_text() for name in ENGLISH
    )
    for path in (STATIC / "chat").glob("*.js"):
        for key in used.findall(path.read_text()):
            assert re.search(rf"^  {key}:", english, re.MULTILINE), (path.name, key)


@pytest.mark.parametrize("path", ["/widget.js", "/static/chat/chat.js"])
def test_the_loader_is_asked_for_again_and_not_sent_again(
    help_desk: ChatServer, path: str
) -> None:
    answer = requests.get(f"{help_desk.origin}{path}", timeout=20)
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Cache-Control"] == "no-cache"
    same = {"If-None-Match": answer.headers["ETag"]}
    again = requests.get(f"{help_desk.origin}{path}", headers=same, timeout=20)
    assert (again.status_code, again.content) == (304, b"")
    plain = {"Accept-Encoding": "identity"}
    whole = requests.get(f"{help_desk.origin}{path}", headers=plain, timeout=20)
    assert "Content-Encoding" not in whole.headers
    assert whole.content == answer.content


def test_modules_of_a_version_are_kept_for_good(help_desk: ChatServer) -> None:
    version = read_chat_files().version
    modules = f"{help_desk.origin}/static/chat"
    answer = requests.get(f"{modules}/{version}/strings/en.js", timeout=20)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert version in requests.get(f"{help_desk.origin}/widget.js", timeout=20).text
    old = requests.get(f"{modules}/v-000000000000/chat.js", timeout=20)
    assert (old.status_code, old.headers["Cache-Control"]) == (200, "no-cache")


@pytest.mark.parametrize(
    "name", ["nothing.js", "../widget.js", "..%2Fwidget.js", "v-1/"]
)
def test_nothing_else_is_served(help_desk: ChatServer, name: str) -> None:
    answer = requests.get(f"{help_desk.origin}/static/chat/{name}", timeout=20)
    assert answer.status_code == 404


def test_sent_modules_are_the_written_ones_without_comments() -> None:
    files = read_chat_files()
    assert set(files.sent) == set(files.written)
    for name, script in files.sent.items():
        assert gzip.decompress(script.packed) == script.body
        # A comment behind code would swallow the line that is joined to it.
        assert not re.search(rb"(^|[;,{)]) *(// |/\*)", script.body, re.MULTILINE), name


def test_private_names_and_styles_are_sent_short_and_strings_as_they_are() -> None:
    script = (
        b"class A {\n  #one = 1;\n  b() {\n    return this.#one + '#on a: b';\n  }\n}\n"
    )
    wanted = b"class A {#a = 1;b() {return this.#a + '#on a: b';}}"
    assert shorten(script).rstrip() == wanted
    style = b"const a = `\na:hover, b {\n  color: red;\n}\n`;\n"
    assert shorten(style).rstrip() == b"const a = `\na:hover,b{color:red}`;"


def test_a_page_without_a_conversation_asks_only_for_files(
    chat: Chat, help_desk: ChatServer
) -> None:
    addresses: list[str] = []
    chat.page.on("request", lambda request: addresses.append(request.url))
    chat.visit()
    assert [a for a in addresses if "/api/" in a] == []
    chat.open()
    chat.say("hello")
    chat.reads("hello")
    assert {a.split("/")[2] for a in addresses} == {f"127.0.0.1:{help_desk.port}"}
