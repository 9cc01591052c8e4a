"""What the assistant understands has a name that agents can read."""

from foundation.names import read_names
from foundation.yaml_text import read_yaml
from helpdesk.desk.articles import read_articles
from helpdesk.desk.topics import FILE, Topics
from helpdesk.desk.word_files import read_word_file
from tests.accounts.service import ROOT

NAMES = read_names(ROOT / "settings.yml")
ARTICLES = read_articles(ROOT / "kb", ROOT / "domain.yml", NAMES)


def test_every_intent_has_a_title_and_no_other_has() -> None:
    domain = read_yaml((ROOT / "domain.yml").read_text("utf-8"))
    intents = {
        intent if isinstance(intent, str) else next(iter(intent))
        for intent in domain["intents"]
    }
    assert read_word_file(FILE).keys() == intents


def test_articles_are_called_by_their_titles() -> None:
    topics = Topics(ARTICLES)
    article = ARTICLES.by_slug["invite-expired"]
    assert topics.title_of(article.slug) == topics.title_of(article.id) == article.title
    assert topics.title_of("greet") == "Says hello"
    assert topics.title_of("from_an_older_model") == "from an older model"
    assert {topic.key for topic in topics} == set(ARTICLES.by_slug)
