"""The product's settings file, of which each part reads its own section."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from foundation.environment import SettingsError


def read_settings_file(path: Path) -> Mapping[str, Any]:
    """Return the sections of settings.yml; none if it holds something else.

    Raises:
        SettingsError: The file cannot be read.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"LATCHKEY_SETTINGS: cannot read {path}.") from error
    return content if isinstance(content, dict) else {}
