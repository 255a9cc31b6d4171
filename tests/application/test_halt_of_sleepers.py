"""A halt beside a sender that sleeps: between its last look and its write, or in a TLS handshake.

Real Postgres, HTTP and TLS. Who sleeps after the look is the one who may still be heard after a
halt; its order is waited for, named where the wait ends, and cancelled once its broker shows it.
"""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from math import inf
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from botfleet.adapters.postgres.database import Database
from botfleet.adapters.postgres.orders import PostgresOrderBook
from botfleet.application.ports.orders import Order
from botfleet.application.resolve import resolve
from botfleet.sandbox.book import read_book
from tests.application.house import House
from tests.application.test_halt_on_the_wire import Door, Scene, ticking
from tests.application.test_halt_under_load import in_state
from tests.sandbox.running import sandbox

HERE = "127.0.0.1"


class Sleeper(PostgresOrderBook):
    """Falls asleep with the answer of its last look in its hand."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.sleeps, self.wakes = threading.Event(), threading.Event()

    def may_leave(self, order: Order, looked_s: float = -inf) -> bool:
        may = super().may_leave(order, looked_s)
        self.sleeps.set()
        self.wakes.wait()
        return may


class Handshakes(Door):
    """Lets everybody in at once, over TLS, and shakes no hand until it is told to."""

    def __init__(self, behind: str, certificate: Path) -> None:
        super().__init__(behind)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate)
        self.greeted, self.shakes = threading.Event(), threading.Event()
        self.lets_through.set()
        self.open()

    @property
    def url(self) -> str:
        return super().url.replace("http", "https")

    def _relay(self, caller: socket.socket) -> None:
        with suppress(OSError), caller:
            if caller.recv(1, socket.MSG_PEEK):
                self.greeted.set()
                self.shakes.wait()
                super()._relay(self.tls.wrap_socket(caller, server_side=True))

    def close(self) -> None:
        self.shakes.set()
        super().close()


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a certificate for this machine, and have it trusted."""
    key, file = ec.generate_private_key(ec.SECP256R1()), tmp_path / "broker.pem"
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HERE)])
    now, itself = datetime.now(UTC), x509.IPAddress(ipaddress.ip_address(HERE))
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([itself]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    written = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(written + signed.public_bytes(Encoding.PEM))
    monkeypatch.setattr("certifi.where", lambda: str(file))
    return file


@pytest.fixture
def scene(house: House, tmp_path: Path) -> Iterator[Scene]:
    with sandbox(tmp_path / "book.sqlite") as broker:
        scene = Scene(house, broker)
        scene.door.lets_through.set()
        scene.door.open()
        yield scene
        scene.door.close()


@pytest.fixture
def asleep(scene: Scene) -> Sleeper:
    scene.book = book = Sleeper(scene.house.database)
    return book


def test_a_halt_waits_for_who_sleeps_between_the_last_look_and_the_write(
    scene: Scene, asleep: Sleeper
) -> None:
    thread = scene.sending()
    asleep.sleeps.wait()
    waiting = scene.house.restrain.outwait(scene.halt(), lambda: 0.0)
    assert next(waiting) == [scene.order]
    asleep.wakes.set()
    thread.join()
    assert scene.accepted == 1
    assert list(waiting) == [()]


def test_who_sleeps_there_for_longer_is_named_and_cancelled_once_it_shows(
    scene: Scene, asleep: Sleeper
) -> None:
    thread = scene.sending()
    asleep.sleeps.wait()
    *_, left = scene.house.restrain.outwait(scene.halt(), ticking())
    assert left == [scene.order]
    assert scene.accepted == 0
    asleep.wakes.set()
    thread.join()
    assert scene.accepted == 1
    given = {"book": scene.book, "brokers": scene.accounts, "noter": scene.house.noter}
    while not in_state(scene.house, "cancelled"):
        scene.house.clock.at += timedelta(seconds=1)
        resolve(scene.house.clock.at, **given)  # type: ignore[arg-type]
    assert [one.id for one in read_book(scene.broker.path).orders if one.is_live] == []


@pytest.mark.parametrize("is_halted", [True, False])
def test_who_is_stuck_in_a_handshake_looks_again_before_it_sends(
    house: House, tmp_path: Path, certificate: Path, *, is_halted: bool
) -> None:
    with sandbox(tmp_path / "book.sqlite") as broker:
        scene = Scene(house, broker, partial(Handshakes, certificate=certificate))
        door = scene.door
        assert isinstance(door, Handshakes)
        thread = scene.sending()
        door.greeted.wait()
        if is_halted:
            scene.halt()
        scene.now_s = 1.0  # what the promise allows is over
        door.shakes.set()
        thread.join()
        assert scene.accepted == (not is_halted)
        assert in_state(house, "pending" if is_halted else "working")
        door.close()
