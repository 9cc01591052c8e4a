"""`train`: trains the assistant."""

from cli import model, rasa_room
from cli.running import replace_rasa


def train() -> None:
    """Train the assistant. The old model stays if the new one fails its conversation tests.

    Where Latchkey is up, its Rasa processes take the new model one after the other.
    """
    rasa_room.ensure_installed()
    model.train()
    replace_rasa()
