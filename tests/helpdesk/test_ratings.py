"""“Was this useful?”: what is kept, what is refused, and what is said when it fails."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from foundation.database import Database
from helpdesk.desk import ratings as desk
from helpdesk.desk.ratings import CommentTooLongError, rate_article, tidy_comment
from helpdesk.store import open_database
from tests.accounts.browser import Browser, Page
from tests.helpdesk.running import HelpdeskRun, run_helpdesk

PAGES = ["/", "/articles/invite-expired", "/search?q=password", "/search", "/chat"]


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HelpdeskRun]:
    with run_helpdesk(tmp_path_factory.mktemp("centre")) as run:
        yield run


@pytest.fixture
def browser(centre: HelpdeskRun) -> Browser:
    return Browser(centre.base_url)


def ratings(run: HelpdeskRun) -> list[tuple[Any, ...]]:
    return run.sql("SELECT article, visitor, is_useful, comment FROM article_ratings")


def rate(browser: Browser, slug: str, useful: str, **fields: str) -> Page:
    """Press yes or no below an article."""
    page = browser.open(f"/articles/{slug}")
    return press(browser, page, useful=useful, **fields)


def press(browser: Browser, page: Page, **fields: str) -> Page:
    action, form = page.form(1)
    token = {"form_token": form["form_token"]}
    url = browser.base_url + action
    return Page(browser.session.post(url, data=token | fields, timeout=10))


def test_a_rating_is_kept_once_for_each_visitor_and_can_be_changed(
    centre: HelpdeskRun, browser: Browser
) -> None:
    before = len(ratings(centre))
    page = rate(browser, "no-account", "yes")
    assert page.url.endswith("/articles/no-account?rated=yes#rating")
    assert "Thank you" in page.text
    assert len(ratings(centre)) == before + 1
    assert "What was missing" in rate(browser, "no-account", "no").text
    assert len(ratings(centre)) == before + 1
    article, visitor, is_useful, comment = ratings(centre)[-1]
    assert (article, is_useful, comment) == ("no_account", 0, "")
    assert visitor not in browser.session.cookies.values()
    rate(Browser(centre.base_url), "no-account", "yes")
    assert len(ratings(centre)) == before + 2


def test_whoever_says_no_can_say_what_was_missing(
    centre: HelpdeskRun, browser: Browser
) -> None:
    asked = rate(browser, "how-to-log-in", "no")
    text = "Line one\r\n<b>two</b>\x00 ✓"
    told = press(browser, asked, useful="no", comment=text)
    assert "We read every comment" in told.text
    kept = [r for r in ratings(centre) if r[0] == "how_to_log_in"]
    assert [row[2:] for row in kept] == [(0, "Line one\n<b>two</b> ✓")]
    rate(browser, "how-to-log-in", "no")  # pressed again, without a comment
    assert ratings(centre)[-1][3].startswith("Line one")
    rate(browser, "how-to-log-in", "yes")
    kept = [r for r in ratings(centre) if r[0] == "how_to_log_in"]
    assert [row[2:] for row in kept] == [(1, "")]


def test_a_comment_that_is_too_long_comes_back_with_its_text(
    centre: HelpdeskRun, browser: Browser
) -> None:
    before = len(ratings(centre))
    page = rate(browser, "forgot-email", "no", comment="x" * 1001)
    assert page.status == 422
    assert "at most 1000 characters" in page.text
    assert "x" * 1001 in page.text
    assert len(ratings(centre)) == before
    assert rate(browser, "forgot-email", "no", comment="é" * 1000).status == 200


@pytest.mark.parametrize("useful", ["", "maybe", "yes\x00"])
def test_a_rating_that_is_neither_yes_nor_no_is_refused(
    browser: Browser, useful: str
) -> None:
    page = rate(browser, "forgot-email", useful)
    assert page.status == 400
    assert page.title == "That did not work"


def test_a_rating_from_another_site_is_refused(
    centre: HelpdeskRun, browser: Browser
) -> None:
    before = len(ratings(centre))
    browser.open("/articles/forgot-email")
    stolen = Browser(centre.base_url).open("/articles/forgot-email").form(1)[1]
    for token in ("", "0" * 64, stolen["form_token"]):
        fields = {"useful": "yes", "form_token": token}
        url = f"{centre.base_url}/articles/forgot-email/rating"
        answer = browser.session.post(url, data=fields, timeout=10)
        assert answer.status_code == 403
        assert "This is not possible" in answer.text
    assert len(ratings(centre)) == before


def test_an_unknown_article_cannot_be_rated(browser: Browser) -> None:
    page = browser.open("/articles/forgot-email")
    form = page.form(1)[1] | {"useful": "yes"}
    url = f"{browser.base_url}/articles/nothing/rating"
    assert browser.session.post(url, data=form, timeout=10).status_code == 404


def test_with_the_record_down_pages_are_read_and_a_rating_says_sorry(
    tmp_path: Path,
) -> None:
    with run_helpdesk(tmp_path) as run:
        run.sql("DROP TABLE article_ratings")
        browser = Browser(run.base_url)
        for path in PAGES:
            assert browser.open(path).status == 200
        page = rate(browser, "no-account", "no", comment="my own words")
        assert page.status == 503
        assert "Sorry, your answer could not be saved" in page.text
        assert "my own words" in page.text
        assert "my own words" not in run.process.log


NOW = datetime(2026, 3, 3, 9, 12, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(f"sqlite:///{tmp_path / 'helpdesk.db'}")
    database.migrate()
    yield database
    database.close()


def kept_in(database: Database) -> list[tuple[Any, ...]]:
    with database.engine.connect() as connection:
        query = "SELECT article, is_useful, comment FROM article_ratings"
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def test_two_tabs_at_once_leave_one_rating(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        for number in range(24):
            pool.submit(
                rate_article, database, NOW, "a", "visitor", is_useful=bool(number % 2)
            )
    assert len(kept_in(database)) == 1


def test_a_tab_that_was_faster_is_overruled(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate_article(database, NOW, "a", "visitor", is_useful=False, comment="first")
    change, calls = desk._change, []

    def blind_at_first(*arguments: Any) -> bool:
        calls.append(arguments)
        return change(*arguments) if len(calls) > 1 else False

    monkeypatch.setattr(desk, "_change", blind_at_first)
    rate_article(database, NOW, "a", "visitor", is_useful=True)
    assert kept_in(database) == [("a", 1, "")]
    assert len(calls) == 2


def test_visitors_and_articles_are_kept_apart(database: Database) -> None:
    for article in ("a", "b"):
        for visitor in ("one", "two"):
            rate_article(database, NOW, article, visitor, is_useful=True)
    assert len(kept_in(database)) == 4


def test_a_comment_is_tidied_before_it_is_measured() -> None:
    assert tidy_comment(" a\r\nb\x00\x1b[31m ") == "a\nb[31m"
    assert len(tidy_comment("\r\n" * 900 + "x" * 1000)) == 1000
    with pytest.raises(CommentTooLongError):
        tidy_comment("x" * 1001)
