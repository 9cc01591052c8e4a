"""Reading YAML, ten times as quickly where PyYAML was built with libyaml."""

from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(text: str) -> Any:
    """Return what a text says; plain values only.

    Raises:
        yaml.YAMLError: If it is not YAML.
    """
    return yaml.load(text, Loader=_LOADER)  # noqa: S506 - it is a safe one
