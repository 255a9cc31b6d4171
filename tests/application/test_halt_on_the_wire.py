"""A halt while orders are on the wire: stuck in a connection, taken late, answered never (I11).

Real Postgres and HTTP; between the sender and the broker's book stands a door that a test opens.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from botfleet.adapters.postgres.database import execute
from botfleet.adapters.postgres.orders import PostgresOrderBook
from botfleet.adapters.postgres.shapes import write_legs
from botfleet.adapters.system.lanes import ThreadLanes
from botfleet.application.ports.switches import Concerned
from botfleet.application.submit import submit
from botfleet.domain.bots.safeguards import FLEET, Mode, Scope
from botfleet.domain.ids import OrderId
from botfleet.domain.market.instruments import Leg
from botfleet.sandbox.book import read_book
from tests.application.bots import bot, scanner, spread
from tests.application.house import MARK, House
from tests.application.test_halt_under_load import OneAccount, in_state
from tests.sandbox.fakes import option
from tests.sandbox.running import PATIENT, Sandbox, sandbox

_CALLERS = 3


class Door:
    """Stands before a broker: nobody is let in until it opens, no request before it lets through.

    Its queue of one is full, so that the kernel leaves whoever connects waiting.
    """

    def __init__(self, behind: str) -> None:
        host, port = behind.removeprefix("http://").split(":")
        self.behind = host, int(port)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.queue = [self._in_line() for _ in range(_CALLERS)]
        self.is_open, self.lets_through = threading.Event(), threading.Event()
        self.asked = threading.Semaphore(0)
        self.relays: list[threading.Thread] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def _in_line(self) -> socket.socket:
        caller = socket.socket()
        caller.setblocking(False)
        with suppress(BlockingIOError):
            caller.connect(self.listener.getsockname())
        return caller

    def open(self) -> None:
        """Let in whoever waits, from now on."""
        for caller in self.queue:
            caller.close()
        threading.Thread(target=self._let_in, daemon=True).start()

    def _let_in(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self.listener.accept()
                threading.Thread(target=self._relay, args=(caller,), daemon=True).start()

    def _relay(self, caller: socket.socket) -> None:
        with (
            suppress(OSError),
            closing(caller),
            caller,
            socket.create_connection(self.behind) as on,
        ):
            while request := _whole(caller):
                self.asked.release()
                self.lets_through.wait()
                on.sendall(request)
                caller.sendall(_whole(on))

    def close(self) -> None:
        self.lets_through.set()
        for caller in self.queue:
            caller.close()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def _whole(caller: socket.socket) -> bytes:
    """Read one request or answer; nothing where it breaks off."""
    heard = b""
    while b"\r\n\r\n" not in heard:
        if not (more := caller.recv(1 << 16)):
            return b""
        heard += more
    head, _, body = heard.partition(b"\r\n\r\n")
    _, _, length = head.lower().partition(b"content-length:")
    while len(body) < int((length.split() or [b"0"])[0]):
        if not (more := caller.recv(1 << 16)):
            return b""
        body += more
    return head + b"\r\n\r\n" + body


class Scene:
    """One order about to be sent, through the door, by a thread of its own."""

    def __init__(self, house: House, broker: Sandbox, before: Callable[[str], Door] = Door) -> None:
        self.house, self.broker, self.now_s = house, broker, 0.0
        self.order = _written(house)
        connection = broker.connected()
        self.door = before(broker.url)
        broker.url = self.door.url
        account = broker.brokers(timeouts=PATIENT).account(connection.account)
        self.accounts = OneAccount(account)
        self.book = PostgresOrderBook(house.database, lambda: self.now_s)

    def send(self) -> int:
        return submit(
            [self.order],
            book=self.book,
            brokers=self.accounts,  # type: ignore[arg-type]
            noter=self.house.noter,
            clock=self.house.clock,
            lanes=ThreadLanes(1),
        )

    def sending(self) -> threading.Thread:
        thread = threading.Thread(target=self.send)
        thread.start()
        while not in_state(self.house, "sending"):
            pass
        return thread

    def halt(self, mode: Mode = Mode.HALTED, scope: Scope = Scope.FLEET) -> Concerned:
        house = self.house
        (bot_id,) = house.one("SELECT bot_id FROM bots")
        over = {Scope.BOT: bot_id, Scope.USER: house.user, Scope.ACCOUNT: house.account}
        by = {"held_by": "operator", "reason": "a test", "set_by": "me"}
        return house.restrain.impose(scope, over.get(scope, FLEET), mode, **by)  # type: ignore[arg-type]

    @property
    def accepted(self) -> int:
        return sum(row.event == "accepted" for row in read_book(self.broker.path).audit)


def _written(house: House) -> OrderId:
    house.add(bot(scanner(spread())))
    house.run(MARK)
    legs = write_legs((Leg(option(90), 1), Leg(option(95), -1)))
    with house.database.transaction() as connection:
        sql = """UPDATE orders SET legs = %(legs)s::jsonb, rungs = '[["-1.10", 600]]'::jsonb"""
        execute(connection, sql, legs=legs)
    (order,) = house.messages.orders
    return order


@pytest.fixture
def scene(house: House, tmp_path: Path) -> Iterator[Scene]:
    with sandbox(tmp_path / "book.sqlite") as broker, _closing(Scene(house, broker)) as scene:
        yield scene


@contextmanager
def _closing(scene: Scene) -> Iterator[Scene]:
    yield scene
    scene.door.close()


def ticking(after_each: Callable[[], None] = lambda: None) -> Callable[[], float]:
    """Give a clock that goes on by a second whenever it is looked at."""
    seen = iter(range(1_000))

    def real_s() -> float:
        after_each()
        return float(next(seen))

    return real_s


@pytest.mark.parametrize(
    ("mode", "scope"),
    list(zip([Mode.HALTED, Mode.REDUCING] * 2, Scope, strict=True)),
)
def test_who_was_stuck_in_connecting_sends_nothing_after_a_switch(
    scene: Scene, mode: Mode, scope: Scope
) -> None:
    thread = scene.sending()
    concerned = scene.halt(mode, scope)
    assert list(concerned.afloat) == [scene.order]
    scene.now_s = 1.0  # what the promise allows is over
    scene.door.lets_through.set()
    scene.door.open()
    *_, left = scene.house.restrain.outwait(concerned, ticking(thread.join))
    assert left == ()
    assert scene.accepted == 0
    assert scene.send() == 0
    assert in_state(scene.house, "cancelled")


def test_who_was_stuck_in_connecting_sends_when_its_switches_still_let_it(scene: Scene) -> None:
    thread = scene.sending()
    scene.now_s = 100.0
    scene.door.lets_through.set()
    scene.door.open()
    thread.join()
    assert scene.accepted == 1
    assert in_state(scene.house, "working")


def test_who_sleeps_between_each_look_and_leaving_sends_nothing(scene: Scene) -> None:
    scene.door.lets_through.set()
    scene.door.open()
    scene.book = PostgresOrderBook(scene.house.database, ticking())
    assert scene.send() == 1
    assert scene.accepted == 0
    assert in_state(scene.house, "pending")


def test_a_halt_waits_for_an_order_that_its_broker_takes_late(scene: Scene) -> None:
    scene.door.open()
    thread = scene.sending()
    scene.door.asked.acquire()  # the broker has it, and does not look at it yet
    concerned = scene.halt()
    waiting = scene.house.restrain.outwait(concerned, lambda: 0.0)
    assert next(waiting) == [scene.order]
    assert scene.accepted == 0
    scene.door.lets_through.set()
    thread.join()
    assert scene.accepted == 1
    assert list(waiting) == [()]


def test_what_is_never_answered_is_named_when_nothing_can_be_heard_any_more(scene: Scene) -> None:
    scene.door.open()
    thread = scene.sending()
    scene.door.asked.acquire()
    concerned = scene.halt()
    *others, left = scene.house.restrain.outwait(concerned, ticking())
    assert left == [scene.order]
    assert len(others) > 10  # half a second to leave, ten to be answered, one to be written
    scene.door.lets_through.set()
    thread.join()


def test_what_nobody_knows_of_is_named_by_a_halt_until_it_is_found(scene: Scene) -> None:
    scene.book.begin_sending([scene.order], MARK)  # and its sender dies
    concerned = scene.halt()
    *_, left = scene.house.restrain.outwait(concerned, ticking())
    assert left == [scene.order]
    execute_as_ended(scene)
    assert list(scene.house.restrain.outwait(concerned, ticking())) == [()]


def execute_as_ended(scene: Scene) -> None:
    with scene.house.database.transaction() as connection:
        execute(connection, "UPDATE orders SET state = 'cancelled', ended_at = now()")
