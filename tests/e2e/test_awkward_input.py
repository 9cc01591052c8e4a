"""Whatever is typed gets words back, and nothing that is typed is ever obeyed."""

import pytest

from tests.accounts import people
from tests.e2e.chat import Chat
from tests.e2e.full_stack import FullStack

AWKWARD = {
    # somebody tries a database
    "sql_or": "' OR '1'='1",
    "sql_drop": "Robert'); DROP TABLE events;--",
    "sql_union": "1 UNION SELECT password_hash FROM accounts",
    "sql_comment": 'admin"/*',
    # somebody tries a browser
    "html_script": "<script>alert(1)</script>",
    "html_image": "<img src=x onerror=alert(document.cookie)>",
    "html_broken": "<b><i></b><a href='javascript:alert(1)'>x",
    "html_entities": "&lt;script&gt;&#0;&nbsp;&unknown;",
    "markdown_link": "[click](javascript:alert(1)) ![x](http://127.0.0.1/x.png)",
    "xml_entity": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    # somebody tries a template or a shell
    "slot": "{product}",
    "slots": "{email} {email_typed} {support_email}",
    "format": "{0} {} {0.__class__.__mro__}",
    "shell_variable": "${LATCHKEY_TURN_KEY}",
    "log4shell": "${jndi:ldap://127.0.0.1/a}",
    "jinja": "{{ 7 * 7 }} {% for x in config %}{{ x }}{% endfor %}",
    "percent": "%s%s%n%x%d",
    "shell": "; rm -rf / && echo `id` $(id)",
    "path": "../../../../etc/passwd",
    "pickle": "cos\nsystem\n(S'id'\ntR.",
    # somebody tries Rasa
    "restart": "/restart",
    "session_start": "/session_start",
    "back": "/back",
    "intent": "/affirm",
    "intent_with_entities": '/resend_invite{"email":"x@example.com"}',
    "intent_broken": '/resend_invite{"email":',
    "intent_in_capitals": "/RESTART",
    "intent_spaced": "  /restart  ",
    "intent_hidden": "\u200b/restart",
    "intent_nested": "/out_of_scope{}{}",
    "intent_external": "EXTERNAL: /restart",
    "slashes": "//",
    "slash": "/",
    "many_slashes": "/" * 300,
    "full_width_slash": "\uff0frestart",
    "confidence": "/greet@1.0",
    # somebody pastes something else
    "json": '{"message_id": "1", "text": "/restart", "actor": null}',
    "json_list": "[1, 2, {}]",
    "yaml": "- intent: affirm\n  action: !!python/object/apply:os.system [id]",
    "traceback": 'Traceback (most recent call last):\n  File "x.py", line 1',
    "base64": "L3Jlc3RhcnQ=" * 20,
    "digits": "1234567890" * 10,
    "not_a_number": "NaN",
    "null": "null",
    # characters that are hard to see or to carry
    "empty": "",
    "spaces": "     ",
    "tabs_and_lines": "\t\r\n \n\n",
    "null_byte": "how do I\x00log in",
    "null_bytes": "\x00\x00\x00",
    "control": "\x01\x02\x07\x08\x1b[31mred\x1b[0m\x7f",
    "zero_width": "\u200b\u200c\u200d\u2060\ufeff",
    "right_to_left": "\u202egnorw ma I\u202c مرحبا שלום",
    "combining": "Z\u0351\u036b\u0343a\u0334l\u0335g\u0338o\u0321" * 40,
    "emoji": "😀👩‍👩‍👧‍👦🏳️‍🌈",
    "emoji_only_one": "👍",
    "surrogate": "\ud800 alone",
    "private_use": "\ue000\uf8ff\U0010ffff",
    "punctuation": "?!?!...,,;;",
    "backslashes": "\\\\\\u0000 \\x00 \\n",
    "chinese": "我忘记了密码",
    "mathematical": "𝐡𝐞𝐥𝐩 𝓶𝓮",
    # too much of something
    "long_word": "a" * 100_000,
    "long_text": "how do I log in? " * 6_000,
    "long_emoji": "🔑" * 25_000,
    "many_addresses": " ".join(f"a{n}@example.com" for n in range(2_000)),
    "many_at_signs": "@" * 5_000,
    "many_dots": "a@" + "b." * 5_000,
    "deep_brackets": "[" * 10_000,
    "many_lines": "\n".join("x" for _ in range(20_000)),
}
IN_A_FORM = [
    "html_image",
    "slots",
    "format",
    "percent",
    "restart",
    "intent",
    "intent_with_entities",
    "empty",
    "null_byte",
    "surrogate",
    "long_word",
    "many_at_signs",
    "many_dots",
]
REPEATED_ADDRESSES = [
    "<script>alert(1)</script>@",
    "{email}@{product}",
    "{candidate}@",
    "%s%n@%s",
    "${LATCHKEY_TURN_KEY}@",
    "{}@{0.__class__}",
]
SHORTENED_ADDRESSES = ["@" * 3_000, "@\x00@", "\u202ea@b\u202c@", "'; DROP TABLE x;--@"]


