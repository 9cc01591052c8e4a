"""A finding and its words, which stand in words.yml under its id."""

import socket
import ssl
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from foundation.start_checks import Finding, Level
from foundation.yaml_text import read_yaml

WORDS = Path(__file__).with_name("words.yml")


class LeftOutError(Exception):
    """A check does not apply here; the first argument says why, as words.yml names it."""


@cache
def words() -> Mapping[str, Mapping[str, Any]]:
    """Return everything that is said, by its kind."""
    read: Mapping[str, Mapping[str, Any]] = read_yaml(WORDS.read_text("utf-8"))
    return read


def say(kind: str, name: str, **facts: object) -> str:
    """Return a sentence or a part of one."""
    return str(words()[kind][name]).format(**facts)


def found(number: str, **facts: object) -> Finding:
    """Return a finding; the facts are what its words leave open."""
    said = words()["findings"][number]
    return Finding(
        number,
        Level(said["level"]),
        said["message"].format(**facts),
        said["hint"].format(**facts),
    )


def reason_of(error: BaseException) -> str:
    """Return why something could not be asked, in a few words."""
    while error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, ConnectionRefusedError):
        return say("reasons", "refused")
    if isinstance(error, TimeoutError):
        return say("reasons", "timeout")
    if isinstance(error, socket.gaierror):
        return say("reasons", "unresolved")
    if isinstance(error, ssl.SSLCertVerificationError):
        return say("reasons", "tls", detail=error.verify_message)
    detail = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return first_line(str(detail))


def first_line(text: str) -> str:
    """Return what stands before the first line end, without a full stop."""
    return (text.strip().splitlines() or [""])[0].strip().rstrip(".")
