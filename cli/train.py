"""`train`: trains the assistant."""

from cli import model, rasa_room


def train() -> None:
    """Train the assistant. The old model stays if the new one fails its conversation tests."""
    rasa_room.ensure_installed()
    model.train()
