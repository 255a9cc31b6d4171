"""A wire between a real client and a real server, which breaks where a test says.

Nothing is played: what a server took it did, what it did not get it knows nothing of, and the
client sees its connection break. A question is what is said at once; it is known by a mark in it.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from threading import Event, Lock, Thread

from tests.patience import PATIENCE_S

_CHUNK = 1 << 16
_HEAD_ENDS = b"\r\n\r\n"


class Loss(StrEnum):
    """What of a question and its answer is lost."""

    QUESTION = "the question"
    HALF = "the last byte of the question"
    ANSWER = "the answer"
    KEPT = "the question, which arrives when it is delivered"


@dataclass(slots=True)
class _Due:
    loss: Loss
    mark: bytes
    times: int


@dataclass
class Wire:
    """Leads from a port of its own to `behind`."""

    behind: str | tuple[str, int]
    kept: bytes = b""
    #: Says of each answer whether it is lost.
    is_lost: Callable[[], bool] = lambda: False
    lost_count: int = 0
    _due: list[_Due] = field(default_factory=list)
    _open: list[socket.socket] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)
    _has_kept: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open.append(self._listener)
        Thread(target=self._let_in, daemon=True).start()

    @property
    def port(self) -> int:
        """Where clients connect, on 127.0.0.1."""
        return int(self._listener.getsockname()[1])

    def lose(self, loss: Loss, mark: bytes, times: int = 1) -> None:
        """Lose this of the next question that has `mark` in it, or of the next few."""
        self._due.append(_Due(loss, mark, times))

    def until_kept(self) -> None:
        """Wait until all of what is to be kept has come, and its caller has gone."""
        assert self._has_kept.wait(PATIENCE_S)

    def keep(self, question: bytes) -> None:
        """Keep what arrives later."""
        self.kept = question
        self._has_kept.set()

    def deliver(self) -> bytes:
        """Let what was kept arrive; give the answer's beginning, when there is one."""
        with self._onward() as server:
            server.sendall(self.kept)
            return server.recv(_CHUNK)

    def close(self) -> None:
        """Break every connection, and take no more."""
        for one in self._open:
            _end(one)

    def _let_in(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                pair = _Pair(self, caller, self._onward())
                self._open += [pair.caller, pair.server]
                for pump in (pair.ask, pair.answer):
                    Thread(target=pump, daemon=True).start()

    def _onward(self) -> socket.socket:
        if isinstance(self.behind, tuple):
            return socket.create_connection(self.behind)
        server = socket.socket(socket.AF_UNIX)
        server.connect(self.behind)
        return server

    def loss_of(self, question: bytes) -> Loss | None:
        """Say what is lost of this question."""
        with self._lock:
            for one in self._due:
                if one.times and one.mark in question:
                    one.times -= 1
                    self.lost_count += 1
                    return one.loss
            if self.is_lost():
                self.lost_count += 1
                return Loss.ANSWER
        return None


@dataclass
class _Pair:
    """One connection: a caller and the server it was let through to."""

    wire: Wire
    caller: socket.socket
    server: socket.socket
    is_deaf: bool = False

    def ask(self) -> None:
        """Carry questions."""
        with suppress(OSError):
            while question := self.caller.recv(_CHUNK):
                loss = self.wire.loss_of(question)
                if loss is Loss.QUESTION:
                    break
                if loss is Loss.HALF:
                    self._half(question)
                    break
                if loss is Loss.KEPT:
                    self._keep(question)
                    break
                self.is_deaf = self.is_deaf or loss is Loss.ANSWER
                self.server.sendall(question)
        self._break()

    def answer(self) -> None:
        """Carry answers."""
        with suppress(OSError):
            while (answer := self.server.recv(_CHUNK)) and not self.is_deaf:
                self.caller.sendall(answer)
        self._break()

    def _half(self, question: bytes) -> None:
        if question.endswith(_HEAD_ENDS):  # what is asked for stands in the body
            self.server.sendall(question)
            question = self.caller.recv(_CHUNK)
        self.server.sendall(question[:-1])

    def _keep(self, question: bytes) -> None:
        kept = b""
        while question:  # until its caller waits no longer
            kept += question
            question = self.caller.recv(_CHUNK)
        self.wire.keep(kept)

    def _break(self) -> None:
        _end(self.caller)
        _end(self.server)


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


@contextmanager
def leading(behind: str | tuple[str, int]) -> Iterator[Wire]:
    """Give a wire that leads to `behind`: a socket's path, or a host and its port."""
    wire = Wire(behind)
    try:
        yield wire
    finally:
        wire.close()


def postgres_socket(url: str) -> str:
    """Find the socket that Postgres listens on by its URL."""
    place = url.partition("host=")[2].partition("&")[0]
    return str(Path(place) / ".s.PGSQL.5432")


def postgres_url(url: str, wire: Wire) -> str:
    """Lead `url` through a wire."""
    name, database = url.partition("@")[0], url.partition("?")[0].rpartition("/")[2]
    return f"{name}@127.0.0.1:{wire.port}/{database}?sslmode=disable&gssencmode=disable"


def redis_host(url: str) -> tuple[str, int]:
    """Find where Redis listens by its URL."""
    host, port = url.rpartition("@")[2].partition("/")[0].split(":")
    return host, int(port)


def redis_url(url: str, wire: Wire) -> str:
    """Lead `url` through a wire."""
    return f"{url.rpartition(':')[0]}:{wire.port}/{url.rpartition('/')[2]}"
