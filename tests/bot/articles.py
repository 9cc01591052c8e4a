"""Knowledge-base articles for tests."""

from __future__ import annotations

from pathlib import Path

NAMES = {"product": "Castle", "web_site": "Castle web site"}

GOOD = """\
---
id: lost_key
title: I lost my key
category: Keys
questions:
{questions}
answer: |
  Ask {{product}} for **another** key.
offers: [talk_to_human]
related: []
---
# What to do

Go to the {{web_site}}.
"""


def questions(count: int = 12, about: str = "key") -> str:
    """Return the lines of so many questions."""
    return "\n".join(f"  - I lost my {about}, case {n}" for n in range(count))


def good_article(count: int = 12, about: str = "key") -> str:
    """Return a well-formed article; its questions begin at line 6."""
    return GOOD.format(questions=questions(count, about))


def write(folder: Path, text: str | bytes, name: str = "lost-key.md") -> Path:
    """Write an article and return its path."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def other_article(slug: str, about: str) -> str:
    """Return a second well-formed article."""
    text = good_article(about=about)
    return text.replace("id: lost_key", f"id: {slug.replace('-', '_')}")
