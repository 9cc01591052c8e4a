"""The scripted help desk's side of answers by mail."""

from dataclasses import dataclass
from typing import Any

from sanic import HTTPResponse, Request, Sanic
from sanic.response import json as as_json


@dataclass
class MailWish:
    """Where the answer shall go; without `known`, nothing is mailed here."""

    known: dict[str, Any] | None = None

    def add_to(self, app: Sanic[Any, Any]) -> None:
        """Answer what browsers ask and say."""
        path = "/api/v1/conversations/<_name>/mail"
        app.add_route(self._answer, path, methods=["GET", "PUT", "DELETE"])

    async def _answer(self, request: Request, _name: str) -> HTTPResponse:
        nothing = {"email": None, "is_proven": False}
        if request.method == "GET":
            is_possible = self.known is not None
            return as_json({"is_possible": is_possible, **(self.known or nothing)})
        email = request.json["email"] if request.method == "PUT" else None
        if email is not None and "@" not in email:
            return as_json({"code": "bad_address", "message": "No."}, status=400)
        self.known = nothing | {"email": email}
        return as_json(self.known, status=202)
