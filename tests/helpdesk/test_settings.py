"""The help desk's settings: what is said when something is wrong."""

import pytest
from sanic import Sanic

from foundation.environment import SettingsError
from helpdesk.app import create_app
from helpdesk.inbox import ADDRESS, URL
from helpdesk.settings import HelpdeskSettings
from tests.accounts.service import ROOT
from tests.helpdesk.running import TEST_KEY

GOOD = {
    "LATCHKEY_TURN_KEY": TEST_KEY,
    "LATCHKEY_ACTOR_KEY": TEST_KEY,
    "LATCHKEY_HELPDESK_SECRET": TEST_KEY,
    "LATCHKEY_PSEUDONYM_KEY": TEST_KEY,
    "LATCHKEY_SETTINGS": str(ROOT / "settings.yml"),
}


def test_what_is_not_said_has_a_default() -> None:
    settings = HelpdeskSettings.from_environment(GOOD)
    assert settings.public_url == "http://127.0.0.1:8080"
    assert settings.allowed_origins == {settings.public_url}
    assert (settings.redis_url, settings.limit_factor) == ("", 1)


def test_a_mail_is_promised_only_where_mails_are_sent() -> None:
    with_mail = GOOD | {"LATCHKEY_HELPDESK_SMTP_HOST": "mail.example.com"}
    for variables, is_promised in ((GOOD, False), (with_mail, True)):
        app = create_app(HelpdeskSettings.from_environment(variables))
        said = app.ctx.office.sentences.meanwhile
        assert ("by mail" in said) is is_promised
        Sanic.unregister_app(app)


def test_rasa_may_have_several_processes() -> None:
    assert HelpdeskSettings.from_environment(GOOD).rasa_urls == (
        "http://127.0.0.1:5005",
    )
    urls = {"LATCHKEY_RASA_URL": "http://a:5005/, http://b:5005,http://a:5005"}
    settings = HelpdeskSettings.from_environment(GOOD | urls)
    assert settings.rasa_urls == ("http://a:5005", "http://b:5005")


def test_a_site_that_embeds_the_chat_is_allowed() -> None:
    sites = {"LATCHKEY_EMBED_ORIGINS": "https://a.example/, http://b.example:81"}
    settings = HelpdeskSettings.from_environment(GOOD | sites)
    assert settings.embed_origins == ("https://a.example", "http://b.example:81")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LATCHKEY_TURN_KEY", "short"),
        ("LATCHKEY_HELPDESK_SECRET", ""),
        ("LATCHKEY_HELPDESK_PORT", "70000"),
        ("LATCHKEY_PUBLIC_URL", "help.example"),
        ("LATCHKEY_RASA_URL", "ftp://rasa"),
        ("LATCHKEY_RASA_URL", "http://rasa-1:5005, rasa-2:5005"),
        ("LATCHKEY_EMBED_ORIGINS", "https://a.example/path"),
        ("LATCHKEY_EMBED_ORIGINS", "*"),
        ("LATCHKEY_TRUSTED_PROXIES", "-1"),
        ("LATCHKEY_LIMIT_FACTOR", "1.5"),
        ("LATCHKEY_SETTINGS", "nowhere.yml"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        HelpdeskSettings.from_environment(GOOD | {name: value})


def test_answers_are_read_where_both_settings_say_so() -> None:
    assert HelpdeskSettings.from_environment(GOOD).inbox is None
    url = "imaps://answers:p%40ss@mail.example.com/Help%20desk"
    said = {URL: url, ADDRESS: "answers@help.example.com"}
    inbox = HelpdeskSettings.from_environment(GOOD | said).inbox
    assert inbox
    assert (inbox.host, inbox.port, inbox.is_encrypted) == (
        "mail.example.com",
        993,
        True,
    )
    assert (inbox.password, inbox.folder) == ("p@ss", "Help desk")


@pytest.mark.parametrize(
    ("url", "address", "named"),
    [
        ("imaps://a:b@mail.example.com", "", ADDRESS),
        ("", "answers@help.example.com", URL),
        ("imaps://a:b@mail.example.com", "nobody", ADDRESS),
        ("https://a:b@mail.example.com", "answers@help.example.com", URL),
        ("imaps://mail.example.com", "answers@help.example.com", URL),
        ("imaps://a:b@mail.example.com:x/", "answers@help.example.com", URL),
    ],
)
def test_a_mailbox_that_is_half_set_up_is_named(
    url: str, address: str, named: str
) -> None:
    with pytest.raises(SettingsError, match=named):
        HelpdeskSettings.from_environment(GOOD | {URL: url, ADDRESS: address})
