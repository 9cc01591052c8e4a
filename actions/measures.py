"""What the action server counts and measures, for Prometheus. No personal data in labels."""

from prometheus_client import Counter, Histogram

from foundation.measures import SECONDS, BackendCalls, LoopLag, new_registry

# Of the process: Rasa's SDK makes the actions itself and hands nothing in.
REGISTRY = new_registry()
LOOP_LAG = LoopLag(REGISTRY)
BACKEND_CALLS = BackendCalls(REGISTRY)
ACTION_SECONDS = Histogram(
    "latchkey_action_seconds",
    "How long an action took",
    ["action"],
    buckets=SECONDS,
    registry=REGISTRY,
)
ACTION_FAILURES = Counter(
    "latchkey_action_failures",
    "Actions that failed by our own mistake",
    ["action"],
    registry=REGISTRY,
)
