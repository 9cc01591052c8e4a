"""The help desk's settings: what is said when something is wrong."""

import pytest

from foundation.environment import SettingsError
from helpdesk.settings import HelpdeskSettings
from tests.accounts.service import ROOT
from tests.helpdesk.running import TEST_KEY

GOOD = {
    "LATCHKEY_TURN_KEY": TEST_KEY,
    "LATCHKEY_ACTOR_KEY": TEST_KEY,
    "LATCHKEY_HELPDESK_SECRET": TEST_KEY,
    "LATCHKEY_SETTINGS": str(ROOT / "settings.yml"),
}


def test_what_is_not_said_has_a_default() -> None:
    settings = HelpdeskSettings.from_environment(GOOD)
    assert settings.public_url == "http://127.0.0.1:8080"
    assert settings.allowed_origins == {settings.public_url}
    assert (settings.redis_url, settings.limit_factor) == ("", 1)


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
