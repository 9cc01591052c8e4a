"""`user` and `team`: who may sign in to the console, and as what."""

import secrets
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from cli.console import err, fail, out, print_json
from cli.record import in_record
from foundation.addresses import AddressError, normalise_address
from foundation.passwords import hash_password, password_problem
from helpdesk.desk import agent_accounts as accounts
from helpdesk.desk.audit import Who
from helpdesk.desk.one_time_codes import reset_codes
from helpdesk.store.models import Agent
from helpdesk.store.words import Role

ACTOR = Who("command line")
WRONG_USE = 2
MADE_BYTES = 15  # 20 letters
PROBLEMS = {
    "password_too_short": "The password is too short: use at least 10 characters.",
    "password_too_long": "The password is too long: use at most 256 characters.",
    "password_is_address": "The password is the address.",
    "password_one_letter": "The password is one character again and again.",
}

Change = Callable[[Session, Agent, datetime], None]
Email = Annotated[str, typer.Argument(help="The agent's e-mail address.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
FromStdin = Annotated[
    bool,
    typer.Option("--password-stdin", help="Read the password from standard input."),
]
TeamName = Annotated[str, typer.Option("--team", help="The name of a team.")]

user = typer.Typer(help="Agents: who may sign in.", no_args_is_help=True)
team = typer.Typer(help="Teams of agents.", no_args_is_help=True)


@user.command("add")
def add_user(
    email: Email,
    name: Annotated[str, typer.Option(help="What contacts see.")],
    role: Annotated[Role, typer.Option(help="What they may do.")],
    team_name: TeamName = "",
    password_stdin: FromStdin = False,
    as_json: AsJson = False,
) -> None:
    """Add an agent. If no password is given, one is made and shown, this once."""
    address = _address(email)
    password = _read_password(address) if password_stdin else _make_password()
    password_hash = hash_password(password)

    def work(session: Session, now: datetime) -> Agent:
        found = accounts.access_team(session, team_name) if team_name else None
        team_id = found.id if found else None
        new = accounts.NewAgent(address, name, role, team_id, password_hash)
        return accounts.add_agent(session, ACTOR, new, now)

    added, shown = in_record(work), None if password_stdin else password
    if as_json:
        line = _line(added, team_name or None)
        print_json(line | ({"password": shown} if shown else {}))
    else:
        _show(address, "is an agent now", shown, as_json)


@user.command("list")
def list_users(as_json: AsJson = False) -> None:
    """List every agent."""

    def work(session: Session, now: datetime) -> list[dict[str, Any]]:
        teams = {each.id: each.name for each in accounts.list_teams(session)}
        return [
            _line(each, teams[each.team_id] if each.team_id else None)
            for each in accounts.list_agents(session)
        ]

    lines = in_record(work)
    if as_json:
        print_json({"users": lines})
        return
    table = Table("Address", "Name", "Role", "Team", "Signs in with")
    for line in lines:
        how = ", ".join(line["signs_in_with"]) if line["is_active"] else "deactivated"
        cells = (line["email"], line["name"], line["role"], line["team"] or "", how)
        table.add_row(*cells)
    out.print(table)


@user.command("password")
def change_password(
    email: Email, password_stdin: FromStdin = False, as_json: AsJson = False
) -> None:
    """Give an agent another password and sign them out everywhere."""
    address = _address(email)
    password = _read_password(address) if password_stdin else _make_password()
    password_hash = hash_password(password)

    def change(session: Session, agent: Agent, now: datetime) -> None:
        accounts.set_password(session, ACTOR, agent, password_hash, now)

    _edit(address, change)
    shown = None if password_stdin else password
    _show(address, "has another password", shown, as_json)


@user.command("rename")
def rename_user(email: Email, name: str, as_json: AsJson = False) -> None:
    """Change what contacts see."""

    def change(session: Session, agent: Agent, now: datetime) -> None:
        accounts.rename_agent(session, ACTOR, agent, name, now)

    _show(_edit(_address(email), change), "has another name", None, as_json)


@user.command("role")
def change_role(email: Email, role: Role, as_json: AsJson = False) -> None:
    """Let an agent do more or less, from their next click on."""

    def change(session: Session, agent: Agent, now: datetime) -> None:
        accounts.change_role(session, ACTOR, agent, role, now)

    _show(_edit(_address(email), change), f"has the role {role} now", None, as_json)


@user.command("team")
def change_team(
    email: Email, team_name: TeamName = "", as_json: AsJson = False
) -> None:
    """Move an agent to another team; without --team, out of any."""

    def change(session: Session, agent: Agent, now: datetime) -> None:
        found = accounts.access_team(session, team_name) if team_name else None
        team_id = found.id if found else None
        accounts.change_team(session, ACTOR, agent, team_id, now)

    where = f"is in the team {team_name} now" if team_name else "is in no team now"
    _show(_edit(_address(email), change), where, None, as_json)


@user.command("deactivate")
def deactivate_user(email: Email, as_json: AsJson = False) -> None:
    """Lock an agent out, at once and everywhere."""

    def change(session: Session, agent: Agent, now: datetime) -> None:
        accounts.deactivate_agent(session, ACTOR, agent, now)

    _show(_edit(_address(email), change), "can no longer sign in", None, as_json)


@user.command("activate")
def activate_user(email: Email, as_json: AsJson = False) -> None:
    """Let a deactivated agent in again."""

    def change(session: Session, agent: Agent, now: datetime) -> None:
        accounts.activate_agent(session, ACTOR, agent, now)

    _show(_edit(_address(email), change), "can sign in again", None, as_json)


@user.command("reset-codes")
def reset_one_time_codes(email: Email, as_json: AsJson = False) -> None:
    """Forget an agent's one-time codes, if both phone and recovery codes are lost."""

    def change(session: Session, agent: Agent, now: datetime) -> None:
        reset_codes(session, ACTOR, agent.id, now)

    said = "signs in without one-time codes now"
    _show(_edit(_address(email), change), said, None, as_json)


@team.command("add")
def add_team(name: str, as_json: AsJson = False) -> None:
    """Add a team."""
    added = in_record(lambda session, now: accounts.add_team(session, ACTOR, name, now))
    if as_json:
        print_json({"id": str(added.id), "name": added.name})
    else:
        err.print(f"[green]✓[/] {added.name} is a team now.")


@team.command("list")
def list_teams(as_json: AsJson = False) -> None:
    """List every team."""
    teams = in_record(lambda session, now: accounts.list_teams(session))
    if as_json:
        print_json({"teams": [{"id": str(t.id), "name": t.name} for t in teams]})
        return
    for each in teams:
        out.print(each.name, markup=False)


def _edit(address: str, change: Change) -> str:
    def work(session: Session, now: datetime) -> None:
        change(session, accounts.access_agent(session, address), now)

    in_record(work)
    return address


def _show(email: str, said: str, password: str | None, as_json: bool) -> None:
    """Say what was done; a password that was made goes to stdout, for a pipe."""
    if as_json:
        print_json({"email": email} | ({"password": password} if password else {}))
        return
    err.print(f"[green]✓[/] {email} {said}.")
    if password:
        err.print("The password, which is not shown again:")
        out.print(password, markup=False, highlight=False)


def _line(agent: Agent, team_name: str | None) -> dict[str, Any]:
    ways = {
        "password": agent.password_hash,
        "one-time codes": agent.totp_secret,
        "single sign-on": agent.oidc_subject,
    }
    return {
        "id": str(agent.id),
        "email": agent.email,
        "name": agent.name,
        "role": agent.role,
        "team": team_name,
        "is_active": agent.is_active,
        "signs_in_with": [name for name, has in ways.items() if has],
    }


def _address(typed: str) -> str:
    try:
        return normalise_address(typed)
    except AddressError:
        fail(f"“{typed}” is not an e-mail address.", WRONG_USE)


def _make_password() -> str:
    return secrets.token_urlsafe(MADE_BYTES)


def _read_password(address: str) -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    problem = password_problem(password, email=address)
    if problem:
        fail(PROBLEMS[problem], WRONG_USE)
    return password
