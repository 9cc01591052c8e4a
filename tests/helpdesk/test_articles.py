"""Reading articles: what a good one becomes, and what is said about a bad one."""

from pathlib import Path

import pytest

from foundation.environment import SettingsError
from foundation.names import read_names
from helpdesk.desk.articles import read_articles
from helpdesk.desk.prose import html_of, plain_blocks, plain_text
from tests.accounts.service import ROOT
from tests.helpdesk.writing_articles import DOMAIN, NAMES, read, write_article


def test_the_shipped_articles_can_all_be_read() -> None:
    names = read_names(ROOT / "settings.yml")
    articles = read_articles(ROOT / "kb", DOMAIN, names)
    assert len(articles) == len(list((ROOT / "kb").glob("*.md")))
    for article in articles:
        text = " ".join([article.title, article.answer, article.body])
        assert "{" not in text
        assert articles.by_slug[article.slug] is articles.by_id[article.id]
        assert len(article.questions) >= 12


def test_the_file_name_is_the_address_and_names_are_filled_in(tmp_path: Path) -> None:
    write_article(
        tmp_path,
        title="Open a {product} door",
        category="Doors of {product}",
        questions='["where is my {product} door"]',
        body="Call {hotline} or the {site_admin}. A { brace } stays.",
    )
    article = read(tmp_path).by_slug["open-door"]
    assert article.path == "/articles/open-door"
    assert article.id == "open_door"
    assert article.title == "Open a Doorly door"
    assert article.category == "Doors of Doorly"
    assert article.questions == ("where is my Doorly door",)
    assert article.answer == "Turn the **handle** of Doorly."
    assert article.body == "Call 555 0100 or the house manager. A { brace } stays."


def test_a_name_of_ones_own_in_the_settings_can_be_used(tmp_path: Path) -> None:
    settings = tmp_path / "settings.yml"
    text = (ROOT / "settings.yml").read_text("utf-8")
    own = text.replace("names:\n", "names:\n  hotline: 555 0199\n  odd: 7\n")
    settings.write_text(own, "utf-8")
    names = read_names(settings)
    assert names.fill("{hotline}, {product}, {odd}") == "555 0199, SALTO KS, {odd}"


def test_offers_carry_the_title_that_the_chat_gives_them(tmp_path: Path) -> None:
    write_article(tmp_path, offers="[resend_invite, talk_to_human]")
    articles = read(tmp_path)
    first, second = articles.by_id["open_door"].offers
    assert (first.id, first.title) == (
        "open_door.resend_invite",
        "Send me a new invitation",
    )
    assert (second.action, second.title) == ("talk_to_human", "Talk to a person")
    assert [offer.action for offer in articles.offers()] == [
        "resend_invite",
        "talk_to_human",
    ]


def test_each_action_is_offered_once_for_all_articles(tmp_path: Path) -> None:
    write_article(tmp_path, "a-door")
    write_article(tmp_path, "b-door")
    assert [offer.id for offer in read(tmp_path).offers()] == ["a_door.resend_invite"]


def test_related_articles_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    write_article(tmp_path, "a-door", related="[c_door, b_door]")
    write_article(tmp_path, "b-door")
    write_article(tmp_path, "c-door")
    articles = read(tmp_path)
    related = articles.related_to(articles.by_id["a_door"])
    assert [article.slug for article in related] == ["c-door", "b-door"]


def test_the_largest_category_comes_first(tmp_path: Path) -> None:
    write_article(tmp_path, "a-door", category="A few & more")
    write_article(tmp_path, "b-door", category="Many")
    write_article(tmp_path, "c-door", category="Many")
    articles = read(tmp_path)
    few, many = "a-few-more", "many"
    assert [each.slug for each in articles.categories] == [many, few]
    assert articles.category_of(articles.by_slug["a-door"]).slug == few


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"title": ""}, "needs a text for 'title'"),
        ({"title": "[a, b]"}, "needs a text for 'title'"),
        ({"answer": '"  "'}, "needs a text for 'answer'"),
        ({"questions": "just one"}, "'questions' must be a list of texts"),
        ({"questions": "[1, 2]"}, "'questions' must be a list of texts"),
        ({"offers": "[fly]"}, "unknown action 'fly'; there are resend_invite"),
        ({"related": "[nothing]"}, "there is no related article 'nothing'"),
        ({"id": "other"}, "its id must be 'open_door'"),
        ({"answer": '"Ask {nobody}."'}, "uses the unknown name {nobody}"),
        ({"body": "Ask {nobody}."}, "uses the unknown name {nobody}"),
        ({"title": "a: b: c"}, "is not YAML"),
        ({"slug": "Open-Door"}, "small letters and digits"),
    ],
)
def test_a_bad_article_is_refused_with_its_file_and_the_reason(
    tmp_path: Path, fields: dict[str, str], problem: str
) -> None:
    path = write_article(tmp_path, **fields)
    with pytest.raises(SettingsError) as caught:
        read(tmp_path)
    assert problem in str(caught.value)
    assert path.name in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "needs front matter"),
        (b"no front matter", "needs front matter"),
        (b"---\nid: a\n", "needs front matter"),
        (b"x\n---\nid: a\n---\n", "needs front matter"),
        (b"---\n---\nbody", "its front matter is empty"),
        (b"---\n- a\n---\n", "its front matter is empty or no mapping"),
        (b"---\n\xff\n---\n", "cannot be read as UTF-8"),
    ],
)
def test_a_file_that_is_no_article_is_refused(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    (tmp_path / "odd.md").write_bytes(content)
    with pytest.raises(SettingsError, match=r"odd\.md") as caught:
        read(tmp_path)
    assert problem in str(caught.value)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="holds no articles"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("responses: {}", "has no response utter_offers"),
        ("responses: {utter_offers: []}", "has no response utter_offers"),
        ("- a", "has no response utter_offers"),
        ("a: [", "cannot read"),
        (None, "cannot read"),
    ],
)
def test_a_domain_without_offers_is_refused(
    tmp_path: Path, content: str | None, problem: str
) -> None:
    write_article(tmp_path)
    domain = tmp_path / "domain.yml"
    if content is not None:
        domain.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=problem):
        read_articles(tmp_path, domain, NAMES)


def test_markdown_becomes_html_without_anything_that_runs() -> None:
    text = (
        "# Big\n\n<script>alert(1)</script> <img src=x onerror=alert(1)>\n\n"
        "[bad](javascript:alert(1)) ![far](https://far.example/x.png)\n\n"
        "[good](https://good.example 'tip') and **bold**\n\n3. three\n\n"
        "| a |\n|---|\n| b |"
    )
    page = html_of(text)
    assert "<script" not in page
    assert "<img" not in page
    assert 'href="javascript' not in page
    assert "<h1" not in page
    assert '<a href="https://good.example" title="tip" rel="noopener">' in page
    assert "<strong>bold</strong>" in page
    assert '<ol start="3">' in page
    assert "<td>b</td>" in page


def test_plain_text_keeps_the_words_and_drops_the_marks() -> None:
    text = "## One\n\ntwo **three**\nfour `five`\n\n- [six](http://x.example)\n\n```\nseven\n```"
    assert plain_blocks(text) == ["One", "two three four five", "six", "seven"]
    assert plain_text("a **b**\n\nc") == "a b c"
    assert plain_blocks("") == []
