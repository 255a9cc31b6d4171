"""Sessions of browsers: who has signed in with a token is known by a sealed cookie from then on.

The cookie holds the token, sealed, so that a token taken away ends its sessions too, and so that
any server of the fleet knows it. Scripts cannot read it, and no other site's page makes a browser
send it (`SameSite=Strict`); a change needs an `Idempotency-Key` besides, which no form can send.
"""

from datetime import datetime, timedelta

from fastapi import Response

from botfleet.adapters.system.clock import RealClock
from botfleet.bootstrap import Wiring
from botfleet.errors import InvariantBroken

COOKIE = "botfleet_session"
#: How long a browser stays signed in.
LIFE = timedelta(hours=12)
_BINDING = "cookie/session"


def begin(wiring: Wiring, response: Response, token: str) -> None:
    """Let the browser that is answered be signed in with `token`."""
    ends_at = RealClock().now() + LIFE
    sealed = wiring.vault.seal(f"{ends_at.isoformat()} {token}".encode(), _BINDING)
    response.set_cookie(
        COOKIE,
        sealed.hex(),
        max_age=int(LIFE.total_seconds()),
        secure=wiring.public_url.startswith("https:"),
        httponly=True,
        samesite="strict",
    )


def end(response: Response) -> None:
    """Let the browser forget that it was signed in."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


def token_in(wiring: Wiring, cookie: str) -> str | None:
    """Give the token a cookie holds; None where it is none of ours, or has ended."""
    try:
        ends_at, _, token = (
            wiring.vault.open(bytes.fromhex(cookie), _BINDING).decode().partition(" ")
        )
    except (ValueError, InvariantBroken):
        return None
    return token if RealClock().now() < datetime.fromisoformat(ends_at) else None
