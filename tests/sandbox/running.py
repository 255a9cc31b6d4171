"""The sandbox over real HTTP on loopback, in a thread; started and stopped by events."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Condition, Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from botfleet.adapters.brokers.brokers import DIALECTS, WireBrokers
from botfleet.adapters.brokers.dialect import Dialect
from botfleet.adapters.brokers.lines import Lines
from botfleet.adapters.brokers.oauth import CodeFlow, Registration
from botfleet.adapters.brokers.sheets import Hosts
from botfleet.adapters.brokers.wire import Timeouts
from botfleet.adapters.memory.tokens import MemoryConsents, MemoryTokens
from botfleet.application.connect import Connect
from botfleet.application.ports.brokers import BrokerAccount
from botfleet.application.ports.tokens import Connection
from botfleet.domain.ids import UserId, derive
from botfleet.sandbox.app import create
from botfleet.sandbox.doors import House
from botfleet.sandbox.grants import Client
from botfleet.sandbox.shapes import SHAPES
from tests.patience import PATIENCE_S
from tests.sandbox.fakes import MovingClock, PaperMarket, Unrestrained

ADMIN, MARKET, SECRET = "admin-secret", "market-token", "client-secret-canary"
BACK = "http://127.0.0.1:9/callback"
PASSWORD = "correct horse"
#: For those who are answered; and for those who are not, who soon hang up.
PATIENT, HASTY = Timeouts(PATIENCE_S, PATIENCE_S), Timeouts(PATIENCE_S, 0.25)
#: How long the sandbox keeps silent, unless its caller hangs up before; and between two drops.
WAITS_S = {"timeout_before": 600.0, "timeout_after": 600.0, "drip": 0.2, "late": 0.2}
HOUSE = House(MARKET, ADMIN, (Client("botfleet", SECRET, (BACK,)),))


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()


@contextmanager
def running(app: ASGIApp) -> Iterator[str]:
    """Serve `app`; gives its base URL."""
    # The protocol is named, for asyncio sets TCP_NODELAY only on sockets that say TCP.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            app, log_level="error", access_log=False, ws="none", timeout_graceful_shutdown=1
        )
        server = _Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert server.is_up.wait(PATIENCE_S)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@dataclass
class Sandbox:
    """A running sandbox and what a test needs to talk to it."""

    url: str
    clock: MovingClock
    market: PaperMarket
    path: Path
    broker: str = "tradier"
    tokens: MemoryTokens = field(default_factory=MemoryTokens)
    #: Every request's method and path, in order.
    heard: list[tuple[str, str]] = field(default_factory=list)
    #: The other end of every connection that was heard on.
    callers: set[tuple[str, int]] = field(default_factory=set)
    #: How many requests were answered; told when another was.
    served: list[int] = field(default_factory=list)
    done: Condition = field(default_factory=Condition)

    def open_count(self) -> int:
        """Count the requests that wait for their answer."""
        return len(self.heard) - len(self.served)

    @contextmanager
    def heard_out(self) -> Iterator[None]:
        """Send one request inside; it is done with at the end, whoever listens still."""
        count = len(self.heard) + 1
        yield
        with self.done:
            assert self.done.wait_for(lambda: len(self.served) >= count, PATIENCE_S)

    def admin(self, method: str, path: str, body: Any = None) -> requests.Response:
        headers = {"X-Sandbox-Admin": ADMIN}
        return requests.request(
            method, f"{self.url}/sandbox/{path}", json=body, headers=headers, timeout=PATIENCE_S
        )

    def misbehave(self, scenario: str, count: int = 1, account: str = "") -> None:
        """Do this wrong so many times, to one account or to whoever comes."""
        delay_s = WAITS_S.get(scenario, 0.0)
        body = {"scenario": scenario, "count": count, "delay_s": delay_s, "account": account}
        assert self.admin("POST", "misbehave", body).status_code == 200

    def open_account(self, username: str = "ada") -> str:
        answer = self.admin("POST", "accounts", {"username": username, "password": PASSWORD})
        assert answer.status_code == 201
        return str(answer.json()["account_number"])

    @property
    def root(self) -> str:
        """Where the sandbox speaks as this broker."""
        shape = next(one for one in SHAPES if one.name == self.broker)
        return self.url + shape.root

    def registration(self) -> Registration:
        return Registration(Hosts(*[self.root] * 3), "botfleet", BACK, SECRET)

    def flow(self) -> CodeFlow:
        return CodeFlow(DIALECTS[self.broker], self.registration(), self.clock, PATIENT)

    def connect(self) -> Connect:
        return Connect(
            {self.broker: self.flow()}, MemoryConsents(), self.tokens, self.clock, Unrestrained()
        )

    def connected(self, username: str = "ada") -> Connection:
        """Connect an account the way a user does, with the browser's part played here."""
        self.open_account(username)
        user, connect = UserId(derive("user", username)), self.connect()
        return connect.arrive(user, log_in(connect.depart(user, self.broker), username))

    def brokers(self, dialect: Dialect | None = None, **given: Any) -> WireBrokers:
        given = {"timeouts": PATIENT} | given
        lines = Lines(
            self.tokens,
            self.clock,
            {self.broker: self.root},
            {self.broker: self.flow()},
            **given,
        )
        return WireBrokers(lines, {self.broker: dialect or DIALECTS[self.broker]})

    def account(self, username: str = "ada", **given: Any) -> BrokerAccount:
        return self.brokers(**given).account(self.connected(username).account)


