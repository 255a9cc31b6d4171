"""Adapters that count what passes through them, so that verbs need not know they are counted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from botfleet.adapters.telemetry.meters import Meters
from botfleet.application.ports.batches import Batches, Committed, Results, RunRow
from botfleet.application.ports.orders import Begun, OrderBook, Word
from botfleet.application.ports.pools import Pools, Settlement
from botfleet.application.ports.work import Work
from botfleet.application.work import Instance
from botfleet.domain.capital.pool import DrawRequest, Granted, Refused
from botfleet.domain.ids import DrawId, OrderId
from botfleet.domain.orders.life import move
from botfleet.domain.orders.order import OrderState


def counted(instance: Instance, meters: Meters) -> Instance:
    """Give the same instance, its runs and draws counted, and how old the quotes were it saw."""
    batches = cast("Batches", _CountedBatches(instance.batches, meters))
    pools = cast("Pools", _CountedPools(instance.pools, meters))
    instance.gatherer.seen = meters.saw
    return replace(instance, batches=batches, pools=pools)


def counted_orders(book: OrderBook, meters: Meters) -> OrderBook:
    """Give the same order book, the states orders come into counted."""
    return cast("OrderBook", _CountedOrders(book, meters))


class _Counted:
    """Passes everything on that is not counted."""

    def __init__(self, counted: Any, meters: Meters) -> None:
        self._counted, self._meters = counted, meters

    def __getattr__(self, name: str) -> Any:
        return getattr(self._counted, name)


class _CountedBatches(_Counted):
    def commit(self, work: Work, at: datetime, results: Results) -> Committed | None:
        written: list[RunRow] = []

        def runs(vetoed: Mapping[DrawId, str]) -> Sequence[RunRow]:
            written[:] = results.runs(vetoed)
            return written

        committed: Committed | None = self._counted.commit(work, at, replace(results, runs=runs))
        if committed is not None:
            self._meters.ran(work.kind, Counter(row.outcome for row in written))
            vetoed = sum(1 for end in committed.ends if not end.is_release)
            if vetoed:
                self._meters.draws.labels("vetoed").inc(vetoed)
        return committed


class _CountedPools(_Counted):
    def reserve(self, asks: Sequence[DrawRequest]) -> Sequence[Granted | Refused]:
        answers: Sequence[Granted | Refused] = self._counted.reserve(asks)
        results = Counter(
            "granted" if isinstance(one, Granted) else one.why.value for one in answers
        )
        for result, count in results.items():
            self._meters.draws.labels(result).inc(count)
        return answers


class _CountedOrders(_Counted):
    def begin_sending(self, orders: Sequence[OrderId], now: datetime) -> Begun:
        begun: Begun = self._counted.begin_sending(orders, now)
        for order in begun.orders:
            self._count(order.broker, OrderState.SENDING)
        for order in begun.withdrawn:
            self._count(order.broker, OrderState.CANCELLED)
        return begun

    def record(self, words: Sequence[Word], now: datetime) -> Sequence[Settlement]:
        ends: Sequence[Settlement] = self._counted.record(words, now)
        for word in words:
            happening = word.meaning(word.order.state, word.order.filled)
            leads = move(word.order.state, happening) if happening else None
            if leads and leads.state is not word.order.state:
                self._count(word.order.broker, leads.state)
        return ends

    def _count(self, broker: str, state: OrderState) -> None:
        self._meters.orders.labels(broker, state.value).inc()
