"""Why the server closes a socket; see docs/protocol.md."""

RESTARTING = 1012
OVERRUN = 1013  # the browser reads too slowly
BAD_FRAMES = 4400
UNAUTHORIZED = 4401
SILENT = 4408
TOO_FAST = 4429
