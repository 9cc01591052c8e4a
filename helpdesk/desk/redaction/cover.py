"""Covers what is settled with private characters, one for each character covered."""

from collections.abc import Iterable

SECRET = "\ue000"  # found, or a placeholder that was there before  # noqa: S105
ADDRESS = "\ue001"  # an e-mail address: never a secret, and a hint at its neighbour
LINK = "\ue002"  # a link, whose secret parts have been found
COVERS = SECRET + ADDRESS + LINK


def covered(text: str, spans: Iterable[tuple[int, int]], cover: str) -> str:
    """Return the text with the spans, ordered or not, covered."""
    parts = []
    position = 0
    for start, end in sorted(spans):
        if end > position:
            start = max(start, position)
            parts += [text[position:start], cover * (end - start)]
            position = end
    return "".join(parts) + text[position:] if parts else text