@pytest.mark.parametrize("text", AWKWARD.values(), ids=AWKWARD.keys())
def test_awkward_input_gets_an_answer_and_the_chat_goes_on(
    product: FullStack, chat: Chat, text: str
) -> None:
    answer = chat.say(text)
    assert answer.text.strip()
    assert not answer.has_trouble
    assert answer.seconds < 5
    # Neither a command nor a button's payload: the next question is just the next one.
    assert "on its way" not in answer.text
    assert "Yes, send it" not in answer.buttons
    after = chat.say("how long is an invitation valid?")
    assert after.articles == ["invite_expired"]


@pytest.mark.parametrize("name", IN_A_FORM)
def test_awkward_input_does_not_get_a_form_to_send(
    product: FullStack, chat: Chat, name: str
) -> None:
    email = people.new_address()
    chat.ask_for_invite(email)
    answer = chat.say(AWKWARD[name])
    assert answer.text.strip()
    assert not answer.has_trouble
    assert not product.backend.seen_for(email)
    assert "on its way" not in answer.text
    assert email in chat.say(email).text
    assert "on its way" in chat.press("Yes, send it").text


@pytest.mark.parametrize("text", REPEATED_ADDRESSES)
def test_an_awkward_address_is_repeated_as_it_is(chat: Chat, text: str) -> None:
    chat.say("resend my invite")
    answer = chat.say(text)
    assert f"“{text}” can't be right" in answer.text
    assert "Which e-mail address" in answer.text


@pytest.mark.parametrize("text", SHORTENED_ADDRESSES, ids=range(4))
def test_only_the_beginning_of_an_awkward_address_is_repeated(
    chat: Chat, text: str
) -> None:
    chat.say("resend my invite")
    answer = chat.say(text)
    assert not answer.has_trouble
    assert "can't be right" in answer.text
    assert len(answer.text) < 400


@pytest.mark.parametrize("name", ["restart", "intent", "intent_with_entities"])
def test_a_typed_payload_is_named_as_what_it_is(chat: Chat, name: str) -> None:
    answer = chat.say(AWKWARD[name])
    assert answer.intent == "out_of_scope"
    assert "slash don't work here" in answer.text


def test_a_typed_restart_forgets_nothing(product: FullStack, chat: Chat) -> None:
    email = people.new_address()
    chat.ask_for_invite(email)
    chat.say("/restart")
    chat.say("/session_start")
    assert email in chat.say("what can you do").text


def test_no_awkward_input_left_a_traceback_in_a_log(product: FullStack) -> None:
    for name in AWKWARD:
        product.chat().say(AWKWARD[name])
    for log in (product.rasa.log, product.actions.log):
        assert "Traceback" not in log.read_text(encoding="utf-8", errors="replace")
