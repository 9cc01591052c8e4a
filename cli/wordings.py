"""Whether two answers are the same although a response may be worded in several ways.

Ours says a response's wordings in order, stock Rasa draws one by lot. A comparison of the
two has to take any wording of one response for the same answer, and nothing else.
"""

from collections.abc import Iterable
from pathlib import Path

from foundation.names import Names, read_names
from foundation.yaml_text import read_yaml


class Wordings:
    """Knows which texts are wordings of the same response.

    Args:
        domain: The content of domain.yml.
        names: What the placeholders in it stand for.
    """

    def __init__(self, domain: dict[str, object], names: Names) -> None:
        responses = domain.get("responses")
        assert isinstance(responses, dict)
        self._first: dict[str, str] = {}
        self._by_name: dict[str, str] = {}
        for name, wordings in responses.items():
            texts = [names.fill(each["text"]) for each in wordings if "text" in each]
            for text in texts:
                self._first.setdefault(text.strip(), texts[0].strip())
            if texts:
                self._by_name[name] = self._first[texts[0].strip()]

    @classmethod
    def of_project(cls, project: Path) -> "Wordings":
        """Read those of a project."""
        domain = read_yaml((project / "domain.yml").read_text(encoding="utf-8"))
        return cls(domain, read_names(project / "settings.yml"))

    def same(self, texts: Iterable[str]) -> tuple[str, ...]:
        """Return an answer with each text in the first wording of its response."""
        stripped = (text.strip() for text in texts)
        return tuple(self._first.get(text, text) for text in stripped)

    def of(self, response: str) -> str:
        """Return the text that `same` makes of a response, whatever its wording."""
        return self._by_name[response]
