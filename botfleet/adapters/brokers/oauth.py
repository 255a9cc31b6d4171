"""OAuth 2.0 at a broker: authorization code with PKCE S256 and state, and refresh.

The callback is checked before its code is used, and the grant before it is believed: state,
redirect address, token type, lifetime and scope must be what was asked for. Nothing is stored here.
Source: RFC 6749, RFC 7636, RFC 9700; documentation.tradier.com/brokerage-api/oauth.
"""

import hashlib
import hmac
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from botfleet.adapters.brokers.wire import (
    BearerSession,
    Reply,
    SilenceError,
    Timeouts,
    check_url,
    exchange,
    plain_session,
)
from botfleet.application.ports.authorizations import Departure
from botfleet.application.ports.clock import Clock
from botfleet.application.ports.tokens import Tokens
from botfleet.errors import BadInput, BrokerUnavailable

_LIFE_S_MAX = 400 * 86_400
_DIGITS_MAX = 12
_BAD_REQUEST, _UNAUTHORIZED, _OK = 400, 401, 200


@dataclass(frozen=True, slots=True)
class Registration:
    """This platform as a client of one broker; `base_url` ends before `/v1`."""

    broker: str
    base_url: str
    client_id: str
    redirect_uri: str
    client_secret: str = field(repr=False)
    scopes: tuple[str, ...] = ("read", "trade")

    def __post_init__(self) -> None:
        check_url(self.base_url)

    @property
    def api(self) -> str:
        """The root of the broker's API."""
        return self.base_url.rstrip("/") + "/v1"


class CodeFlow:
    """Keeps `botfleet.application.ports.authorizations.Authorization` for a Tradier-shaped API."""

    def __init__(
        self, registration: Registration, clock: Clock, timeouts: Timeouts | None = None
    ) -> None:
        self._us, self._clock = registration, clock
        self._timeouts = timeouts or Timeouts()

    def depart(self) -> Departure:
        """See the port."""
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        digest = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "client_id": self._us.client_id,
            "response_type": "code",
            "redirect_uri": self._us.redirect_uri,
            "scope": " ".join(self._us.scopes),
            "state": state,
            "code_challenge": urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return Departure(f"{self._us.api}/oauth/authorize?{urlencode(asked)}", state, verifier)

    def arrive(self, callback_url: str, *, state: str, verifier: str) -> Tokens:
        """See the port."""
        code = self._code(callback_url, state)
        return self._granted(
            "accesstoken",
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self._us.redirect_uri,
                "code_verifier": verifier,
            },
        )

    def _code(self, callback_url: str, state: str) -> str:
        ours, theirs = urlsplit(self._us.redirect_uri), urlsplit(callback_url)
        if (theirs.scheme, theirs.netloc, theirs.path) != (ours.scheme, ours.netloc, ours.path):
            raise BadInput("The broker's answer came to another address than ours.")
        given = parse_qs(theirs.query)
        states, codes, errors = (given.get(name, []) for name in ("state", "code", "error"))
        if len(states) != 1 or not hmac.compare_digest(states[0].encode(), state.encode()):
            raise BadInput("This answer belongs to no login that is under way here.")
        if errors:
            denied = errors[0] == "access_denied"
            raise BadInput("You denied access." if denied else "The broker refused the login.")
        if len(codes) != 1 or not codes[0]:
            raise BadInput("The broker's answer carries no code.")
        return codes[0]

    def refresh(self, tokens: Tokens) -> Tokens:
        """See the port. A broker that does not rotate leaves the refresh token as it was."""
        if tokens.refresh is None:
            raise BadInput("The broker gave no refresh token.")
        form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh}
        return self._granted("refreshtoken", form, refresh=tokens.refresh)

    def _granted(self, path: str, form: Mapping[str, str], refresh: str | None = None) -> Tokens:
        basic = (self._us.client_id, self._us.client_secret)
        url = f"{self._us.api}/oauth/{path}"
        with plain_session() as session:
            reply = _send(
                lambda: exchange(session, "POST", url, self._timeouts, form=form, basic=basic)
            )
        if reply.status in (_BAD_REQUEST, _UNAUTHORIZED):
            raise BadInput("The broker does not honour this authorization.")
        if reply.status != _OK:
            raise BrokerUnavailable(f"The broker's login answered {reply.status}.")
        return self._tokens(_object(reply), refresh)

    def _tokens(self, grant: Mapping[str, Any], refresh: str | None) -> Tokens:
        if str(grant.get("token_type", "bearer")).lower() != "bearer":
            raise BadInput("The broker granted a kind of token that is not used here.")
        access, renewed = grant.get("access_token"), grant.get("refresh_token")
        if not isinstance(access, str) or not access:
            raise BrokerUnavailable("The broker's grant holds no token.")
        scope = grant.get("scope")
        if scope is not None and set(str(scope).split()) != set(self._us.scopes):
            raise BadInput("The broker granted other rights than were asked for.")
        expires_at = self._clock.now() + timedelta(seconds=_life_s(grant.get("expires_in")))
        kept = renewed if isinstance(renewed, str) and renewed else refresh
        return Tokens(access, kept, expires_at, str(scope or ""))

    def account_numbers(self, tokens: Tokens) -> tuple[str, ...]:
        """See the port. The profile's personal details are not looked at (S45)."""
        url = f"{self._us.api}/user/profile"
        with BearerSession(tokens.access) as session:
            reply = _send(lambda: exchange(session, "GET", url, self._timeouts))
        if reply.status != _OK:
            raise BrokerUnavailable(f"The broker's profile answered {reply.status}.")
        try:
            accounts = _object(reply)["profile"]["account"]
            rows = accounts if isinstance(accounts, list) else [accounts]
            return tuple(str(row["account_number"]) for row in rows)
        except (KeyError, TypeError):
            raise BrokerUnavailable("The broker's profile names no account.") from None


def _send(call: Any) -> Reply:
    try:
        reply: Reply = call()
    except SilenceError as error:
        raise BrokerUnavailable(f"The broker's login did not answer ({error}).") from None
    return reply


def _object(reply: Reply) -> dict[str, Any]:
    try:
        found = json.loads(reply.body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BrokerUnavailable("The broker's login answered something else than JSON.")
    return found


def _life_s(given: object) -> int:
    """Read a token's lifetime: whole seconds, as a number or its digits, at most 400 days."""
    text = str(given)
    is_number = isinstance(given, int | str) and not isinstance(given, bool)
    if not (is_number and text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX):
        raise BadInput("The broker granted a token without a sensible lifetime.")
    if not 0 < int(text) <= _LIFE_S_MAX:
        raise BadInput("The broker granted a token without a sensible lifetime.")
    return int(text)
