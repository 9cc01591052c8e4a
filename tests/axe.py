"""What axe finds on a page, or in a part of it: nothing, or a rule is broken."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = {
    "resultTypes": ["violations"],
    "runOnly": [
        *("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"),
    ],
    "preload": False,  # no rule of these looks at what would be loaded
}
RUN = "([part, options]) => axe.run(part ?? document, options)"


def violations(page: Page, part: str | None = None) -> list[tuple[str, ...]]:
    """Return what axe finds; it is put into a page once."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate(RUN, [part, RULES])
    return [
        (v["id"], v["nodes"][0]["html"][:300], v["nodes"][0]["failureSummary"])
        for v in found["violations"]
    ]
