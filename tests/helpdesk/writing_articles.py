"""Writes small knowledge bases for tests."""

from pathlib import Path

from foundation.names import Names
from helpdesk.desk.articles import Articles, read_articles
from tests.accounts.service import ROOT

NAMES = Names(
    product="Doorly",
    web_site="Doorly web site",
    support_team="Doorly team",
    support_email="help@doorly.example",
    site_admin="house manager",
    others={"hotline": "555 0100"},
)
DOMAIN = ROOT / "domain.yml"
FIELDS = {
    "title": "How to open a door",
    "category": "Doors",
    "questions": "[how do i open a door, the door is shut]",
    "answer": "Turn the **handle** of {product}.",
    "offers": "[resend_invite]",
    "related": "[]",
}


def write_article(
    folder: Path, slug: str = "open-door", body: str = "Turn it.", **fields: str
) -> Path:
    """Write an article whose fields are good unless the test says otherwise."""
    values = {"id": slug.replace("-", "_"), **FIELDS, **fields}
    front = "".join(f"{name}: {value}\n" for name, value in values.items() if value)
    path = folder / f"{slug}.md"
    path.write_text(f"---\n{front}---\n{body}\n", encoding="utf-8")
    return path


def read(folder: Path) -> Articles:
    """Read the articles of a folder with the names of these tests."""
    return read_articles(folder, DOMAIN, NAMES)
