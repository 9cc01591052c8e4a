"""The real action server's app, in a thread, on a free port."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any

import requests
from rasa_sdk.endpoint import create_app
from rasa_sdk.executor import ActionExecutor

START_S = 15


class ActionServer:
    """Answers action calls over HTTP as `python -m actions` does."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> ActionServer:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(START_S)
        return self

    def __exit__(self, *_: Any) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_S)

    def post(self, call: dict[str, Any]) -> requests.Response:
        """Send an action call and return the bare response."""
        return requests.post(f"{self.url}/webhook", json=call, timeout=30)

    def run(self, call: dict[str, Any]) -> dict[str, Any]:
        """Send an action call and return its result; it must have ended well."""
        response = self.post(call)
        assert response.status_code == 200, response.text
        result: dict[str, Any] = response.json()
        return result

    async def _serve(self) -> None:
        executor = ActionExecutor()
        executor.register_package("actions")
        app = create_app(executor, cors_origins=[])
        server = await app.create_server(
            sock=self._listener, return_asyncio_server=True, access_log=False
        )
        assert server is not None
        await server.startup()
