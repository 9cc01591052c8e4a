"""What an installation's settings change in the pages: HTTPS, embedding sites, names."""

import re
from pathlib import Path

import pytest
import requests

from foundation.environment import SettingsError
from helpdesk.settings import HelpdeskSettings
from helpdesk.web.assets import STATIC_FOLDER, asset_url, read_assets
from helpdesk.web.rendering import page_headers
from helpdesk.web.structured_data import LONGEST_DESCRIPTION, describe
from tests.accounts.service import ROOT
from tests.helpdesk.running import TEST_KEY, run_helpdesk
from tests.helpdesk.test_search import SHIPPED
from tests.helpdesk.writing_articles import read, write_article

VARIABLES = {
    "LATCHKEY_SETTINGS": str(ROOT / "settings.yml"),
    "LATCHKEY_TURN_KEY": TEST_KEY,
    "LATCHKEY_ACTOR_KEY": TEST_KEY,
    "LATCHKEY_HELPDESK_SECRET": TEST_KEY,
    "LATCHKEY_PSEUDONYM_KEY": TEST_KEY,
}


def settings_with(**variables: str) -> HelpdeskSettings:
    return HelpdeskSettings.from_environment({**VARIABLES, **variables})


def policy(settings: HelpdeskSettings, *, is_embeddable: bool = False) -> str:
    headers = page_headers(settings, is_embeddable=is_embeddable)
    return headers["Content-Security-Policy"]


def test_behind_https_addresses_sockets_and_cookies_are_secure(tmp_path: Path) -> None:
    public_url = "https://help.example.com"
    with run_helpdesk(tmp_path, LATCHKEY_PUBLIC_URL=public_url) as run:
        port = run.process.health.rsplit(":", 1)[-1].partition("/")[0]
        inside = f"http://127.0.0.1:{port}"
        answer = requests.get(f"{inside}/articles/no-account", timeout=10)
        assert "wss://help.example.com" in answer.headers["Content-Security-Policy"]
        assert "Secure" in answer.headers["Set-Cookie"]
        canonical = f'<link rel="canonical" href="{public_url}/articles/no-account">'
        assert canonical in answer.text
        found = requests.get(f"{inside}/api/v1/search?q=password", timeout=10).json()
        assert found["results"][0]["url"].startswith(public_url)
        # Links between pages stay relative, so that they work from anywhere.
        own = re.findall(r'<a [^>]*href="(https?:[^"]+)"', answer.text)
        assert own == []


@pytest.mark.parametrize(
    ("public_url", "socket"),
    [
        ("http://127.0.0.1:8080", "ws://127.0.0.1:8080"),
        ("https://help.example.com", "wss://help.example.com"),
        ("https://help.example.com:8443", "wss://help.example.com:8443"),
    ],
)
def test_a_page_may_open_a_socket_to_us_alone(public_url: str, socket: str) -> None:
    settings = settings_with(LATCHKEY_PUBLIC_URL=public_url)
    assert f"connect-src 'self' {socket};" in policy(settings)


def test_only_an_embeddable_page_may_be_framed_and_only_by_listed_sites() -> None:
    sites = "https://a.example,https://b.example"
    settings = settings_with(LATCHKEY_EMBED_ORIGINS=sites)
    assert "frame-ancestors 'none'" in policy(settings)
    framed = policy(settings, is_embeddable=True)
    assert "frame-ancestors https://a.example https://b.example;" in framed
    assert "frame-ancestors 'none'" in policy(settings_with(), is_embeddable=True)


def test_no_policy_lets_anything_inline_run() -> None:
    for is_embeddable in (True, False):
        text = policy(settings_with(), is_embeddable=is_embeddable)
        assert "unsafe" not in text
        assert "*" not in text


def test_the_domain_file_can_lie_elsewhere() -> None:
    assert settings_with().domain == Path("domain.yml")
    assert settings_with(LATCHKEY_DOMAIN="x/y.yml").domain == Path("x/y.yml")
    with pytest.raises(SettingsError, match="LATCHKEY_SETTINGS"):
        settings_with(LATCHKEY_SETTINGS="nowhere.yml")


def test_every_static_file_has_an_address_that_names_its_content() -> None:
    files = {
        path.relative_to(STATIC_FOLDER).as_posix()
        for path in STATIC_FOLDER.rglob("*")
        if path.is_file()
    }
    assert set(read_assets()) == files
    digests = {asset_url(name).rpartition("=")[2] for name in files}
    assert len(digests) == len({read_assets()[name].content for name in files})


@pytest.mark.parametrize("name", ["help.css", "tokens.css", "search.js"])
def test_style_sheets_and_scripts_load_nothing_from_elsewhere(name: str) -> None:
    text = read_assets()[name].content.decode("utf-8")
    assert not re.search(r"https?://|@import|url\(", text)


def test_every_colour_of_the_style_sheet_is_a_token() -> None:
    sheet = read_assets()["help.css"].content.decode("utf-8").partition("@media print")
    tokens = read_assets()["tokens.css"].content.decode("utf-8")
    assert not re.search(r"#[0-9a-f]{3,6}\b", sheet[0])
    used = set(re.findall(r"var\((--[\w-]+)\)", sheet[0]))
    assert used <= set(re.findall(r"(--[\w-]+):", tokens))


def test_a_description_is_short_and_ends_between_words(tmp_path: Path) -> None:
    for article in SHIPPED:
        text = describe(article)
        assert len(text) <= LONGEST_DESCRIPTION
        assert "*" not in text
        assert text.endswith("…")
    write_article(tmp_path, answer="Short **and** complete.")
    assert describe(read(tmp_path).by_slug["open-door"]) == "Short and complete."
