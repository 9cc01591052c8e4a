"""A digest of the code that understands messages, as part of its configuration.

Rasa reuses what a component produced earlier when data and configuration are the same. It
looks at the component's class but not at the modules that do the work, so a change there
would silently train with yesterday's results.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

MODULES = (
    "intent_classifier",
    "intent_model",
    "message_text",
    "minilm",
    "sentence_encoder",
    "sentence_featurizer",
)


@lru_cache(maxsize=1)
def understanding_code() -> str:
    """Return the digest; it changes with any of `MODULES`."""
    folder = Path(__file__).parent
    digest = hashlib.sha256()
    for name in MODULES:
        digest.update((folder / f"{name}.py").read_bytes())
    return digest.hexdigest()[:16]
