"""Figures as `bench capacity` would have them, small enough to reckon with."""

from typing import Any

STEPS = [1.0 + n / 50 for n in range(51)]
CPU_MS = {"helpdesk": 10.0, "rasa": 12.0, "actions": 2.0, "accounts": 1.0, "load": 1.0}
SERVERS = {"postgresql": 5.0, "valkey": 0.5}


def level(cpu_ms: dict[str, float], **more: float) -> dict[str, Any]:
    return {
        **{"messages_per_s": 40.0, "p50_ms": 40.0, "p95_ms": 60.0},
        **{"cores_of_others": 0.0, "cpu_ms": cpu_ms},
        **more,
    }


def installation(cpu_ms: dict[str, float], event: dict[str, float] | None) -> Any:
    return {
        "turn_at_rasa": {"quantiles_ms": STEPS},
        "commit": {"mean_ms": 1.0, "quantiles_ms": STEPS},
        "levels": {str(n): level(cpu_ms) for n in (1, 16, 64)},
        "turns_of_a_conversation": 4.0,
        "commits_for_a_message": 5.0,
        "kb_for_a_conversation": {"record": 10.0, "tracker": 20.0},
        "visit": {"cpu_ms": {"helpdesk": 4.0, "load": 1.0}},
        "event": event,
    }


def figures(heard_ms: float = 0.1) -> dict[str, Any]:
    """Return figures of both installations."""
    event = {"for_a_message": 5.0, "bytes": 500.0, "heard_ms": heard_ms}
    return {
        "cores": 2,
        "alone": installation(CPU_MS, None),
        "shared": installation(CPU_MS | SERVERS, event),
        "sockets": {"kb_per_socket": 40.0},
    }
