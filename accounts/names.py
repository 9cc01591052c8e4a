"""The names that pages and mails use, read from the product's settings file."""

from dataclasses import dataclass, fields
from pathlib import Path

import yaml

from accounts.environment import SettingsError


@dataclass(frozen=True)
class Names:
    """What the product, its site and its people are called."""

    product: str
    web_site: str
    support_team: str
    support_email: str
    site_admin: str


def read_names(path: Path) -> Names:
    """Read the `names:` section of settings.yml.

    Raises:
        SettingsError: The file or one of the names is missing.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"LATCHKEY_SETTINGS: cannot read {path}.") from error
    names = content.get("names") if isinstance(content, dict) else None
    if not isinstance(names, dict):
        raise SettingsError(f"{path} has no section 'names'.")
    wanted = [field.name for field in fields(Names)]
    missing = [name for name in wanted if not isinstance(names.get(name), str)]
    if missing:
        raise SettingsError(f"{path}: names lacks {', '.join(missing)}.")
    return Names(**{name: names[name] for name in wanted})
