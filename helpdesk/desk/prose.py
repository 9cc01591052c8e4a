"""Markdown as articles use it: turned into safe HTML, or into plain paragraphs."""

from markdown_it import MarkdownIt
from markdown_it.token import Token
from nh3 import Cleaner

MARKDOWN = MarkdownIt("commonmark", {"html": False, "typographer": True})
MARKDOWN.enable(["table", "smartquotes"])
TAGS = {
    *("p", "h2", "h3", "h4", "ul", "ol", "li", "strong", "em", "code", "pre"),
    *("blockquote", "hr", "br", "a", "table", "thead", "tbody", "tr", "th", "td"),
}
CLEANER = Cleaner(
    tags=TAGS,
    attributes={"a": {"href", "title"}, "ol": {"start"}},
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener",
)


def html_of(markdown: str) -> str:
    """Return Markdown as HTML that holds no script, whatever was written."""
    tokens = MARKDOWN.parse(markdown)
    for token in tokens:
        if token.tag == "h1":  # the page's own heading is the title
            token.tag = "h2"
    return CLEANER.clean(MARKDOWN.renderer.render(tokens, MARKDOWN.options, {}))


def plain_blocks(markdown: str) -> list[str]:
    """Return the texts of headings, paragraphs, list items and cells, in order."""
    tokens = MARKDOWN.parse(markdown)
    texts = (_text(token) for token in tokens if token.type in {"inline", "fence"})
    return [text for text in texts if text]


def plain_text(markdown: str) -> str:
    """Return Markdown as one line of text."""
    return " ".join(plain_blocks(markdown))


def _text(token: Token) -> str:
    if not token.children:
        return " ".join(token.content.split())
    parts = (" " if _is_break(child) else child.content for child in token.children)
    return " ".join("".join(parts).split())


def _is_break(token: Token) -> bool:
    return token.type in {"softbreak", "hardbreak"}
