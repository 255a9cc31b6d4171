"""Connections to brokers: leave for the broker's own login, come back connected (S41).

The browser that comes back carries no bearer token. It carries a cookie, sealed when its user left,
that names the user to this one path; who comes back without it is nobody's.
"""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Cookie, Request, Response

from botfleet.adapters.brokers.brokers import LOGIN_LIVES
from botfleet.adapters.postgres.database import act_as
from botfleet.api.bodies import JSON, Body, Strict, fit, kind_of, parse_json
from botfleet.api.callers import (
    KEY_HEADER,
    Caller,
    Changing,
    Token,
    Wired,
    takes,
    unauthorized,
    user_of,
)
from botfleet.api.doors import doors
from botfleet.api.pages import page, wants_page
from botfleet.application.connect import CONSENT_LIFE
from botfleet.application.disconnect import disconnect
from botfleet.application.ports.journal import AccountLine
from botfleet.application.ports.tokens import Connection
from botfleet.bootstrap import BROKER, Wiring
from botfleet.domain.bots.logins import left
from botfleet.domain.ids import AccountId, UserId
from botfleet.errors import InvariantBroken, NotFound, Refusal

router = doors("/v1/connections", "connections")

COOKIE = "botfleet_consent"
_BINDING = "cookie/consent"


class Wish(Strict):
    """Which broker to connect."""

    broker: str = BROKER


_DEPART = takes(Wish)


@dataclass(frozen=True, slots=True)
class Account:
    """A connected broker account, its number but for the end hidden.

    No money moves in one that `is_paper`.
    Within `login_left_s` real seconds its owner must connect it again; null where logins last.
    """

    account_id: AccountId
    broker: str
    number_end: str
    is_alive: bool
    is_paper: bool
    login_left_s: int | None


@dataclass(frozen=True, slots=True)
class AccountList:
    """A user's broker accounts, and the brokers one may connect at: on paper, all or none."""

    items: list[Account]
    brokers: list[str]
    is_paper: bool


@dataclass(frozen=True, slots=True)
class Departure:
    """Where the user's browser is to go."""

    authorize_url: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """The account that was granted."""

    account: Account


@router.get("")
def list_accounts(caller: Caller, wiring: Wired) -> AccountList:
    """List your broker accounts."""
    mine = wiring.journal.accounts(caller.user_id)
    shown = [_shown(one, wiring) for one in mine]
    return AccountList(shown, list(wiring.registrations), wiring.is_paper)


@router.post("", openapi_extra=_DEPART)
def depart(
    request: Request, response: Response, body: Body, change: Changing, wiring: Wired
) -> Departure:
    """Begin to connect a broker account: send the browser to the URL given."""
    kind_of(request, *JSON)
    url = wiring.connect.depart(change.user.user_id, fit(Wish, parse_json(body)).broker)
    response.set_cookie(
        COOKIE,
        wiring.vault.seal(change.user.user_id.bytes, _BINDING).hex(),
        max_age=int(CONSENT_LIFE.total_seconds()),
        path="/v1/connections/callback",
        secure=wiring.public_url.startswith("https:"),
        httponly=True,
        samesite="lax",
    )
    return Departure(url)


@router.get("/callback/{broker}", response_model=Arrival)
def arrive(
    request: Request,
    broker: str,
    wiring: Wired,
    token: Token,
    cookie: Annotated[str, Cookie(alias=COOKIE)] = "",
) -> Arrival | Response:
    """Come back from a broker's login: the account is connected, or nothing is stored.

    A browser that shows pages is shown one, from which it goes on to the desk by itself: its
    session does not follow the way back from another site.
    """
    caller = user_of(wiring, token)
    user = caller.user_id if caller else _departed(wiring, cookie)
    act_as(user)
    back = f"{wiring.callback_url}/{broker}?{request.url.query}"
    if not wants_page(request):
        return _arrival(wiring, wiring.connect.arrive(user, back))
    try:
        wiring.connect.arrive(user, back)
    except Refusal as why:
        return page(request, "arrived.html", 422, refusal=str(why))
    return page(request, "arrived.html", refusal="")


def _arrival(wiring: Wiring, connection: Connection) -> Arrival:
    mine = wiring.journal.accounts(connection.user)
    return Arrival(
        next(_shown(one, wiring) for one in mine if one.account_id == connection.account)
    )


@router.delete("/{account}", status_code=204, openapi_extra=KEY_HEADER)
def leave(account: UUID, change: Changing, wiring: Wired) -> None:
    """Disconnect a broker account: its tokens are gone, its bots open and close nothing."""
    mine = wiring.journal.accounts(change.user.user_id)
    if account not in {one.account_id for one in mine}:
        raise NotFound("There is no such account.")
    disconnect(AccountId(account), tokens=wiring.tokens, restraint=wiring.restrain)


def _shown(line: AccountLine, wiring: Wiring) -> Account:
    rest = left(LOGIN_LIVES.get(line.broker), line.consented_s) if line.is_alive else None
    seconds = None if rest is None else int(rest.total_seconds())
    known = (line.account_id, line.broker, line.number_end, line.is_alive)
    return Account(*known, wiring.is_paper, seconds)


def _departed(wiring: Wiring, cookie: str) -> UserId:
    """Give who left with this cookie."""
    try:
        return UserId(UUID(bytes=wiring.vault.open(bytes.fromhex(cookie), _BINDING)))
    except (ValueError, InvariantBroken):
        raise unauthorized() from None
