"""The articles of the knowledge base, as `kb/` has them; read once, at the start.

Owns what the help centre needs of an article. The trained assistant reads the same
files; what only training needs, such as the number of questions, is checked there.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from foundation.environment import SettingsError
from foundation.names import PLACEHOLDER, Names
from foundation.yaml_text import read_yaml

FENCE = "---"
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
TEXTS = ("id", "title", "category", "answer")
LISTS = ("questions", "offers", "related")
OFFERS_RESPONSE = "utter_offers"


class ArticleError(SettingsError):
    """An article cannot be used; the sentence names the file."""


@dataclass(frozen=True)
class Offer:
    """An action that an article offers to do for the contact."""

    id: str  # `<article id>.<action>`: what the chat is told
    action: str
    title: str


@dataclass(frozen=True)
class Article:
    """One answer: its short form, its full text, and how people ask for it."""

    slug: str
    id: str
    title: str
    category: str
    questions: tuple[str, ...]
    answer: str
    offers: tuple[Offer, ...]
    related: tuple[str, ...]
    body: str

    @property
    def path(self) -> str:
        """The stable address of its page."""
        return f"/articles/{self.slug}"


@dataclass(frozen=True)
class Category:
    """Articles that belong together."""

    name: str
    slug: str
    articles: tuple[Article, ...]


class Articles:
    """All articles, by address, by id and by category.

    Args:
        articles: What was read.
        actions: Every action that can be offered, in the order to show them.
    """

    def __init__(self, articles: Sequence[Article], actions: Iterable[str]) -> None:
        self._actions = tuple(actions)
        self._articles = tuple(articles)
        self.by_slug = {article.slug: article for article in self._articles}
        self.by_id = {article.id: article for article in self._articles}
        self.categories = _categories(self._articles)

    def __iter__(self) -> Iterator[Article]:
        return iter(self._articles)

    def __len__(self) -> int:
        return len(self._articles)

    def related_to(self, article: Article) -> list[Article]:
        """Return the articles that one names as related, in its order."""
        return [self.by_id[id] for id in article.related]

    def category_of(self, article: Article) -> Category:
        """Return the category that an article is in."""
        found = (each for each in self.categories if each.name == article.category)
        return next(found)

    def offers(self) -> list[Offer]:
        """Return one offer for each action that any article offers, in the chat's order."""
        first: dict[str, Offer] = {}
        for article in self._articles:
            for offer in article.offers:
                first.setdefault(offer.action, offer)
        return [first[action] for action in self._actions if action in first]


def read_articles(folder: Path, domain: Path, names: Names) -> Articles:
    """Read every article of a folder.

    Args:
        folder: Where the `*.md` files are.
        domain: The assistant's domain file; it has the titles of the offers.
        names: What placeholders like `{product}` stand for.

    Raises:
        ArticleError: One of the files cannot be used.
    """
    titles = _read_offer_titles(domain)
    paths = sorted(folder.glob("*.md"))
    if not paths:
        raise ArticleError(f"LATCHKEY_ARTICLES: {folder} holds no articles.")
    read = [_read_article(path, titles, names) for path in paths]
    articles = Articles(read, titles)
    for article in articles:
        for id in article.related:
            if id not in articles.by_id:
                path = folder / f"{article.slug}.md"
                raise ArticleError(f"{path}: there is no related article {id!r}.")
    return articles


def _read_offer_titles(domain: Path) -> dict[str, str]:
    try:
        content = read_yaml(domain.read_text(encoding="utf-8"))
        buttons = content["responses"][OFFERS_RESPONSE][0]["buttons"]
        return {b["payload"].removeprefix("/"): str(b["title"]) for b in buttons}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ArticleError(f"LATCHKEY_DOMAIN: cannot read {domain}.") from error
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        problem = f"has no response {OFFERS_RESPONSE} with buttons"
        raise ArticleError(f"LATCHKEY_DOMAIN: {domain} {problem}.") from error


def _read_article(path: Path, titles: dict[str, str], names: Names) -> Article:
    front, body = _split(path)
    _check_fields(path, front)
    _check_placeholders(path, front, body, names)
    article_id = front["id"]
    for action in front["offers"]:
        if action not in titles:
            known = ", ".join(titles)
            raise ArticleError(
                f"{path}: offers the unknown action {action!r}; there are {known}."
            )
    return Article(
        slug=path.stem,
        id=article_id,
        title=names.fill(front["title"].strip()),
        category=names.fill(front["category"].strip()),
        questions=tuple(names.fill(text.strip()) for text in front["questions"]),
        answer=names.fill(front["answer"].strip()),
        offers=tuple(
            Offer(f"{article_id}.{action}", action, names.fill(titles[action]))
            for action in front["offers"]
        ),
        related=tuple(front["related"]),
        body=names.fill(body.strip()),
    )


def _split(path: Path) -> tuple[dict[str, Any], str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ArticleError(f"{path}: cannot be read as UTF-8 text.") from error
    fences = [n for n, line in enumerate(lines) if line.strip() == FENCE]
    if len(fences) < 2 or fences[0] != 0:
        raise ArticleError(f"{path}: needs front matter between two lines {FENCE!r}.")
    try:
        front = read_yaml("\n".join(lines[1 : fences[1]]))
    except yaml.YAMLError as error:
        raise ArticleError(f"{path}: its front matter is not YAML.") from error
    if not isinstance(front, dict):
        raise ArticleError(f"{path}: its front matter is empty or no mapping.")
    return front, "\n".join(lines[fences[1] + 1 :])


def _check_fields(path: Path, front: dict[str, Any]) -> None:
    if not SLUG.fullmatch(path.stem):
        problem = "its file name must be small letters and digits with single dashes"
        raise ArticleError(f"{path}: {problem}.")
    for name in TEXTS:
        if not isinstance(front.get(name), str) or not front[name].strip():
            raise ArticleError(f"{path}: needs a text for {name!r}.")
    for name in LISTS:
        value = front[name] = front.get(name) or []
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise ArticleError(f"{path}: {name!r} must be a list of texts.")
    expected = path.stem.replace("-", "_")
    if front["id"] != expected:
        raise ArticleError(f"{path}: its id must be {expected!r}, like its file name.")


def _check_placeholders(
    path: Path, front: dict[str, Any], body: str, names: Names
) -> None:
    known = names.as_mapping()
    texts = [*(front[name] for name in TEXTS), *front["questions"], body]
    for text in texts:
        for found in PLACEHOLDER.finditer(text):
            if found.group(1) not in known:
                raise ArticleError(
                    f"{path}: uses the unknown name {found.group()}; "
                    f"the settings have {', '.join(sorted(known))}."
                )


def _categories(articles: Sequence[Article]) -> tuple[Category, ...]:
    names = {article.category for article in articles}
    found = []
    for name in names:
        inside = tuple(each for each in articles if each.category == name)
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "more"
        found.append(Category(name, slug, inside))
    # The largest first; it is what most people come for.
    return tuple(sorted(found, key=lambda each: (-len(each.articles), each.name)))
