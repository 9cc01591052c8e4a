"""Where things are: the project, the environments, the state, the model."""

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = Path(os.environ.get("LATCHKEY_ENVIRONMENTS", PROJECT / ".latchkey"))
STATE = Path(os.environ.get("LATCHKEY_HOME", PROJECT / ".latchkey" / "state"))
CACHE = Path(os.environ.get("LATCHKEY_CACHE", PROJECT / ".latchkey" / "cache"))
LOGS = STATE / "logs"
MODEL = Path(os.environ.get("LATCHKEY_MODEL", PROJECT / "models" / "latchkey.tar.gz"))
