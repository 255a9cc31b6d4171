"""Keeps a set of processes up, in the order they need one another, and takes orders.

Everything is an event: a death arrives through a pidfd, an announcement through a datagram, an
order as a line of JSON on a socket in a directory that only we may enter:

    {"do": "list"}   {"do": "start" | "stop" | "restart" | "kill", "name": NAME}   {"do": "down"}
    {"do": "add" | "remove", "names": [NAME, …]}    processes that come and go while others run

each answered by one line: `{"done": …}` or `{"refused": "a sentence"}`. The supervisor lives in one
thread with an event loop of its own. Were it killed, the kernel would end every child.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from signal import SIGKILL
from typing import Any

from botfleet.adapters.system import readiness
from botfleet.adapters.system.keeper import Grounds, Happening, Keeper, State
from botfleet.adapters.system.processes import ProcessSpec
from botfleet.errors import NotFound, Refusal


@dataclass(frozen=True, slots=True)
class ProcessState:
    """A process as the supervisor sees it."""

    name: str
    state: State
    pid: int | None
    restarts: int
    words: str
    log: str


class Supervisor:
    """Processes named in the order of need: whatever one is `after` comes earlier.

    `more` gives the process of a name that is added later.
    """

    def __init__(
        self,
        specs: Sequence[ProcessSpec],
        grounds: Grounds,
        tell: Callable[[Happening], None],
        more: Callable[[str], ProcessSpec] | None = None,
    ) -> None:
        self._more = more
        self._grounds = grounds
        self._tell = tell
        self._keepers = {spec.name: Keeper(spec, grounds, tell) for spec in specs}
        self.loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        self._ear = readiness.ear(grounds.notify)
        self.loop.add_reader(self._ear, self._hear)

    def states(self) -> list[ProcessState]:
        """Every process, in the order of need."""
        return [
            ProcessState(name, each.state, each.pid, each.restarts, each.words, str(each.log))
            for name, each in self._keepers.items()
        ]

    async def start_all(self) -> None:
        """Start every process and wait until all are ready.

        Raises:
            Refusal: one of them never will be.
        """
        for keeper in self._keepers.values():
            keeper.start([self._keepers[name] for name in keeper.spec.after])
        await asyncio.gather(*(keeper.up() for keeper in self._keepers.values()))

    async def stop_all(self) -> None:
        """Stop every process once those that need it have stopped."""
        stopping: dict[str, asyncio.Task[None]] = {}
        for keeper in reversed(self._keepers.values()):
            name = keeper.spec.name
            needing = [
                stopping[other] for other in stopping if name in self._keepers[other].spec.after
            ]
            stopping[name] = asyncio.create_task(_stop_after(needing, keeper))
        await asyncio.gather(*stopping.values())

    def kill_all(self) -> None:
        """Do not wait: end every process that still runs."""
        for keeper in self._keepers.values():
            keeper.signal(SIGKILL)

    def close(self) -> None:
        """Stop listening."""
        self.loop.remove_reader(self._ear)
        self._ear.close()
        self._grounds.notify.unlink(missing_ok=True)

    async def until_over(self) -> None:
        """Wait until someone has asked for the end."""
        await self._over.wait()

    def end(self) -> None:
        """Ask for the end."""
        self._over.set()

    async def obey(self, order: Mapping[str, Any]) -> object:
        """Do what an order says; what it gives back is plain JSON.

        Raises:
            Refusal: there is no such process or order.
        """
        match order:
            case {"do": "list"}:
                return [asdict(state) for state in self.states()]
            case {"do": "down"}:
                self.end()
            case {"do": "start", "name": str(name)}:
                self._named(name).start()
            case {"do": "stop", "name": str(name)}:
                await self._named(name).stop()
            case {"do": "restart", "name": str(name)}:
                await self._named(name).stop()
                self._named(name).start()
            case {"do": "kill", "name": str(name)}:
                self._named(name).signal(SIGKILL)
            case {"do": "add", "names": [*names]}:
                await self._add(names)
            case {"do": "remove", "names": [*names]}:
                await self._remove(names)
            case _:
                raise Refusal("There is no such order.")
        return True

    async def _add(self, names: Sequence[str]) -> None:
        """Keep these up too, and wait until they are ready; one that is kept already stays."""
        for name in names:
            keeper = self._keepers.get(name) or self._newcomer(name)
            self._keepers[name] = keeper
            keeper.start([self._keepers[other] for other in keeper.spec.after])
        await asyncio.gather(*(self._keepers[name].up() for name in names))

    def _newcomer(self, name: str) -> Keeper:
        if self._more is None:
            raise Refusal("Nothing can be added to these processes.")
        return Keeper(self._more(name), self._grounds, self._tell)

    async def _remove(self, names: Sequence[str]) -> None:
        """Stop these in order and forget them."""
        await asyncio.gather(*(self._named(name).leave() for name in names))
        for name in names:
            self._keepers.pop(name, None)

    async def wait_until_ready(self, name: str) -> None:
        """Wait for the named process to be ready for the first time since it was started.

        Raises:
            Refusal: it never will be.
        """
        await self._named(name).up()

    def _named(self, name: str) -> Keeper:
        if name not in self._keepers:
            raise NotFound(f"There is no process {name}; there are {', '.join(self._keepers)}.")
        return self._keepers[name]

    def _hear(self) -> None:
        pid = None
        with suppress(BlockingIOError):
            pid = readiness.heard(self._ear)
        for keeper in self._keepers.values():
            if pid is not None and keeper.pid == pid:
                keeper.hear()


async def listen(supervisor: Supervisor, door: Path) -> asyncio.Server:
    """Take orders at a socket until the server is closed."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, ValueError):
            while line := await reader.readline():
                writer.write(json.dumps(await _answer(supervisor, line)).encode() + b"\n")
                await writer.drain()
        writer.close()

    return await asyncio.start_unix_server(serve, door)


async def _answer(supervisor: Supervisor, line: bytes) -> dict[str, object]:
    try:
        return {"done": await supervisor.obey(json.loads(line))}
    except Refusal as refusal:
        return {"refused": str(refusal)}


async def _stop_after(needing: Sequence["asyncio.Task[None]"], keeper: Keeper) -> None:
    if needing:
        await asyncio.wait(needing)
    await keeper.stop()
