"""A small browser for the account pages: keeps cookies, fills in forms, reads text."""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests


class _Reader(HTMLParser):
    """Collects the forms and the visible text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []
        self.actions: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append({})
            self.actions.append(values.get("action", ""))
        if tag == "input" and self.forms:
            self.forms[-1][values["name"]] = values.get("value", "")

    def handle_data(self, data: str) -> None:
        self.words.append(data)


class Page:
    """What came back."""

    def __init__(self, answer: requests.Response) -> None:
        self.answer = answer
        self.status = answer.status_code
        self.url = answer.url
        self._reader = _Reader()
        self._reader.feed(answer.text)

    @property
    def text(self) -> str:
        """The page's words, with single spaces."""
        return " ".join(" ".join(self._reader.words).split())

    @property
    def title(self) -> str:
        """The heading."""
        found = re.search(r"<h1>(.*?)</h1>", self.answer.text, re.DOTALL)
        assert found, self.answer.text
        return " ".join(found.group(1).split())

    def form(self, number: int = 0) -> tuple[str, dict[str, str]]:
        """Return where a form goes and what it holds already."""
        return self._reader.actions[number], dict(self._reader.forms[number])


class Browser:
    """One person's browser."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.session = requests.Session()
        self.session.trust_env = False

    def open(self, link: str) -> Page:
        """Open a page."""
        return Page(self.session.get(urljoin(self.base_url, link), timeout=10))

    def submit(self, page: Page, form: int = 0, **fields: str) -> Page:
        """Fill in a form of a page and submit it."""
        action, values = page.form(form)
        target = urljoin(page.url, action)
        return Page(self.session.post(target, data=values | fields, timeout=10))

    def fill(self, link: str, **fields: str) -> Page:
        """Open a page and submit its form."""
        return self.submit(self.open(link), **fields)

    def log_in(self, email: str, password: str) -> Page:
        """Log in."""
        return self.fill("/login", email=email, password=password)
