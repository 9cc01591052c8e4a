"""Starts the help desk with two addresses that fail: what a mistake of ours looks like."""

import sys

from sanic import HTTPResponse, Request

from foundation.logs import log_to_stderr
from helpdesk.__main__ import serve_help_desk
from helpdesk.app import create_app
from helpdesk.settings import HelpdeskSettings


async def fail(_request: Request) -> HTTPResponse:
    raise RuntimeError("It fails on purpose.")


def main() -> int:
    log_to_stderr()
    settings = HelpdeskSettings.from_environment()
    app = create_app(settings)
    app.add_route(fail, "/broken", name="broken")
    app.add_route(fail, "/api/v1/broken", name="broken_api")
    return serve_help_desk(app, settings)


if __name__ == "__main__":
    sys.exit(main())