def allowed(broker: str) -> frozenset[str]:
    """All that may be asked of a broker, as the sandbox hears it: what its sheet lists, its login.

    The login page is looked at and filled in by a person's browser, whose part is played here too.
    """
    sheet = DIALECTS[broker].sheet
    root = next(one.root for one in SHAPES if one.name == broker)
    login = sheet.login
    grants = {f"POST {path}" for path in (login.grant_path, login.renew_path) if path}
    page = {f"{method} {login.login_path}" for method in ("GET", "POST")}
    asked = (one.split(" ", 1) for one in sheet.calls | grants | page)
    return frozenset(f"{method} {root}{path}" for method, path in asked)


def log_in(url: str, username: str, password: str = PASSWORD, decision: str = "allow") -> str:
    """Fill the broker's login page in; gives where the browser is sent, or raises."""
    parts = urlsplit(url)
    page = requests.get(url, timeout=PATIENCE_S, allow_redirects=False)
    page.raise_for_status()
    if page.status_code == 302:
        return page.headers["location"]
    form = {name: values[0] for name, values in parse_qs(parts.query).items()}
    form |= {"username": username, "password": password, "decision": decision}
    at = url.partition("?")[0]
    answer = requests.post(at, data=form, timeout=PATIENCE_S, allow_redirects=False)
    answer.raise_for_status()
    return answer.headers["location"]


@contextmanager
def sandbox(
    path: Path,
    clock: MovingClock | None = None,
    broker: str = "tradier",
    house: House = HOUSE,
) -> Iterator[Sandbox]:
    """Run a sandbox over a paper market with its book at `path`, to be spoken to as `broker`."""
    clock = clock or MovingClock()
    market = PaperMarket(clock)
    running_one = Sandbox("", clock, market, path, broker)
    with running(overheard(create(market, clock, path, house), running_one)) as url:
        running_one.url = url
        yield running_one


def overheard(app: ASGIApp, listener: Sandbox) -> ASGIApp:
    """Note what `app` is asked; what arrived whole it hears whole, whoever has hung up since."""

    async def listening(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        listener.heard.append((scope["method"], scope["path"]))
        listener.callers.add(tuple(scope["client"]))
        heard = [await receive()]

        async def hearing() -> Message:
            return heard.pop() if heard else await receive()

        try:
            await app(scope, hearing, send)
        finally:
            with listener.done:
                listener.served.append(len(listener.heard))
                listener.done.notify_all()

    return listening
