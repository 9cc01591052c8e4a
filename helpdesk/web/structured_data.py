"""What search engines are told about an article, as schema.org has it."""

from typing import Any

from helpdesk.desk.articles import Article, Category
from helpdesk.desk.prose import plain_text

LONGEST_DESCRIPTION = 160


def describe(article: Article) -> str:
    """Return the beginning of the answer, cut between words."""
    text = plain_text(article.answer)
    if len(text) <= LONGEST_DESCRIPTION:
        return text
    return text[: text.rfind(" ", 0, LONGEST_DESCRIPTION)] + "…"


def structured_data(
    article: Article, category: Category, public_url: str, site: str
) -> dict[str, Any]:
    """Return the article's data: its question with the answer, and where it is."""
    url = public_url + article.path
    answer = {"@type": "Answer", "text": plain_text(article.answer), "url": url}
    trail = [
        (site, f"{public_url}/"),
        (category.name, f"{public_url}/#{category.slug}"),
        (article.title, url),
    ]
    return {
        "@context": "https://schema.org",
        "@graph": [
            {
                "@type": "FAQPage",
                "@id": url,
                "name": article.title,
                "mainEntity": {
                    "@type": "Question",
                    "name": article.title,
                    "acceptedAnswer": answer,
                },
            },
            {
                "@type": "BreadcrumbList",
                "itemListElement": [
                    {"@type": "ListItem", "position": n, "name": name, "item": item}
                    for n, (name, item) in enumerate(trail, 1)
                ],
            },
        ],
    }
