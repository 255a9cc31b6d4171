"""OAuth 2.0 at a broker: authorization code with PKCE S256 and state, and refresh.

The callback is checked before its code is used, and the grant before it is believed: state,
redirect address, token type, lifetime and scope must be what was asked for. Nothing is stored here.
How each broker's login differs is in its data sheet. Source: RFC 6749, RFC 7636, RFC 9700.
"""

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

from botfleet.adapters.brokers.dialect import Dialect
from botfleet.adapters.brokers.reading import load, strictly
from botfleet.adapters.brokers.sheets import Hosts
from botfleet.adapters.brokers.wire import (
    Host,
    Reply,
    SilenceError,
    Timeouts,
    basic,
    bearer,
    check_url,
)
from botfleet.application.ports.authorizations import Departure
from botfleet.application.ports.clock import Clock
from botfleet.application.ports.tokens import Tokens
from botfleet.errors import BadInput, BrokerUnavailable

_LIFE_S_MAX = 400 * 86_400
_DIGITS_MAX = 12
_TOKEN = re.compile(r"[!-~]{1,16384}")
#: It becomes a part of paths.
_ACCOUNT = re.compile(r"[A-Za-z0-9_-]{1,100}")
_BAD_REQUEST, _UNAUTHORIZED, _OK = 400, 401, 200


@dataclass(frozen=True, slots=True)
class Registration:
    """This platform as a client of one broker, whose servers are at `hosts`."""

    hosts: Hosts
    client_id: str
    redirect_uri: str
    client_secret: str = field(repr=False)

    def __post_init__(self) -> None:
        for host in (self.hosts.login, self.hosts.token, self.hosts.api):
            check_url(host)


class CodeFlow:
    """Keeps `botfleet.application.ports.authorizations.Authorization` for any broker."""

    def __init__(
        self,
        dialect: Dialect,
        registration: Registration,
        clock: Clock,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._dialect, self._login = dialect, dialect.sheet.login
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
            "scope": " ".join(self._login.scopes),
            "state": state,
            "code_challenge": urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            **self._login.asked_besides,
        }
        url = f"{self._us.hosts.login}{self._login.login_path}?{urlencode(asked)}"
        return Departure(url, state, verifier)

    def arrive(self, callback_url: str, *, state: str, verifier: str) -> Tokens:
        """See the port."""
        code = self._code(callback_url, state)
        return self._granted(
            self._login.grant_path,
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self._us.redirect_uri,
                "code_verifier": verifier,
            },
        )

    def _code(self, callback_url: str, state: str) -> str:
        ours, theirs = urlsplit(self._us.redirect_uri), _split(callback_url)
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
        if tokens.refresh is None or self._login.renew_path is None:
            raise BadInput("The broker gave no refresh token.")
        form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh}
        return self._granted(self._login.renew_path, form, refresh=tokens.refresh)

    def _granted(self, path: str, form: Mapping[str, str], refresh: str | None = None) -> Tokens:
        us, sent = (self._us.client_id, self._us.client_secret), dict[str, Any]()
        if self._login.client_auth == "basic":
            sent["authorization"] = basic(*us)
        else:
            form = {**form, "client_id": us[0], "client_secret": us[1]}
        sent["json" if self._login.sends_json else "form"] = form
        reply = self._send(self._us.hosts.token, "POST", path, **sent)
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
        if not all(map(_is_token, (access, renewed if isinstance(renewed, str) else None))):
            raise BadInput("The broker granted a token that no header can carry.")
        scope = grant.get("scope")
        if scope is not None and set(str(scope).split()) != set(self._login.scopes):
            raise BadInput("The broker granted other rights than were asked for.")
        expires_at = self._clock.now() + self._life(grant.get("expires_in"))
        kept = renewed if isinstance(renewed, str) and renewed else refresh
        return Tokens(access, kept, expires_at, str(scope or ""))

    def _life(self, given: object) -> timedelta:
        """Give a token's lifetime; only what is never refreshed may come without one."""
        if given is None and self._login.renew_path is None:
            return self._login.access_life
        return timedelta(seconds=_life_s(given))

    def account_numbers(self, tokens: Tokens) -> tuple[str, ...]:
        """See the port. Nothing but the numbers is looked at (S45)."""
        ask = self._dialect.accounts()
        token = bearer(tokens.access)
        reply = self._send(self._us.hosts.api, ask.method, ask.path, authorization=token)
        numbers = strictly(lambda: tuple(self._dialect.numbers(reply)))
        if not all(map(_ACCOUNT.fullmatch, numbers)):
            raise BrokerUnavailable(
                "The broker granted an account by what can be no number of one."
            )
        return numbers

    def _send(self, url: str, method: str, path: str, **given: Any) -> Reply:
        """Send on a connection of its own: logins are rare, and what they carry is secret."""
        try:
            with Host(url, self._timeouts) as host:
                return host.send(method, path, **given)
        except SilenceError as error:
            raise BrokerUnavailable(f"The broker's login did not answer ({error}).") from None


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise BadInput("The broker's answer came to something that is no address.") from None


def _is_token(given: str | None) -> bool:
    """Say whether this can travel as a token (RFC 6750: visible characters), or is none."""
    return not given or _TOKEN.fullmatch(given) is not None


def _object(reply: Reply) -> dict[str, Any]:
    found = load(reply.body)
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
