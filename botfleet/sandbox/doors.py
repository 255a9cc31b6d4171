"""What every door of the sandbox needs: forms, bearer tokens, plain answers.

Forms are read here rather than by a multipart parser: Tradier's are always url-encoded.
"""

import hmac
from asyncio import get_running_loop
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from botfleet.sandbox.exchange import Exchange
from botfleet.sandbox.grants import Client, Grants
from botfleet.sandbox.market_desk import MarketDesk
from botfleet.sandbox.matching import PLAIN, Realism
from botfleet.sandbox.mischief import Mischief
from botfleet.sandbox.wire import dump

_BODY_MAX = 262_144
_CLERKS = 2
T = TypeVar("T")
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class House:
    """How the sandbox is run. `realism` is explained in `matching`.

    Quotes are written anew every `grain_s` of market time; a trading door answers `latency_s` real
    seconds late.
    """

    market_token: str = field(repr=False)
    admin_secret: str = field(repr=False)
    clients: tuple[Client, ...]
    realism: Realism = PLAIN
    grain_s: float = 1.0
    latency_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Desks:
    """The rooms behind the doors."""

    house: House
    exchange: Exchange
    grants: Grants
    market: MarketDesk
    mischief: Mischief
    #: Who works at the book: it is one, so more hands would only wait for each other.
    clerks: Executor = field(default_factory=lambda: ThreadPoolExecutor(_CLERKS))

    async def have(self, do: Callable[..., T], *given: object) -> T:
        """Have a clerk do something, and wait for it."""
        return await get_running_loop().run_in_executor(self.clerks, do, *given)

    async def account(self, request: Request, shape: str = "tradier") -> str:
        """Give the account a request may act for: the one in its path, by its bearer token."""
        token = bearer(request)
        number = self.grants.remembered(token, shape)
        if number is None:
            number = await self.have(self.grants.account_of, token, shape)
        if number is None:
            raise HTTPException(401, "Invalid Access Token")
        if request.path_params.get("account", number) != number:
            raise HTTPException(403, "Unauthorized Account")
        return number

    async def reader(self, request: Request) -> None:
        """Let a request read market data: the fleet's token, or any account's."""
        token = bearer(request)
        if not same(token, self.house.market_token):
            await self.account(request)

    async def admin(self, request: Request) -> None:
        """Let only the admin in."""
        if not same(request.headers.get("x-sandbox-admin", ""), self.house.admin_secret):
            raise HTTPException(403, "The admin secret is missing or wrong.")

    async def sweep(self) -> None:
        """Bring the book up to the market's clock."""
        if self.exchange.is_due:
            await self.have(self.exchange.sweep)


def bearer(request: Request) -> str:
    """Read the bearer token."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def same(given: str, secret: str) -> bool:
    """Compare secrets in constant time; an empty secret matches nothing."""
    return bool(secret) and hmac.compare_digest(given.encode(), secret.encode())


async def body_of(request: Request) -> bytes:
    """Read a body, of bounded length."""
    parts, length = [], 0
    async for part in request.stream():
        length += len(part)
        if length > _BODY_MAX:
            raise HTTPException(413, "The body is too long.")
        parts.append(part)
    return b"".join(parts)


async def form_of(request: Request) -> dict[str, str]:
    """Read a url-encoded form; the last of a repeated field wins."""
    text = (await body_of(request)).decode("utf-8", "replace")
    return dict(parse_qsl(text, keep_blank_values=True))


def answer(body: Any, status: int = 200) -> Response:
    """Answer with JSON; bytes are taken as written."""
    return Response(body if isinstance(body, bytes) else dump(body), status, media_type=JSON)
