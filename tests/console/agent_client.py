"""An agent's side of the console, without a browser: signs in through the real pages."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import requests
from argon2 import PasswordHasher
from websockets.sync.client import ClientConnection, connect

from helpdesk.desk.agent_accounts import NewAgent, add_agent
from helpdesk.desk.audit import Who
from helpdesk.store import open_database
from helpdesk.store.models import Agent, Team
from helpdesk.store.rows import add
from helpdesk.store.words import Role
from tests.helpdesk.running import HelpdeskRun

PASSWORD = "a lighthouse with green stairs"
PATIENCE_S = 20
COOKIE = "latchkey_agent"
DEVICES = "latchkey_agent_device"
TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')


@cache
def password_hash() -> str:
    """Return a hash of every test agent's password that is checked quickly."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    return quick.hash(PASSWORD)


@dataclass(frozen=True)
class Person:
    """An agent's account."""

    id: UUID
    email: str
    name: str
    role: Role
    team_id: UUID | None


def add_person(
    database_url: str,
    name: str = "Ana Costa",
    role: Role = Role.AGENT,
    team_id: UUID | None = None,
    **columns: Any,
) -> Person:
    """Put an agent into a record; the address is a new one each time."""
    email = f"{name.split()[0].lower()}-{uuid4().hex[:8]}@example.com"
    columns.setdefault("password_hash", password_hash())
    new = NewAgent(email, name, role, team_id, **columns)
    database = open_database(database_url)
    with database.transaction() as session:
        agent: Agent = add_agent(session, Who("test"), new, datetime.now(UTC))
    database.close()
    return Person(agent.id, agent.email, agent.name, agent.role, agent.team_id)


def add_team(database_url: str, name: str | None = None) -> UUID:
    """Put a team into a record."""
    team = Team(id=uuid4(), name=name or f"Team {uuid4().hex[:8]}")
    database = open_database(database_url)
    with database.transaction() as session:
        add(session, team)
    database.close()
    return team.id


class AgentClient:
    """One browser of one agent.

    Args:
        base_url: Where the help desk listens.
        person: Whose browser it is.
        public_url: What the help desk thinks it is reached by, if not `base_url`.
    """

    def __init__(
        self, base_url: str, person: Person, public_url: str | None = None
    ) -> None:
        self.base_url = base_url
        self.person = person
        self.origin = public_url or base_url
        self.session = requests.Session()
        self.session.trust_env = False

    @classmethod
    def of_new_agent(
        cls,
        run: HelpdeskRun,
        name: str = "Ana Costa",
        role: Role = Role.AGENT,
        team_id: UUID | None = None,
    ) -> Self:
        """Make an agent and sign them in."""
        client = cls(run.base_url, add_person(run.database_url, name, role, team_id))
        answer = client.sign_in()
        assert answer.status_code == 303, answer.text
        return client

    @property
    def id(self) -> str:
        """The agent's id, as it is written in JSON."""
        return str(self.person.id)

    @property
    def token(self) -> str:
        """The token of the session, empty without one."""
        return self.session.cookies.get(COOKIE) or ""

    def sign_in(self, password: str = PASSWORD, **fields: str) -> requests.Response:
        """Fill the sign-in form in; the answer is not followed."""
        fields = {"email": self.person.email, "password": password} | fields
        return self.submit("/console/sign-in", **fields)

    def submit(
        self, path: str, page: str | None = None, **fields: str
    ) -> requests.Response:
        """Send a form of a page; the page is where it goes to, if no other is named."""
        if "form_token" not in fields:
            fields["form_token"] = self.form_token(page or path)
        return self.request("POST", path, data=fields)

    def form_token(self, page: str) -> str:
        """Return the token of the forms of a page."""
        shown = self.get(page)
        found = TOKEN.search(shown.text)
        assert found, shown.text
        return found.group(1)

    def get(self, path: str, **options: Any) -> requests.Response:
        """Ask for something."""
        return self.request("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> requests.Response:
        """Change something through the API."""
        return self.request("POST", path, json=body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> requests.Response:
        """Set something through the API."""
        return self.request("PUT", path, json=body, **options)

    def delete(self, path: str, **options: Any) -> requests.Response:
        """Remove something through the API."""
        return self.request("DELETE", path, **options)

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request as our own page would: with its origin, following nothing."""
        headers = {"Origin": self.origin} if method != "GET" else {}
        headers |= options.pop("headers", {})
        sent = {name: value for name, value in headers.items() if value is not None}
        return self.session.request(
            method,
            f"{self.base_url}{path}",
            headers=sent,
            allow_redirects=False,
            timeout=PATIENCE_S,
            **options,
        )

    def socket(self, path: str = "/api/console/socket") -> ClientConnection:
        """Open the console's socket."""
        place = urlsplit(self.base_url)
        return connect(
            f"ws://{place.netloc}{path}",
            origin=self.origin,  # type: ignore[arg-type]  # a NewType of str
            additional_headers={"Cookie": f"{COOKIE}={self.token}"},
            open_timeout=PATIENCE_S,
        )
