"""One careful HTTP exchange with a broker (RELIABILITY 9).

Connect 3 s, read 10 s from the first header to the last byte, a body of at most 1 MiB, no redirect,
no retry, no proxy or netrc from the environment; plain HTTP only to a neighbour. Tokens travel in
headers that nothing here keeps or prints, and the libraries that would print them at DEBUG are held
at WARNING.

What somebody may bar is asked about last of all, between a request's headers and its body: only the
body makes it whole. What the other end has not confirmed 3 s later the kernel sends no more, even
if its process is gone.
"""

import http.client
import io
import json as text
import logging
import socket
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import certifi
import urllib3
from urllib3.exceptions import HTTPError

from botfleet.application.ports.brokers import MayLeave
from botfleet.errors import BadInput

BODY_MAX = 1 << 20
#: tastytrade refuses a request without a product and a version.
AGENT = "botfleet/1.0"
_PIECE = 1 << 16
_LOUD = ("urllib3", "requests")
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "User-Agent": AGENT,
}
_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait for a connection, for silence, and for the whole answer."""

    connect_s: float = 3.0
    read_s: float = 10.0


class SilenceError(Exception):
    """No whole answer came; the request may have been carried out."""


class KeptBackError(Exception):
    """The request was barred before it was whole; nobody can carry it out."""


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


def bearer(access: str) -> str:
    """Write a token as it goes into a header."""
    return f"Bearer {access}"


def basic(name: str, secret: str) -> str:
    """Write a client's name and secret as they go into a header."""
    return f"Basic {b64encode(f'{name}:{secret}'.encode()).decode()}"


class _Timed(io.RawIOBase):
    """What a socket gives, up to a deadline: headers that drip, or never end, are silence too."""

    def __init__(self, raw: io.RawIOBase, wait_s: float) -> None:
        self._raw, self._ends_s = raw, time.monotonic() + wait_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if time.monotonic() > self._ends_s:
            raise TimeoutError
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    """An answer that comes whole, headers too, in the time its socket waits for a sign of it."""

    def __init__(self, sock: socket.socket, *given: Any, **more: Any) -> None:
        super().__init__(sock, *given, **more)
        raw: io.RawIOBase = self.fp.detach()
        self.fp = io.BufferedReader(_Timed(raw, sock.gettimeout() or Timeouts().read_s))


class _Plain(urllib3.connection.HTTPConnection):
    response_class: type[http.client.HTTPResponse] = _Answer


class _Sealed(urllib3.connection.HTTPSConnection):
    response_class: type[http.client.HTTPResponse] = _Answer


class Host:
    """One server, its connections kept for whoever calls it. Thread-safe; nothing is sent twice.

    `url` may have a path, which stands before every other. At most `connections` stay open.

    Raises:
        BadInput: it is neither HTTPS nor a neighbour.
    """

    def __init__(self, url: str, timeouts: Timeouts, *, connections: int = 1) -> None:
        parts = urlsplit(check_url(url))
        trusted = {"ca_certs": certifi.where()} if parts.scheme == "https" else {}
        waits = urllib3.Timeout(connect=timeouts.connect_s, read=timeouts.read_s)
        self._root, self._read_s = parts.path, timeouts.read_s
        self._pool = urllib3.connection_from_url(
            url,
            maxsize=connections,
            timeout=waits,
            retries=False,
            socket_options=_bounded(timeouts.connect_s),
            **trusted,
        )
        self._pool.ConnectionCls = _Sealed if trusted else _Plain

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        authorization: str | None = None,
        form: Mapping[str, str] | None = None,
        json: object = None,
        may_leave: MayLeave | None = None,
    ) -> Reply:
        """Send once, if it still may leave then, and read the whole answer.

        Raises:
            KeptBackError: it may not leave any more.
            SilenceError: no connection, no answer in time, or an answer too long or cut short.
        """
        headers, body = dict(_HEADERS), _written(form, json)
        if authorization is not None:
            headers["Authorization"] = authorization
        if body is not None:
            headers["Content-Type"] = _JSON if form is None else _FORM
            headers["Content-Length"] = str(len(body))
        given = body if may_leave is None else _asked(body or b"", may_leave)
        try:
            with self._pool.urlopen(
                method, self._root + path, given, headers, redirect=False, preload_content=False
            ) as response:
                told = _read(response, self._read_s)
        except (HTTPError, OSError, ValueError) as error:
            # The name alone: a library's words may quote the request.
            raise SilenceError(type(error).__name__) from None
        kind = response.headers.get("content-type", "")
        return Reply(response.status, kind, told, response.headers)


def _bounded(unconfirmed_s: float) -> list[tuple[int, int, int]]:
    """Have the kernel give up in time what is not confirmed: nothing arrives late."""
    return [
        (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
        (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(1000 * unconfirmed_s)),
    ]


def _asked(body: bytes, may_leave: MayLeave) -> Iterator[bytes]:
    """Give the body once its headers are out, if it may leave then."""
    if not may_leave():
        raise KeptBackError
    yield body


def _written(form: Mapping[str, str] | None, json: object) -> bytes | None:
    if form is not None:
        return urlencode(form).encode()
    return None if json is None else text.dumps(json, allow_nan=False).encode()


def _read(response: urllib3.BaseHTTPResponse, deadline_s: float) -> bytes:
    """Read a bounded body by a deadline: a slow drip is silence too."""
    ends, room = time.monotonic() + deadline_s, BODY_MAX
    parts: list[bytes] = []
    while room >= 0 and time.monotonic() <= ends:
        part = response.read1(_PIECE, decode_content=True)
        if not part:
            return b"".join(parts)
        parts.append(part)
        room -= len(part)
    raise SilenceError("too long")
