"""Reads knowledge-base articles and refuses malformed ones with a useful message.

Owns the file format of `kb/<slug>.md`: YAML front matter between two `---` lines, then
the article in Markdown. Knows nothing of Rasa.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import yaml

from bot.settings import PLACEHOLDER

FENCE = "---"
MINIMUM_QUESTIONS = 12
OFFERS = ("resend_invite", "reset_password", "talk_to_human")
FIELDS = ("id", "title", "category", "questions", "answer", "offers", "related")
TEXT_FIELDS = ("id", "title", "category", "answer")


class ArticleError(ValueError):
    """An article cannot be used. Says which file, which line, and what to do."""

    def __init__(self, path: Path, line: int, problem: str, remedy: str) -> None:
        super().__init__(f"{path}:{line}: {problem} {remedy}")
        self.path = path
        self.line = line


@dataclass(frozen=True)
class Article:
    """One answer: how people ask for it, what chat says, what the page says."""

    id: str
    title: str
    category: str
    questions: Tuple[str, ...]
    answer: str
    offers: Tuple[str, ...]
    related: Tuple[str, ...]
    body: str
    path: Path


class _Reader:
    """Checks one file, remembering where each field stands."""

    def __init__(self, path: Path, names: Dict[str, str]) -> None:
        self.path = path
        self.names = names
        self.lines: Dict[str, int] = {}
        self.values: Dict[str, Any] = {}

    def fail(self, line: int, problem: str, remedy: str) -> ArticleError:
        return ArticleError(self.path, line, problem, remedy)

    def read(self) -> Article:
        front, body = self._split()
        self._parse(front)
        self._check_fields()
        self._check_questions()
        self._check_answer()
        for line, text in self._texts(body):
            self._check_placeholders(line, text)
        values = self.values
        return Article(
            **{name: values[name].strip() for name in TEXT_FIELDS},
            questions=tuple(q.strip() for q in values["questions"]),
            offers=tuple(values.get("offers") or ()),
            related=tuple(values.get("related") or ()),
            body=body.strip(),
            path=self.path,
        )

    def _split(self) -> Tuple[str, str]:
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError as error:
            raise self.fail(1, "is not UTF-8 text.", "Save it as UTF-8.") from error
        if not lines or lines[0].strip() != FENCE:
            raise self.fail(
                1, "has no front matter.", f"Begin it with a line `{FENCE}`."
            )
        for number, line in enumerate(lines[1:], 2):
            if line.strip() == FENCE:
                self.lines["body"] = number + 1
                return "\n".join(lines[1 : number - 1]), "\n".join(lines[number:])
        remedy = f"Put a line `{FENCE}` between it and the article."
        raise self.fail(len(lines), "has front matter without an end.", remedy)

    def _parse(self, front: str) -> None:
        try:
            node = yaml.compose(front, Loader=yaml.SafeLoader)
            values = yaml.safe_load(front)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            line = mark.line + 2 if mark else 1
            remedy = "Quote texts that contain `: ` or begin with a special character."
            raise self.fail(line, f"is not YAML: {error.problem}.", remedy) from error
        if not isinstance(node, yaml.MappingNode):
            raise self.fail(
                2, "has empty front matter.", f"It needs {', '.join(FIELDS)}."
            )
        for key, value in node.value:
            self.lines[str(key.value)] = key.start_mark.line + 2
            if isinstance(value, yaml.SequenceNode):
                for index, item in enumerate(value.value):
                    self.lines[f"{key.value}.{index}"] = item.start_mark.line + 2
        self.values = values

    def _check_fields(self) -> None:
        for name in self.values:
            if name not in FIELDS:
                remedy = f"Use only {', '.join(FIELDS)}."
                raise self.fail(
                    self.lines[name], f"has an unknown field `{name}`.", remedy
                )
        for name in FIELDS[:5]:
            if not self.values.get(name):
                line = self.lines.get(name, 2)
                raise self.fail(line, f"has no `{name}`.", f"Add a line `{name}: …`.")
        for name in TEXT_FIELDS:
            if not isinstance(self.values[name], str):
                line = self.lines[name]
                raise self.fail(line, f"`{name}` is not a text.", "Put it in quotes.")
        slug = self.path.stem.replace("-", "_")
        if self.values["id"] != slug:
            remedy = f"Write `id: {slug}` or rename the file."
            raise self.fail(self.lines["id"], "has an id unlike its file name.", remedy)
        for name in ("questions", "offers", "related"):
            if not isinstance(self.values.get(name) or [], list):
                remedy = "Write one item a line, each beginning with `- `."
                raise self.fail(self.lines[name], f"`{name}` is not a list.", remedy)
        for index, offer in enumerate(self.values.get("offers") or []):
            if offer not in OFFERS:
                line = self.lines[f"offers.{index}"]
                remedy = f"Choose among {', '.join(OFFERS)}."
                raise self.fail(line, f"offers the unknown action `{offer}`.", remedy)

    def _check_questions(self) -> None:
        questions = self.values["questions"]
        seen: Dict[str, int] = {}
        for index, question in enumerate(questions):
            line = self.lines[f"questions.{index}"]
            if not isinstance(question, str) or not question.strip():
                raise self.fail(line, "has a question that is no text.", "Quote it.")
            key = question.strip().lower()
            if key in seen:
                problem = f"asks the same as line {seen[key]}."
                raise self.fail(line, problem, "Remove one of the two.")
            seen[key] = line
        if len(questions) < MINIMUM_QUESTIONS:
            problem = f"has {len(questions)} questions."
            remedy = f"Add varied real phrasings until there are {MINIMUM_QUESTIONS}."
            raise self.fail(self.lines["questions"], problem, remedy)

    def _check_answer(self) -> None:
        if "\n\n" in self.values["answer"].strip():
            remedy = "Chat shows one message: remove the empty line."
            line = self.lines["answer"]
            raise self.fail(line, "has an empty line in its `answer`.", remedy)

    def _texts(self, body: str) -> List[Tuple[int, str]]:
        texts = [(self.lines[name], self.values[name]) for name in TEXT_FIELDS]
        for index, question in enumerate(self.values["questions"]):
            texts.append((self.lines[f"questions.{index}"], question))
        start = self.lines["body"]
        return texts + list(enumerate(body.splitlines(), start))

    def _check_placeholders(self, line: int, text: str) -> None:
        for match in PLACEHOLDER.finditer(text):
            if match.group(1) not in self.names:
                remedy = f"settings.yml knows {', '.join(sorted(self.names))}."
                raise self.fail(line, f"uses the unknown name {match.group()}.", remedy)


def read_articles(folder: Path, names: Dict[str, str]) -> List[Article]:
    """Read and check every article of a folder.

    Args:
        folder: where the `*.md` files are.
        names: the names that placeholders may use, see `bot.settings.read_names`.

    Raises:
        ArticleError: the first problem found, with file, line and remedy.
    """
    articles = [_Reader(path, names).read() for path in sorted(folder.glob("*.md"))]
    if not articles:
        remedy = "Write at least one article; CONTRIBUTING.md shows how."
        raise ArticleError(folder, 0, "holds no articles.", remedy)
    known = {article.id for article in articles}
    asked: Dict[str, Article] = {}
    for article in articles:
        unknown = _first_unknown(article.related, known)
        if unknown:
            problem = f"names the unknown article `{unknown}` as related."
            remedy = f"There are {', '.join(sorted(known))}."
            raise ArticleError(
                article.path, _line(article.path, unknown), problem, remedy
            )
        for question in article.questions:
            other = asked.setdefault(question.lower(), article)
            if other is not article:
                line = _line(article.path, question)
                problem = f"asks “{question}”, as {other.path.name} does."
                remedy = "Keep it in the article that answers it."
                raise ArticleError(article.path, line, problem, remedy)
    return articles


def _first_unknown(names: Tuple[str, ...], known: "set[str]") -> Optional[str]:
    return next((name for name in names if name not in known), None)


def _line(path: Path, text: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((n for n, line in enumerate(lines, 1) if text in line), 1)
