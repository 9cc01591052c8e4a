"""Topics: what a conversation is about, in words for agents."""

from collections.abc import Iterator
from dataclasses import dataclass

from helpdesk.desk.articles import Articles
from helpdesk.desk.word_files import read_word_file

FILE = "console/topics.yml"


@dataclass(frozen=True)
class Topic:
    """An article, or something that the assistant understands beside the articles."""

    key: str
    title: str


class Topics:
    """Finds the title of an article's address or id, or of an intent.

    Args:
        articles: Those that the assistant answers from.
    """

    def __init__(self, articles: Articles) -> None:
        self._articles = articles
        self._words = read_word_file(FILE)

    def __iter__(self) -> Iterator[Topic]:
        for article in self._articles:
            yield Topic(article.slug, article.title)

    def title_of(self, key: str) -> str:
        """Return a title; what the model knows and we no longer do is its own."""
        article = self._articles.by_slug.get(key) or self._articles.by_id.get(key)
        if article is not None:
            return article.title
        return self._words.get(key) or key.replace("_", " ").replace("-", " ")
