"""The names that people read: product, web site, support team, site admin.

They come from one file, `settings.yml`, so that another company makes the product its
own by changing that file and `kb/`.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Dict

import yaml

PLACEHOLDER = re.compile(r"\{(\w+)\}")


class SettingsError(ValueError):
    """settings.yml is missing or malformed; the message says what to do."""


def read_names() -> Dict[str, str]:
    """Read the names.

    Raises:
        SettingsError: the file is missing, or is not `names:` with a text for each.
    """
    path = Path(os.environ.get("LATCHKEY_SETTINGS", "settings.yml"))
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}).") from error
    except yaml.YAMLError as error:
        raise SettingsError(f"{path}: is not valid YAML: {error}") from error
    names = content.get("names") if isinstance(content, dict) else None
    if not isinstance(names, dict) or not all(
        isinstance(v, str) for v in names.values()
    ):
        raise SettingsError(f"{path}: needs a mapping `names:` of texts.")
    return names


def fill(text: str, names: Dict[str, str]) -> str:
    """Replace `{product}` and the like; leave other braces (Rasa's slots) alone."""
    return PLACEHOLDER.sub(lambda m: names.get(m.group(1), m.group()), text)
