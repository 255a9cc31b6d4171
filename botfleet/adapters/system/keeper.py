"""Keeps one process alive: starts it, knows when it is ready, starts it again when it dies.

    waiting ─▶ starting ─▶ ready ─▶ stopping ─▶ stopped
                 ▲  │        │
                 │  ▼        ▼
                 resting ◀───┘      (dead: at once the first time, then later and later)
                    │
                    └──▶ failed     (five deaths in a row without ever being ready)

A process that ran for a while earns its next restart at once; one that dies again and again gets
0.1, 0.2, 0.4 … 30 s. Waiting is for events: the kernel reports a death through a pidfd.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL, Signals
from typing import Literal, Protocol, Self

from botfleet.adapters.system.processes import ProcessSpec, last_words, spawn, spawn_warm
from botfleet.errors import BadInput, Refusal, Transient

State = Literal["waiting", "starting", "ready", "resting", "stopping", "stopped", "done", "failed"]

_DEATHS_MAX = 5
_EARNED_S = 10.0
_REST_S, _REST_S_MAX = 0.1, 30.0
_DOUBLINGS_MAX = 16
_GLANCE_S = 0.02
_KILLED_S_MAX = 5.0


@dataclass(frozen=True, slots=True)
class Grounds:
    """Where the processes of one fleet stand: logs, the announcement socket, the nursery's door."""

    logs: Path
    notify: Path
    nursery: Path


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to a process, in words for a person."""

    name: str
    state: State
    words: str = ""


class Child(Protocol):
    """A child process of ours, however it was born."""

    @property
    def pid(self) -> int:
        """Its number."""

    def poll(self) -> int | None:
        """Its exit code (minus the signal that ended it), or None while it lives."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """A child born in the nursery."""

    pid: int

    def poll(self) -> int | None:
        """Its exit code (minus the signal that ended it), or None while it lives."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if pid else None


