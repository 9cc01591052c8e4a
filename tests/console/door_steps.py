"""What agents do at the door and in their account, step by step."""

import html
import re

import pyotp

from tests.console.agent_client import PASSWORD, AgentClient

OFFER = re.compile(r'name="offer" value="([^"]+)"')
SECRET = re.compile(r'class="secret">([A-Z2-7]{32})<')
RECOVERY = re.compile(r"<code>([a-z2-9]{4}(?:-[a-z2-9]{4}){3})</code>")


def read_offer(page: str) -> tuple[str, str]:
    """Return the sealed offer of a page that sets codes up, and the secret."""
    offer, secret = OFFER.search(page), SECRET.search(page)
    assert offer, page
    assert secret, page
    return html.unescape(offer.group(1)), secret.group(1)


def set_codes_up(client: AgentClient) -> tuple[str, list[str]]:
    """Set one-time codes up in the account; return the secret and the recovery codes."""
    here = "/console/account"
    shown = client.submit(f"{here}/codes", page=here, password=PASSWORD)
    offer, secret = read_offer(shown.text)
    accepted = client.submit(
        f"{here}/codes/accept", page=here, offer=offer, code=pyotp.TOTP(secret).now()
    )
    assert accepted.status_code == 200, accepted.text
    return secret, RECOVERY.findall(accepted.text)
