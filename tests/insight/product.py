"""The whole product, watched: its logs are JSON and its traces are collected."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.full_stack import FullStack, run_full_stack
from tests.helpdesk.chat_client import ChatClient, Frame
from tests.insight.collector import Collector


@contextmanager
def run_watched_product(folder: Path, collector: Collector) -> Iterator[FullStack]:
    """Run it, with settings as an operator would give them to every part."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATCHKEY_LOG_FORMAT", "json")
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.server.url)
        patch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
        with run_full_stack(folder) as running:
            yield running


def button_of(message: Frame, title: str) -> str:
    """Return the id of a button under a message."""
    buttons = {button["title"]: button["id"] for button in message["buttons"]}
    return str(buttons[title])


def ask_for_invitation(product: FullStack, email: str) -> None:
    """Have a new contact ask for an invitation, and wait until it is on its way."""
    with ChatClient.of_new_contact(product.site) as chat:
        question = chat.ask(f"resend my invite, it's {email}")
        chat.press(button_of(question, "Yes, send it"))
        assert "on its way" in chat.hear()["text"]
