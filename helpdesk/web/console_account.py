"""The agent's own account: who they are, their password, where they are signed in."""

from uuid import UUID

from sanic import Blueprint, HTTPResponse, Request

from foundation.forms import typed
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.errors import NotFoundError
from helpdesk.desk.own_account import OwnAccountError
from helpdesk.services import services_of
from helpdesk.web.agents import SIGN_IN, console_page, forget_token
from helpdesk.web.console_door import UNPROCESSABLE, keep_entry, whence_of
from helpdesk.web.forms import own_form
from helpdesk.web.rendering import go_to, render_private
from helpdesk.web.routes import readable

console_account = Blueprint("console_account", url_prefix="/console/account")

HERE = "/console/account"
DONE = {"password", "session", "codes_removed"}  # what the address may say was done


@readable(console_account, "/")
@console_page
async def show_account(request: Request, agent: SignedInAgent) -> HTTPResponse:
    """Show everything."""
    done = request.args.get("done")
    return await show(request, agent, done=done if done in DONE else None)


@console_account.post("/password")
@console_page
@own_form
async def submit_password(request: Request, agent: SignedInAgent) -> HTTPResponse:
    """Change the password."""
    services = services_of(request)
    try:
        entry = await services.own_accounts.change_password(
            agent,
            typed(request, "current"),
            typed(request, "password"),
            typed(request, "password_again"),
            whence_of(request),
        )
    except OwnAccountError as error:
        return await show(request, agent, problem=("password", error.reason))
    services.console_news.note_sign_out(agent.id)
    answer = go_to(request, f"{HERE}?done=password")
    keep_entry(request, answer, entry)
    return answer


@console_account.post("/sessions/end")
@console_page
@own_form
async def submit_end(request: Request, agent: SignedInAgent) -> HTTPResponse:
    """Sign one browser out."""
    try:
        session_id = UUID(typed(request, "session"))
    except ValueError as error:
        raise NotFoundError("There is no such session.") from error
    services = services_of(request)
    await services.own_accounts.end_session(agent, session_id)
    services.console_news.note_sign_out(agent.id)
    return go_to(request, f"{HERE}?done=session")


@console_account.post("/sessions/end-all")
@console_page
@own_form
async def submit_end_all(request: Request, agent: SignedInAgent) -> HTTPResponse:
    """Sign every browser out, this one too."""
    services = services_of(request)
    await services.own_accounts.end_all_sessions(agent)
    services.console_news.note_sign_out(agent.id)
    answer = go_to(request, SIGN_IN)
    forget_token(answer)
    return answer


async def show(
    request: Request,
    agent: SignedInAgent,
    *,
    problem: tuple[str, str] | None = None,
    done: str | None = None,
) -> HTTPResponse:
    """Return the page.

    Args:
        request: The request.
        agent: Whose account it is.
        problem: The form that did not do, and why.
        done: What has just been done.
    """
    form, reason = problem or (None, None)
    return render_private(
        request,
        "console/account.html",
        UNPROCESSABLE if problem else 200,
        agent=agent,
        account=await services_of(request).own_accounts.look(agent),
        form=form,
        reason=reason,
        done=done,
    )
