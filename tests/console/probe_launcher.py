"""Starts the help desk with addresses that only ask who is there, and a movable clock.

They stand for the console's API, page and socket, so that the door is tested by itself.
"""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sanic import Blueprint, HTTPResponse, Request, Websocket
from sanic.response import json, text

from foundation.logs import log_to_stderr
from helpdesk.__main__ import serve_help_desk
from helpdesk.app import create_app
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.errors import DeskError
from helpdesk.services import services_of
from helpdesk.settings import HelpdeskSettings
from helpdesk.store.words import Role
from helpdesk.web.agents import (
    agent_of,
    agent_of_socket,
    console_page,
    still_signed_in,
)

PROBE = "/api/console/probe"

socket = Blueprint("probe_socket")


class FileClock:
    """The machine's clock plus the number of seconds that a file holds, if there is one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        shift = float(self._path.read_text()) if self._path.exists() else 0
        return datetime.now(UTC) + timedelta(seconds=shift)


async def look(request: Request) -> HTTPResponse:
    agent = await agent_of(request)
    return json({"id": str(agent.id), "name": agent.name, "role": agent.role})


async def change(request: Request) -> HTTPResponse:
    agent = await agent_of(request, changing=True)
    return json({"id": str(agent.id)})


async def lead(request: Request) -> HTTPResponse:
    await agent_of(request, changing=True, roles=frozenset({Role.LEAD, Role.ADMIN}))
    return json({})


@console_page
async def show(request: Request, agent: SignedInAgent) -> HTTPResponse:
    return text(f"{agent.name} sees {request.args.get('q')}")


@socket.on_request
async def let_in(request: Request) -> None:
    request.ctx.agent = await agent_of_socket(request)


@socket.websocket(f"{PROBE}/socket")
async def converse(request: Request, ws: Websocket) -> None:
    agent = request.ctx.agent
    while await ws.recv():
        try:
            agent = await still_signed_in(services_of(request), agent)
        except DeskError as error:
            await ws.send(error.code)
        else:
            await ws.send(agent.role)


def main() -> int:
    log_to_stderr()
    settings = HelpdeskSettings.from_environment()
    app = create_app(settings, FileClock(Path(os.environ["LATCHKEY_HOME"]) / "shift"))
    app.add_route(look, PROBE, name="look")
    app.add_route(change, PROBE, methods=["POST", "PUT", "DELETE"], name="change")
    app.add_route(lead, f"{PROBE}/lead", methods=["POST"], name="lead")
    app.add_route(show, "/console/probe", name="show")
    app.blueprint(socket)
    return serve_help_desk(app, settings)


if __name__ == "__main__":
    sys.exit(main())
