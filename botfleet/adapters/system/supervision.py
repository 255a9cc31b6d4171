"""A supervisor in a thread of its own, for a program that has other things to do.

Signals reach the main thread only, so Ctrl-C can never interrupt the supervisor halfway through
starting or stopping something. The thread outlives every child, because the kernel ends children
with the thread that started them.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from botfleet.adapters.system import homes
from botfleet.adapters.system.keeper import Grounds, Happening
from botfleet.adapters.system.processes import ProcessSpec
from botfleet.adapters.system.supervisor import ProcessState, Supervisor, listen
from botfleet.errors import Refusal

_PUBLISH_S = 0.05


class Supervision:
    """Processes that are up for as long as the context lasts.

    `tell` is called from the supervisor's thread with everything that happens; it must not block.
    """

    def __init__(
        self,
        home: Path,
        specs: Sequence[ProcessSpec],
        grounds: Grounds,
        record: homes.FleetRecord,
        tell: Callable[[Happening], None],
        more: Callable[[str], ProcessSpec] | None = None,
    ) -> None:
        self._more = more
        self._home = home
        self._specs = specs
        self._grounds = grounds
        self._record = record
        self._tell = tell
        self._wants_end = False
        self._started: Future[None] = Future()
        self._supervisor: Supervisor | None = None
        self._publishing: asyncio.TimerHandle | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="supervisor")
        self._life: Future[None] = Future()

    def __enter__(self) -> Self:
        self._life = self._thread.submit(self._live)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.end()
        while not self._life.done():
            try:
                wait([self._life])
            except KeyboardInterrupt:
                self.hurry()
        self._thread.shutdown()
        self._life.result()

    def until_ready(self) -> None:
        """Wait until everything has started, or someone has asked for the end.

        Raises:
            Refusal: something never will.
        """
        done, _ = wait([self._started, self._life], return_when=FIRST_COMPLETED)
        for future in done:
            future.result()

    @property
    def is_up(self) -> bool:
        """Has everything started, and nobody asked for the end?"""
        return self._started.done() and not self._wants_end and not self._life.done()

    def until_over(self) -> None:
        """Wait until someone has asked for the end, and everything has ended."""
        wait([self._life])

    def end(self) -> None:
        """Ask for the end; safe in a signal handler."""
        self._wants_end = True
        self._soon(lambda supervisor: supervisor.end())

    def ended(self, within_s: float) -> bool:
        """Wait for the end, `within_s` at most; say whether it came."""
        return bool(wait([self._life], within_s).done)

    def hurry(self) -> None:
        """Do not wait for anything to end in order; safe in a signal handler."""
        self._soon(lambda supervisor: supervisor.kill_all())

    def processes(self) -> list[ProcessState]:
        """Every process, in the order of need."""
        return [ProcessState(**each) for each in self.order("list")]

    def order(self, do: str, name: str = "") -> Any:
        """Have the supervisor do something (see `supervisor`) and wait until it is done.

        Raises:
            Refusal: it refuses.
        """
        return self._within(lambda supervisor: supervisor.obey({"do": do, "name": name}))

    def add(self, names: Sequence[str]) -> None:
        """Keep processes of these names up too, and wait until they are ready.

        Raises:
            Refusal: one of them never will be.
        """
        self._within(lambda supervisor: supervisor.obey({"do": "add", "names": list(names)}))

    def remove(self, names: Sequence[str]) -> None:
        """Stop these processes in order and forget them."""
        self._within(lambda supervisor: supervisor.obey({"do": "remove", "names": list(names)}))

    def wait_until_ready(self, name: str) -> None:
        """Wait until a process is ready for the first time since it was started.

        Raises:
            Refusal: it never will be.
        """
        self._within(lambda supervisor: supervisor.wait_until_ready(name))

    def _within(self, act: Callable[[Supervisor], Coroutine[Any, Any, Any]]) -> Any:
        """Run something in the supervisor's thread; what it gives."""
        supervisor = self._supervisor
        if supervisor is None or self._life.done():
            raise Refusal("The fleet has ended.")
        return asyncio.run_coroutine_threadsafe(act(supervisor), supervisor.loop).result()

    def _soon(self, act: Callable[[Supervisor], None]) -> None:
        supervisor = self._supervisor
        if supervisor is not None:
            with suppress(RuntimeError):  # the loop has ended, and everything with it
                supervisor.loop.call_soon_threadsafe(act, supervisor)

    def _live(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        supervisor = Supervisor(self._specs, self._grounds, self._happened, self._more)
        orders = await listen(supervisor, Path(self._record.control))
        self._supervisor = supervisor
        if self._wants_end:
            supervisor.end()
        over = asyncio.create_task(supervisor.until_over())
        starting = asyncio.create_task(supervisor.start_all())
        try:
            await asyncio.wait([starting, over], return_when=asyncio.FIRST_COMPLETED)
            if starting.done() and (refusal := starting.exception()):
                self._started.set_exception(refusal)
            elif starting.done():
                self._started.set_result(None)
            await over
        finally:
            starting.cancel()
            await supervisor.stop_all()
            supervisor.close()
            orders.close()

    def _happened(self, happening: Happening) -> None:
        self._tell(happening)
        if self._publishing is None:
            self._publishing = asyncio.get_running_loop().call_later(_PUBLISH_S, self._publish)

    def _publish(self) -> None:
        self._publishing = None
        if self._supervisor is not None:
            states = self._supervisor.states()
            homes.published(self._home, replace(self._record, processes=states))
