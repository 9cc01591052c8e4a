"""The help centre over HTTP: pages, search, ratings, refusals, and parts that are down."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import requests

from helpdesk.desk.prose import plain_text
from tests.accounts.browser import Browser
from tests.accounts.service import ROOT
from tests.helpdesk.running import HelpdeskRun, run_helpdesk
from tests.helpdesk.test_search import SHIPPED
from tests.helpdesk.writing_articles import write_article

PAGES = ["/", "/articles/invite-expired", "/search?q=password", "/search", "/chat"]
ODD = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}"]
EMBEDDER = "https://www.example.com"


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HelpdeskRun]:
    folder = tmp_path_factory.mktemp("centre")
    with run_helpdesk(folder, LATCHKEY_EMBED_ORIGINS=EMBEDDER) as run:
        yield run


@pytest.fixture
def browser(centre: HelpdeskRun) -> Browser:
    return Browser(centre.base_url)


def test_the_home_page_leads_to_every_article_and_to_the_chat(browser: Browser) -> None:
    page = browser.open("/")
    for article in SHIPPED:
        assert f'href="{article.path}"' in page.answer.text
        assert article.title in page.text.replace("&#39;", "'")
    for category in SHIPPED.categories:
        assert f'id="{category.slug}"' in page.answer.text
    assert 'href="/chat"' in page.answer.text
    assert page.form() == ("/search", {"q": ""})


def test_each_action_is_offered_on_the_home_page_in_the_chats_order(
    browser: Browser,
) -> None:
    text = browser.open("/").answer.text
    offered = re.findall(r'data-chat-offer="([\w.]+)"', text)
    actions = [offer.partition(".")[2] for offer in offered]
    assert actions == ["resend_invite", "reset_password", "talk_to_human"]


@pytest.mark.parametrize("article", list(SHIPPED), ids=lambda article: article.slug)
def test_an_article_shows_its_answer_first_then_the_rest(
    browser: Browser, article: Any
) -> None:
    page = browser.open(article.path)
    assert page.status == 200
    assert plain_text(article.answer)[:60] in page.text.replace("  ", " ")
    assert page.answer.text.index("answer-text") < page.answer.text.index("prose")
    for offer in article.offers:
        link = f'href="/chat?offer={offer.id}" data-chat-offer="{offer.id}"'
        assert link in page.answer.text
        assert offer.title in page.text
    for related in SHIPPED.related_to(article):
        assert f'href="{related.path}"' in page.answer.text


def test_an_article_tells_search_engines_what_it_answers(
    centre: HelpdeskRun, browser: Browser
) -> None:
    text = browser.open("/articles/invite-expired").answer.text
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', text, re.S)
    assert found
    page, trail = json.loads(found.group(1))["@graph"]
    assert page["mainEntity"]["name"] == "My invitation link has expired"
    assert "72 hours" in page["mainEntity"]["acceptedAnswer"]["text"]
    assert [step["position"] for step in trail["itemListElement"]] == [1, 2, 3]
    url = f"{centre.base_url}/articles/invite-expired"
    assert f'<link rel="canonical" href="{url}">' in text
    assert f'<meta property="og:url" content="{url}">' in text
    description = re.search(r'<meta name="description" content="(.*?)">', text)
    assert description
    assert 50 < len(description.group(1)) <= 161


def test_the_search_page_marks_what_was_found(browser: Browser) -> None:
    page = browser.open("/search?q=forgoten+pasword")
    assert "answers for “forgoten pasword”" in page.text
    assert "<mark>password</mark>" in page.answer.text
    first = page.answer.text.index("/articles/forgot-password")
    assert first < page.answer.text.index("/articles/forgot-email")
    assert page.form() == ("/search", {"q": "forgoten pasword"})


@pytest.mark.parametrize("query", ["zzzzz", "🙂"])
def test_nothing_found_leads_on(browser: Browser, query: str) -> None:
    page = browser.open(f"/search?q={query}")
    assert page.status == 200
    assert f"Nothing found for “{query}”" in page.text
    assert "data-chat-offer" in page.answer.text
    assert "/articles/forgot-password" in page.answer.text


def test_a_search_for_nothing_asks_what_for(browser: Browser) -> None:
    for path in ("/search", "/search?q=", "/search?q=%20"):
        assert "What are you looking for?" in browser.open(path).text


@pytest.mark.parametrize("text", ODD)
def test_what_was_typed_is_shown_only_as_text(browser: Browser, text: str) -> None:
    page = browser.open("/search?" + requests.compat.urlencode({"q": text}))
    assert page.status == 200
    assert text not in page.answer.text.replace("{{ 7 * 7 }}", "")
    assert "49" not in page.text
    assert "<img src=x" not in page.answer.text


def test_search_for_programs_answers_with_passages(
    centre: HelpdeskRun, browser: Browser
) -> None:
    answer = browser.open("/api/v1/search?q=invitaton+expired&limit=2").answer
    results = answer.json()["results"]
    assert len(results) == 2
    assert results[0]["slug"] == "invite-expired"
    assert results[0]["url"] == f"{centre.base_url}/articles/invite-expired"
    assert {"text": "invitation", "hit": True} in results[0]["passage"]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("query", ["", "q=", "q=%00", "q=%F0%9F%99%82", "q=%ff%fe"])
def test_search_for_programs_takes_anything(browser: Browser, query: str) -> None:
    assert browser.open(f"/api/v1/search?{query}").answer.json() == {"results": []}


def test_a_very_long_query_is_answered(browser: Browser) -> None:
    answer = browser.open("/api/v1/search?q=" + "pass+word+" * 500).answer
    assert answer.status_code in {200, 413, 414}


@pytest.mark.parametrize("limit", ["0", "-1", "51", "x", "1e3", "٣", "9" * 5000])
def test_an_odd_limit_is_refused(browser: Browser, limit: str) -> None:
    answer = browser.open(f"/api/v1/search?q=password&limit={limit}").answer
    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_request"


def test_the_chat_page_says_what_to_do_without_javascript(browser: Browser) -> None:
    page = browser.open("/chat?offer=invite_expired.resend_invite")
    assert '<latchkey-chat mode="page"></latchkey-chat>' in page.answer.text
    assert 'src="/widget.js"' in page.answer.text
    noscript = re.search(r"<noscript>(.*?)</noscript>", page.answer.text, re.S)
    assert noscript
    assert "mailto:support@saltoks.example" in noscript.group(1)


@pytest.mark.parametrize("path", [*PAGES, "/nothing"])
def test_every_page_keeps_foreign_code_and_frames_out(
    centre: HelpdeskRun, browser: Browser, path: str
) -> None:
    answer = browser.open(path).answer
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert f"connect-src 'self' {centre.base_url.replace('http', 'ws')};" in policy
    assert "base-uri 'none'" in policy
    framed_by = EMBEDDER if path == "/chat" else "'none'"
    assert f"frame-ancestors {framed_by}" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert not re.search(r"\sstyle=|\son\w+=", answer.text)
    scripts = re.findall(r"<script(?![^>]*(?: src=|ld\+json))", answer.text)
    assert scripts == []
    loaded = re.findall(r'(?:src|rel="(?:stylesheet|icon)" href)="([^"]+)', answer.text)
    assert loaded
    assert all(address.startswith("/") for address in loaded)
    has_launcher = '<script src="/widget.js" data-mode="launcher" defer>' in answer.text
    assert has_launcher is (path != "/chat")


def test_only_a_page_with_a_form_gives_the_browser_a_number(browser: Browser) -> None:
    for path in ("/", "/search?q=password", "/chat", "/nothing"):
        browser.open(path)
    assert list(browser.session.cookies) == []
    answer = browser.open("/articles/no-account").answer
    assert "private" in answer.headers["Cache-Control"]
    assert "Cookie" in answer.headers["Vary"]
    (cookie,) = browser.session.cookies
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite") == "Lax"


def test_a_mistyped_address_suggests_what_was_meant(browser: Browser) -> None:
    page = browser.open("/articles/invit-expird")
    assert page.status == 404
    assert page.title == "This page does not exist"
    assert "/articles/invite-expired" in page.answer.text


@pytest.mark.parametrize("path", ["/zzzz", "/articles/%00", "/articles/" + "x" * 900])
def test_an_unknown_page_says_so(browser: Browser, path: str) -> None:
    page = browser.open(path)
    assert page.status == 404
    assert page.title == "This page does not exist"
    assert "no-store" in page.answer.headers["Cache-Control"]


def test_programs_are_refused_in_json(browser: Browser) -> None:
    answer = browser.open("/api/v1/nothing").answer
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
    answer = browser.session.delete(f"{browser.base_url}/api/v1/search", timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize("path", [*PAGES, "/sitemap.xml", "/robots.txt"])
def test_what_the_browser_has_already_is_not_sent_again(
    browser: Browser, path: str
) -> None:
    browser.open(path)  # now it has its number
    first = browser.open(path).answer
    tag = first.headers["ETag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}'):
        again = browser.session.get(
            first.url, headers={"If-None-Match": known}, timeout=10
        )
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == tag
    other = browser.session.get(first.url, headers={"If-None-Match": '"x"'}, timeout=10)
    assert other.status_code == 200


def test_links_can_be_checked_without_loading_the_page(browser: Browser) -> None:
    for path in (*PAGES, "/favicon.svg", "/api/v1/search?q=a"):
        answer = browser.session.head(browser.base_url + path, timeout=10)
        assert (answer.status_code, answer.content) == (200, b"")


def test_static_files_are_kept_for_a_year_under_their_digest(browser: Browser) -> None:
    page = browser.open("/").answer.text
    for address in re.findall(r'"(/static/[^"]+)"', page):
        answer = browser.open(address).answer
        assert "immutable" in answer.headers["Cache-Control"]
        bare = browser.open(address.partition("?")[0]).answer
        assert bare.headers["Cache-Control"] == "no-cache"
        assert bare.content == answer.content
    kinds = {"help.css": "text/css", "search.js": "text/javascript"}
    for name, kind in kinds.items():
        headers = browser.open(f"/static/{name}").answer.headers
        assert headers["Content-Type"].startswith(kind)
        assert headers["X-Content-Type-Options"] == "nosniff"
    icon = browser.open("/favicon.svg").answer
    assert icon.headers["Content-Type"].startswith("image/svg+xml")


@pytest.mark.parametrize("name", ["../app.py", "..%2fapp.py", "nothing.css", ""])
def test_nothing_else_is_sent_as_a_static_file(browser: Browser, name: str) -> None:
    assert browser.open(f"/static/{name}").status == 404


def test_the_home_page_stays_small(browser: Browser) -> None:
    page = browser.open("/").answer
    own = re.findall(r'(?:src|href)="(/(?:static|favicon)[^"]*)"', page.text)
    size = len(page.content) + sum(
        len(browser.open(address).answer.content) for address in set(own)
    )
    assert size < 60_000


def test_search_engines_find_every_article(
    centre: HelpdeskRun, browser: Browser
) -> None:
    site_map = ElementTree.fromstring(browser.open("/sitemap.xml").answer.content)
    found = {element.text for element in site_map.iter() if element.tag.endswith("loc")}
    expected = {centre.base_url + article.path for article in SHIPPED}
    assert found == expected | {f"{centre.base_url}/"}
    robots = browser.open("/robots.txt").answer.text
    assert f"Sitemap: {centre.base_url}/sitemap.xml" in robots
    assert "Disallow: /search" in robots
    for path in ("/search?q=a", "/chat"):
        assert '"noindex"' in browser.open(path).answer.text
    assert "noindex" not in browser.open("/articles/no-account").answer.text


def test_a_mistake_of_ours_is_a_page_with_the_number_that_the_log_has(
    tmp_path: Path,
) -> None:
    launcher = "tests.helpdesk.broken_launcher"
    with run_helpdesk(tmp_path, module=launcher) as run:
        page = Browser(run.base_url).open("/broken?secret=1")
        assert page.status == 500
        assert page.title == "Something went wrong here"
        number = re.search(r"<code>(\w{8})</code>", page.answer.text)
        assert number
        assert f"error {number.group(1)} while answering" in run.process.log
        assert "on purpose" not in page.answer.text
        answer = Browser(run.base_url).open("/api/v1/broken").answer
        assert answer.json()["code"] == "internal_error"


def test_bad_articles_stop_the_start_with_one_clear_line(tmp_path: Path) -> None:
    folder = tmp_path / "kb"
    folder.mkdir()
    write_article(folder, title="")
    with (
        pytest.raises(AssertionError, match="did not start") as caught,
        run_helpdesk(tmp_path, LATCHKEY_ARTICLES=str(folder)),
    ):
        pass
    assert "open-door.md: needs a text for 'title'" in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_the_names_of_the_settings_are_used(tmp_path: Path) -> None:
    text = (ROOT / "settings.yml").read_text("utf-8")
    settings = tmp_path / "settings.yml"
    settings.write_text(text.replace("SALTO KS", "Doorly & Sons"), encoding="utf-8")
    with run_helpdesk(tmp_path, LATCHKEY_SETTINGS=str(settings)) as run:
        page = Browser(run.base_url).open("/")
        assert "Doorly & Sons" in page.text
        assert "SALTO" not in page.answer.text
