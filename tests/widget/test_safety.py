"""What others write stays text, and what nobody should send is noticed before it leaves."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.widget.chat_browser import Chat
from tests.widget.chat_server import ChatServer

ATTACKS = [
    "<img src=/stolen onerror=alert(1)>",
    "<script>alert(1)</script>",
    "[click](javascript:alert(1))",
    "[click](data:text/html,<script>alert(1)</script>)",
    "![x](http://evil.example/stolen)",
    '"><svg onload=alert(1)>',
    '[a](https://x.example/" onmouseover="alert(1))',
    "**<iframe src=/stolen></iframe>**",
    "{{constructor.constructor('alert(1)')()}}",
]
FORBIDDEN = (
    "script, img, iframe, object, embed, style, [onerror], [onload], [onmouseover]"
)
MARKDOWN = [
    ("one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>"),
    ("**b** or *i* or _i_", "<p><strong>b</strong> or <em>i</em> or <em>i</em></p>"),
    ("**bold *both* **", "<p>**bold <em>both</em> **</p>"),
    ("`<b>` a_b_c 2*3*4", "<p><code>&lt;b&gt;</code> a_b_c 2*3*4</p>"),
    ("- a\n- b\n\n3. c", '<ul><li>a</li><li>b</li></ul><ol start="3"><li>c</li></ol>'),
    ("Do:\n1. a\n   more\n2. b", "<p>Do:</p><ol><li>a more</li><li>b</li></ol>"),
    ("# no heading\n> no quote", "<p># no heading<br>&gt; no quote</p>"),
    ("[s](ftp://x/y) [t](//x.y)", "<p>[s](ftp://x/y) [t](//x.y)</p>"),
]
LINKS = [
    ("[us](https://a.example/b?c=d)", "https://a.example/b?c=d"),
    ("[mail](mailto:a@b.example)", "mailto:a@b.example"),
    ("see https://a.example/b.", "https://a.example/b"),
]
PASSWORDS = {
    "my password is Sunny-Day42": "my password is […]",
    "password: hunter2, and it fails": "password: […], and it fails",
    "the password 'Tr0ub4dor&3' is rejected": "the password '[…]' is rejected",
    "my password is sunflower": "my password is […]",
    "pwd=Ab12!x": "pwd=[…]",
    "Mein Passwort ist Geheim123": "Mein Passwort ist […]",
    "mi contraseña es Perro2024": "mi contraseña es […]",
    "my new password is 12345678 now": "my new password is […] now",
}
OTHERS = {
    "the code is 482913": ("code", "the code is […]"),
    "482 913": ("code", "[…]"),
    "my OTP: 1234 does not work": ("code", "my OTP: […] does not work"),
    "https://x.example/reset?token=abcdef123456": ("link", "[…]"),
    "it was https://x.example/invite/Zk3v9QpL2mX8rT5wB7nC.": ("link", "it was […]."),
}
HARMLESS = [
    "my password is wrong",
    "my password is not working",
    "my password was rejected twice",
    "I forgot my password",
    "password reset please",
    "the password for my account noor@example.com is lost",
    "how do I change my password?",
    "Is my password too short?",
    "it shows error code 40312",
    "I registered in 2024 and my zip code is 10115",
    "it is 17 days since 12.10.2025",
    "https://help.example/articles/my-invitation-has-expired",
    "call me at +49 30 1234567",
]
FIND = "(text) => m.findSecret(text)"


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_others_write_is_never_markup(
    chat: Chat, help_desk: ChatServer, attack: str
) -> None:
    button = {"id": "1.1", "title": attack}
    article = {"slug": "x", "title": attack, "url": "javascript:alert(1)"}
    good: dict[str, Any] = {"slug": "x", "title": attack, "url": "/articles/x"}
    good["passage"] = [{"text": attack, "hit": hit} for hit in (True, False)]
    help_desk.record(attack, buttons=[button], article=article, results=[good])
    help_desk.record(attack, "agent", name=attack, article=good)
    help_desk.record(attack, "system")
    help_desk.record(attack, "contact")
    chat.visit().open()
    help_desk.say(attack, "agent", name=attack)
    rows = chat.page.locator(".row:visible")
    expect(rows).to_have_count(5)
    assert attack in rows.nth(3).inner_text()
    expect(chat.page.locator(".passage mark")).to_have_text(attack)
    assert chat.page.locator(f".root :is({FORBIDDEN})").count() == 0
    for address in chat.page.locator("dialog a").evaluate_all(
        "all => all.map(a => a.href)"
    ):
        assert address.startswith(("http:", "https:")), address
    assert "/stolen" not in help_desk.requests


def test_the_markdown_subset_is_what_the_protocol_says(chat: Chat) -> None:
    chat.visit()
    render = """(text) => {
        const place = document.createElement("div");
        place.append(...m.renderMarkdown(text));
        return place.innerHTML.replaceAll(' dir="auto"', "");
    }"""
    for text, wanted in MARKDOWN:
        assert chat.import_module("markdown.js", render, text) == wanted


def test_links_open_a_tab_that_knows_nothing_of_us(chat: Chat) -> None:
    chat.visit()
    read = """(text) => {
        const link = m.renderMarkdown(text)[0].querySelector("a");
        return [link.getAttribute("href"), link.rel, link.target];
    }"""
    for text, address in LINKS:
        found = chat.import_module("markdown.js", read, text)
        assert found == [address, "noopener noreferrer", "_blank"]


def test_long_and_odd_texts_are_rendered_quickly(chat: Chat) -> None:
    chat.visit()
    took = """(text) => {
        const begin = performance.now();
        m.renderMarkdown(text);
        return performance.now() - begin;
    }"""
    for odd in ("**a ", "[a](", "`", "*a", "_a ", "- ", "[", "**a**", "https://"):
        text = odd * (4000 // len(odd))
        assert chat.import_module("markdown.js", took, text) < 3_000, odd


def test_secrets_are_noticed_and_harmless_words_are_not(chat: Chat) -> None:
    chat.visit()
    for text, without in PASSWORDS.items():
        found = chat.import_module("secrets.js", FIND, text)
        assert found == {"kind": "password", "without": without}, text
    for text, (kind, without) in OTHERS.items():
        found = chat.import_module("secrets.js", FIND, text)
        assert found == {"kind": kind, "without": without}, text
    for text in HARMLESS:
        assert chat.import_module("secrets.js", FIND, text) is None, text


def test_a_password_is_not_sent_whatever_is_pressed(
    chat: Chat, help_desk: ChatServer
) -> None:
    chat.visit().open().say("my password is Sunny-Day42, why?")
    question = chat.part("secret")
    expect(question).to_contain_text("we will never ask for it")
    chat.focuses("Send without it")
    expect(question.get_by_role("button")).to_have_text(["Send without it", "Edit"])
    chat.button("Edit").click()
    expect(question).to_be_hidden()
    expect(chat.field).to_have_value("my password is Sunny-Day42, why?")
    expect(chat.field).to_be_focused()

    chat.field.press("Enter")
    chat.button("Send without it").click()
    chat.reads("my password is [password removed], why?")
    sent = [frame["text"] for frame in help_desk.frames_of("message")]
    assert sent == ["my password is [password removed], why?"]
    kept = "() => JSON.stringify([{...localStorage}, {...sessionStorage}])"
    assert "Sunny" not in chat.page.evaluate(kept)


def test_a_link_with_a_token_can_be_sent_on_purpose(
    chat: Chat, help_desk: ChatServer
) -> None:
    link = "https://x.example/invite/Zk3v9QpL2mX8rT5wB7nC"
    chat.visit().open().say(f"it says expired: {link}")
    assert help_desk.frames_of("message") == []
    chat.button("Send anyway").click()
    help_desk.wait_for_frame("message")
    chat.reads(f"it says expired: {link}")


def test_another_site_keeps_its_token_and_sends_it_itself(
    chromium: Browser, help_desk: ChatServer
) -> None:
    context = chromium.new_context(base_url=help_desk.other_origin)
    chat = Chat(context.new_page(), help_desk)
    chat.visit("/site", identity="a.b.c").open().say("from another site")
    chat.reads("from another site")
    chat.has_sent_all()
    assert help_desk.frames_of("visit") == [{"identity": "a.b.c"}]
    assert help_desk.frames_of("join")[0]["token"] == "visit-1"
    assert [c for c in context.cookies() if c["name"] == "latchkey_visit"] == []
    help_desk.refuses_sockets = True
    help_desk.drop_sockets()
    chat.say("and over plain requests")
    chat.has_sent_all()
    chat.page.evaluate("latchkey.identify('d.e.f')")
    help_desk.wait_for_frame("visit", 2)
    assert help_desk.frames_of("visit")[1] == {"identity": "d.e.f"}
    context.close()
    assert chat.complaints == []
