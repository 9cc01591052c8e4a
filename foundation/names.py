"""The names that pages and mails use, read from the product's settings file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from foundation.environment import SettingsError
from foundation.settings_file import read_settings_file

PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Names:
    """What the product, its site and its people are called."""

    product: str
    web_site: str
    support_team: str
    support_email: str
    site_admin: str
    # More names that articles may use; the product itself asks for none of them.
    others: Mapping[str, str] = field(default_factory=dict)

    def as_mapping(self) -> dict[str, str]:
        """Return every name by the word that stands for it."""
        own = {name: str(getattr(self, name)) for name in WANTED}
        return {**self.others, **own}

    def fill(self, text: str) -> str:
        """Replace `{product}` and the like; leave other braces alone."""
        names = self.as_mapping()
        return PLACEHOLDER.sub(lambda m: names.get(m.group(1), m.group()), text)


WANTED = tuple(each.name for each in fields(Names) if each.name != "others")


def read_names(path: Path) -> Names:
    """Read the `names:` section of settings.yml.

    Raises:
        SettingsError: The file or one of the names is missing.
    """
    names = read_settings_file(path).get("names")
    if not isinstance(names, dict):
        raise SettingsError(f"{path} has no section 'names'.")
    missing = [name for name in WANTED if not isinstance(names.get(name), str)]
    if missing:
        raise SettingsError(f"{path}: names lacks {', '.join(missing)}.")
    others = {
        str(name): text
        for name, text in names.items()
        if name not in WANTED and isinstance(text, str)
    }
    return Names(**{name: names[name] for name in WANTED}, others=others)
