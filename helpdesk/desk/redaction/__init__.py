"""Takes secrets out of what a contact types, before anything keeps it.

`redact` is called once for every message, first thing: the store, Rasa's tracker and the
logs see only what it returns. It never touches e-mail addresses, which the assistant
needs. What it catches and misses is in `docs/decisions/0008-redaction.md`.
"""

from helpdesk.desk.redaction.kinds import PLACEHOLDERS, Kind, Secret
from helpdesk.desk.redaction.scan import Redacted, find_secrets, redact

__all__ = ["PLACEHOLDERS", "Kind", "Redacted", "Secret", "find_secrets", "redact"]
