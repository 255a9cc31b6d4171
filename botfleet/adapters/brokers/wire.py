"""One careful HTTP exchange with a broker (RELIABILITY 9).

Connect 3 s, read 10 s, a body of at most 1 MiB, no redirect, no retry, no proxy or netrc from the
environment; plain HTTP only to a neighbour. Tokens travel in headers that nothing here prints, and
the libraries that would print them at DEBUG are held at WARNING.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from requests import exceptions
from requests.adapters import HTTPAdapter
from requests_oauthlib import OAuth2Session

from botfleet.errors import BadInput

BODY_MAX = 1 << 20
#: tastytrade refuses a request without a product and a version.
AGENT = "botfleet/1.0"
_PIECE = 1 << 16
#: What a raw read raises: the base of urllib3's errors, under the name requests knows it by.
_RAW: type[Exception] = exceptions.BaseHTTPError  # type: ignore[attr-defined]
_LOUD = ("requests_oauthlib", "oauthlib", "urllib3", "requests")


_HEADERS = {"Accept": "application/json", "User-Agent": AGENT}
#: Forms are encoded here: the library's way to find out what it was given costs as much as a send.
_FORM_HEADERS = _HEADERS | {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait for a connection, for silence, and for the whole answer."""

    connect_s: float = 3.0
    read_s: float = 10.0


class SilenceError(Exception):
    """No whole answer came; the request may have been carried out."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def hush() -> None:
    """Keep the libraries that log tokens and form bodies at DEBUG from doing so."""
    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)


hush()


def check_url(url: str) -> str:
    """Let through HTTPS, and HTTP to this machine or to a name without a dot.

    Such a name is never public: it is a neighbour on a container network, as the sandbox is.

    Raises:
        BadInput: anything else; tokens would travel in the clear.
    """
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and _is_near(parts.hostname or "")):
        return url.rstrip("/")
    raise BadInput(f"{parts.scheme}://{parts.hostname} is neither HTTPS nor a neighbour.")


def _is_near(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host != "" and "." not in host


class BearerSession(OAuth2Session):  # type: ignore[misc]  # requests-oauthlib ships no types
    """An OAuth session that also speaks plain HTTP, to a neighbour only."""

    def __init__(self, access: str) -> None:
        super().__init__(token={"access_token": access, "token_type": "Bearer"})
        self.trust_env = False

    def __repr__(self) -> str:
        return "BearerSession(…)"

    def request(self, method: str, url: str, **given: Any) -> requests.Response:
        """Send with the token; over HTTPS as the library does."""
        if urlsplit(url).scheme == "https":
            answer: requests.Response = super().request(method, url, **given)
            return answer
        check_url(url)
        headers = dict(given.pop("headers", None) or {})
        headers["Authorization"] = f"Bearer {self.token['access_token']}"
        return requests.Session.request(self, method, url, headers=headers, **given)


def plain_session() -> requests.Session:
    """Give a session without a token."""
    session = requests.Session()
    session.trust_env = False
    return session


def pool(size: int) -> HTTPAdapter:
    """Give connections to share among sessions and threads; nothing is ever sent twice."""
    return HTTPAdapter(pool_connections=8, pool_maxsize=size, max_retries=0)


def exchange(  # noqa: PLR0913  one call's whole description
    session: requests.Session,
    method: str,
    url: str,
    timeouts: Timeouts,
    *,
    form: Mapping[str, str] | None = None,
    json: object = None,
    basic: tuple[str, str] | None = None,
    body_max: int = BODY_MAX,
) -> Reply:
    """Send once and read the whole answer.

    Raises:
        SilenceError: no connection, no answer in time, or an answer too long or cut short.
    """
    try:
        response = session.request(
            method,
            url,
            data=None if form is None else urlencode(form),
            json=json,
            auth=basic,
            headers=_HEADERS if form is None else _FORM_HEADERS,
            timeout=(timeouts.connect_s, timeouts.read_s),
            allow_redirects=False,
            stream=True,
        )
        with response:
            body = _read(response, timeouts.read_s, body_max)
    except (requests.RequestException, _RAW, OSError, ValueError) as error:
        # The name alone: a library's words may quote the request.
        raise SilenceError(type(error).__name__) from None
    kind = response.headers.get("content-type", "")
    return Reply(response.status_code, kind, body, response.headers)


def _read(response: requests.Response, deadline_s: float, body_max: int) -> bytes:
    """Read a bounded body by a deadline: a slow drip is silence too."""
    ends = time.monotonic() + deadline_s
    parts: list[bytes] = []
    room = body_max
    while room >= 0 and time.monotonic() <= ends:
        part = response.raw.read1(_PIECE, decode_content=True)
        if not part:
            return b"".join(parts)
        parts.append(part)
        room -= len(part)
    raise SilenceError("too long")
