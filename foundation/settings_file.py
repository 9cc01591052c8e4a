"""The product's settings file, of which each part reads its own section."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from foundation.environment import SettingsError
from foundation.yaml_text import read_yaml


def read_settings_file(path: Path) -> Mapping[str, Any]:
    """Return the sections of settings.yml; none if it holds something else.

    Raises:
        SettingsError: The file cannot be read.
    """
    try:
        content = read_yaml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"LATCHKEY_SETTINGS: cannot read {path}.") from error
    return content if isinstance(content, dict) else {}
