"""Sessions of browsers: who has signed in with a token is known by a cookie from then on.

The cookie holds the key of a session, which lives in Postgres: ended there it is ended, whoever has
a copy of the cookie, at every server of the fleet; so it is where its user's token is another by
now. Scripts cannot read it, and no other site's page makes a browser send it (`SameSite=Strict`); a
change needs an `Idempotency-Key` besides, which no form can send.
"""

from datetime import timedelta

from fastapi import Response

from botfleet.adapters.postgres.database import act_as
from botfleet.adapters.system.clock import RealClock
from botfleet.application.ports.roster import User
from botfleet.bootstrap import Wiring

COOKIE = "botfleet_session"
#: How long a browser stays signed in.
LIFE = timedelta(hours=12)


def begin(wiring: Wiring, response: Response, user: User, token: str) -> None:
    """Let the browser that is answered be signed in with its user's `token`."""
    act_as(user.user_id)
    now = RealClock().now()
    response.set_cookie(
        COOKIE,
        wiring.signins.begin(user.user_id, token, now=now, ends=now + LIFE),
        max_age=int(LIFE.total_seconds()),
        secure=wiring.public_url.startswith("https:"),
        httponly=True,
        samesite="strict",
    )


def end(wiring: Wiring, response: Response, cookie: str) -> None:
    """End a session, here and in the browser that is answered."""
    user = user_in(wiring, cookie)
    if user is not None:
        act_as(user.user_id)
        wiring.signins.end(cookie)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


def user_in(wiring: Wiring, cookie: str) -> User | None:
    """Give whose session a cookie holds; None where it is none of ours, or has ended."""
    return wiring.signins.user_of(cookie, RealClock().now()) if cookie else None
