"""Work: take one row, do what its kind asks, and hand its orders over (S120: no wait for fills).

A row is claimed before anything is read, and ended in the transaction that commits its results. A
message for a row that is done, missed or somebody else's does nothing. A claim that can neither be
ended nor given back, because the store went away under it, is `forsaken`: the instance is told to
reclaim what it holds as soon as the store answers (ADR 44).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from botfleet.application.expire import expire
from botfleet.application.gather import Gatherer
from botfleet.application.leave import leave
from botfleet.application.measure import measure
from botfleet.application.ports.batches import Batches, Committed
from botfleet.application.ports.clock import Clock
from botfleet.application.ports.messages import Messages
from botfleet.application.ports.pools import Pools
from botfleet.application.ports.volatilities import VolatilityRecord
from botfleet.application.ports.watchlists import Watchlists
from botfleet.application.ports.work import Work, WorkBook
from botfleet.application.run import run
from botfleet.application.settle import settle
from botfleet.application.tend import Kept
from botfleet.application.watch import watch
from botfleet.domain.ids import WorkId
from botfleet.domain.schedules.agenda import STARTS, Kind, too_late
from botfleet.errors import Refusal, StoreUnavailable, Transient


def _nobody() -> None:
    """Leave it to the lease."""


@dataclass(frozen=True, slots=True)
class Instance:
    """What one instance works with, and what its watch keeps from minute to minute.

    `forsaken` is called where a row may stay claimed though nobody is at it.
    """

    work: WorkBook
    batches: Batches
    pools: Pools
    messages: Messages
    gatherer: Gatherer
    clock: Clock
    volatilities: VolatilityRecord
    watchlists: Watchlists
    forsaken: Callable[[], None] = _nobody
    kept: Kept = field(default_factory=Kept)

    def do(self, work_id: WorkId) -> Work | None:
        """Do the row `work_id`; give it, or None where there was nothing to do.

        Raises:
            Transient: nothing happened; the row was put off, and the sweep brings it back, or it
                was forsaken.
        """
        now = self.clock.now()
        with self._telling():
            work = self.work.claim(work_id, now)
        if work is None:
            return None
        committed = self._try(work, now)
        if committed is not None:
            self.messages.submit(committed.orders)
            self.pools.settle(committed.ends)
        self.messages.done()
        return work

    def _try(self, work: Work, now: datetime) -> Committed | None:
        try:
            return self._end(work, now)
        except Transient:
            with suppress(StoreUnavailable), self._telling():
                self.work.put_off(work)
            raise

    def _end(self, work: Work, now: datetime) -> Committed | None:
        if why := too_late(work.kind, work.due_at, now):
            self.work.miss(work, why, now)
            return None
        try:
            return self._dispatch(work, now)
        except Refusal as refusal:
            self.work.fail(work, str(refusal))
            return None

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except StoreUnavailable:
            self.forsaken()
            raise

    def _dispatch(self, work: Work, now: datetime) -> Committed | None:
        if work.kind is Kind.MARK or work.kind in STARTS:
            return run(work, now, batches=self.batches, pools=self.pools, gatherer=self.gatherer)
        if work.kind is Kind.MEASURE:
            return measure(
                work,
                now,
                batches=self.batches,
                gatherer=self.gatherer,
                volatilities=self.volatilities,
            )
        if work.kind is Kind.WATCH:
            return self._watch(work, now)
        if work.kind is Kind.EXPIRE:
            verb = partial(expire, watchlists=self.watchlists)
        else:
            verb = partial(leave if work.kind is Kind.LEAVE else settle)
        return verb(work, now, batches=self.batches, gatherer=self.gatherer)

    def _watch(self, work: Work, now: datetime) -> Committed | None:
        return watch(
            work,
            now,
            batches=self.batches,
            gatherer=self.gatherer,
            watchlists=self.watchlists,
            kept=self.kept,
        )