class Keeper:
    """One process of a supervisor, over all its lives. Belongs to one event loop."""

    def __init__(
        self, spec: ProcessSpec, grounds: Grounds, tell: Callable[[Happening], None]
    ) -> None:
        self.spec = spec
        self.state: State = "waiting"
        self.pid: int | None = None
        self.restarts = 0
        self.words = ""
        self._grounds = grounds
        self._tell = tell
        self._announced = asyncio.Event()
        self._leaving = asyncio.Event()
        self._up = asyncio.get_running_loop().create_future()
        self._task: asyncio.Task[None] | None = None

    @property
    def log(self) -> Path:
        """Where the process writes."""
        return self._grounds.logs / f"{self.spec.name}.log"

    @property
    def is_kept(self) -> bool:
        """Is the process, dead or alive, still ours to keep up?"""
        return self._task is not None and not self._task.done()

    async def up(self) -> None:
        """Wait until the process is ready for the first time.

        Raises:
            Refusal: it never will be.
        """
        await asyncio.shield(self._up)

    def start(self, after: Sequence[Self] = ()) -> None:
        """Keep the process up from now on, once the others are."""
        if self.is_kept:
            return
        self._leaving.clear()
        if self._up.done():
            self._up = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._keep(after), name=self.spec.name)

    async def stop(self) -> None:
        """End the process in order, or, when it will not, at once."""
        self._leaving.set()
        if self._task is None or self._task.done():
            return
        if self.state == "waiting":
            self._task.cancel()
            self._become("stopped")
        if self.pid is not None:
            self._become("stopping")
            self.signal(self.spec.stop_signal)
            await asyncio.wait([self._task], timeout=self.spec.stop_grace_s)
        if self.pid is not None and not self._task.done():
            self._become("stopping", f"would not stop in {self.spec.stop_grace_s:g} s")
            self.signal(SIGKILL)
        await asyncio.wait([self._task], timeout=_KILLED_S_MAX)

    async def leave(self) -> None:
        """End the process for good; whoever waits for it to be ready is refused."""
        await self.stop()
        self._resolve(Refusal(f"{self.spec.name} was taken away before it was ready."))

    def signal(self, number: Signals) -> None:
        """Signal the process, if there is one."""
        if self.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def hear(self) -> None:
        """The process has announced that it is ready."""
        self._announced.set()

    async def _keep(self, after: Sequence[Self]) -> None:
        self._become("waiting")
        try:
            await asyncio.gather(*(other.up() for other in after))
        except Refusal as refusal:
            self._become("failed", "needs what failed")
            return self._resolve(refusal)
        try:
            return await self._keep_up()
        except BadInput as fault:
            self._become("failed", str(fault))
            return self._resolve(fault)

    async def _keep_up(self) -> None:
        loop = asyncio.get_running_loop()
        deaths = 0
        while not self._leaving.is_set():
            self._become("starting")
            born_at = loop.time()
            was_ready, ending = await self._live()
            if self._leaving.is_set():
                break
            if self.spec.once:
                return self._settle_once(ending)
            deaths = 1 if was_ready and loop.time() - born_at > _EARNED_S else deaths + 1
            if not self._up.done() and deaths >= _DEATHS_MAX:
                return self._fail(f"died {deaths} times in a row at its start ({ending})")
            self.restarts += 1
            await self._rest(deaths, ending)
        return self._become("stopped")

    async def _live(self) -> tuple[bool, str]:
        """One life: was it ever ready, and how did it end?

        Raises:
            BadInput: another try would go no better.
        """
        self._announced.clear()
        try:
            if self.spec.prepare:
                await asyncio.to_thread(self.spec.prepare)
            if self._leaving.is_set():
                return False, "stopped before it was started"
            child = self._born()
        except (OSError, Transient) as error:
            return False, str(error)
        self.pid = child.pid
        ended = asyncio.create_task(_ended(child))
        was_ready = False
        try:
            was_ready = await self._get_ready(ended)
            code = await ended
        finally:
            self.pid = None
        return was_ready, _how_it_ended(code)

    def _born(self) -> Child:
        spec, grounds = self.spec, self._grounds
        if spec.warm and grounds.nursery.exists():
            with suppress(OSError):
                pid = spawn_warm(spec, self.log, notify=grounds.notify, door=grounds.nursery)
                return Adopted(pid)
        return spawn(spec, self.log, notify=grounds.notify)

    async def _get_ready(self, ended: "asyncio.Task[int]") -> bool:
        """Wait until the process is ready, has ended, or has taken too long and is killed."""
        if self.spec.once:
            return False
        proof = asyncio.create_task(self._proof())
        done, _ = await asyncio.wait(
            [proof, ended], timeout=self.spec.start_s_max, return_when=asyncio.FIRST_COMPLETED
        )
        proof.cancel()
        is_silent = not done and self.spec.ready == "announced"
        if proof in done or is_silent:
            self._become("ready", "has not announced itself" if is_silent else "")
            self._resolve(None)
            return True
        if not done:
            self._become("starting", f"was not ready in {self.spec.start_s_max:g} s")
            self.signal(SIGKILL)
        return False

    async def _proof(self) -> None:
        if self.spec.ready == "announced":
            await self._announced.wait()
        elif self.spec.ready is not None:
            while not await asyncio.to_thread(self.spec.ready):  # noqa: ASYNC110  # no event tells
                await asyncio.sleep(_GLANCE_S)

    async def _rest(self, deaths: int, ending: str) -> None:
        pause_s = rest_s(deaths=deaths)
        self._become("resting", f"{ending}; starts again" + (f" in {pause_s:g} s" * bool(pause_s)))
        with suppress(TimeoutError):
            await asyncio.wait_for(self._leaving.wait(), pause_s)

    def _settle_once(self, ending: str) -> None:
        if ending != _WELL:
            return self._fail(ending)
        self._become("done")
        return self._resolve(None)

    def _fail(self, why: str) -> None:
        said = last_words(self.log, lines=1)
        words = why + (f": {said}" if said else "")
        self._become("failed", words)
        self._resolve(Refusal(f"{self.spec.name} {words} (see {self.log})"))

    def _resolve(self, refusal: Refusal | None) -> None:
        if self._up.done():
            return
        if refusal is None:
            self._up.set_result(None)
        else:
            self._up.set_exception(refusal)
            self._up.exception()  # seen: whoever does not wait for it reads the state instead

    def _become(self, state: State, words: str = "") -> None:
        self.state, self.words = state, words
        self._tell(Happening(self.spec.name, state, words))


_WELL = "ended well"


def rest_s(*, deaths: int) -> float:
    """How long a process that has died so many times in a row rests before its next life."""
    if deaths <= 1:
        return 0
    return min(_REST_S * (1 << min(deaths - 2, _DOUBLINGS_MAX)), _REST_S_MAX)


async def _ended(child: Child) -> int:
    """Wait for the end of a child, reap it, and tell its exit code."""
    loop, end = asyncio.get_running_loop(), asyncio.Event()
    descriptor = os.pidfd_open(child.pid)
    loop.add_reader(descriptor, end.set)
    try:
        await end.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
    code = child.poll()
    return 0 if code is None else code


def _how_it_ended(code: int) -> str:
    if code < 0:
        return f"ended by {Signals(-code).name}"
    return f"ended with code {code}" if code else _WELL
