"""Rebuild: write again, from what the broker's book says, an order of ours whose row is gone.

So it is after a database was restored that is older than what was sent. An order is rebuilt where
its own id proves its cause (`domain/bots/causes.py`): order, draw and position are written as of an
order of unknown fate, and what the broker tells of it is booked as of any. What cannot be proved
stays as it is, for people to see.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from botfleet.application.ports.batches import Batches, CloseIntent, OpenIntent, OrderIntent
from botfleet.application.ports.orders import Order, OrderBook, Word
from botfleet.application.ports.pools import Pools
from botfleet.application.ports.rebuilds import Found, Rebuilds
from botfleet.domain.bots.causes import WITHIN, Author, Closed, Opened, cause_of
from botfleet.domain.capital.pool import DrawRequest, Granted, Measure
from botfleet.domain.eastern import day_of
from botfleet.domain.ids import AccountId, BotId, PositionId, derive
from botfleet.domain.orders.ladder import FINAL_REST_S, Rung
from botfleet.domain.orders.order import Effect, Report
from botfleet.domain.positions.position import Position, PositionState
from botfleet.domain.trades.margin import worst_case
from botfleet.domain.trades.structures import strikes_of
from botfleet.errors import Refusal


@dataclass(frozen=True, slots=True)
class Rebuilder:
    """What rebuilding takes."""

    rebuilds: Rebuilds
    batches: Batches
    book: OrderBook
    pools: Pools

    def rebuild(
        self, account: AccountId, orphans: Sequence[Report], now: datetime
    ) -> frozenset[str]:
        """Rebuild what can be proved of `orphans`, in the order they were entered; name those.

        Raises:
            StoreUnavailable: what was rebuilt so far stays; the next pass does the rest.
        """
        done: dict[str, BotId] = {}
        for report in sorted(orphans, key=lambda one: (one.entered_at or now, one.wire_id)):
            cause = cause_of(report, self._authors(account, report))
            order = None if cause is None else self._written(account, report, cause, now)
            if cause is not None and order is not None:
                self.book.record([Word(order, now, report=report)], now)
                done[report.wire_id] = cause.state.bot_id
        if done:
            self.pools.load(self.batches.renew(sorted(set(done.values()))))
        return frozenset(done)

    def _authors(self, account: AccountId, report: Report) -> list[Author]:
        if report.entered_at is None:
            return []
        bots = self.rebuilds.bots(account)
        causes = self.rebuilds.causes(bots, report.entered_at - WITHIN)
        return [
            Author(state, self.batches.definition(state.version), causes.get(bot, ()))
            for bot, state in self.batches.load(bots).items()
        ]

    def _written(
        self, account: AccountId, report: Report, cause: Opened | Closed, now: datetime
    ) -> Order | None:
        entered_at = report.entered_at or now
        found = Found(report.wire_id, entered_at)
        limit = report.limit if report.limit is not None else _paid(report)
        if limit is None:
            return None
        rungs = (Rung(limit, FINAL_REST_S),)
        if isinstance(cause, Closed):
            order = _order(account, report, cause, cause.position.position_id, rungs)
            return self.rebuilds.close(CloseIntent(order, cause.why), found, now)
        intent = _opening(account, report, cause, rungs, entered_at)
        return None if intent is None else self.rebuilds.open(intent, found, now)


def _paid(report: Report) -> Decimal | None:
    """Give the worst price at which any of it filled; None where nothing did."""
    return max((one.price for one in report.executions), default=None)


def _order(
    account: AccountId,
    report: Report,
    cause: Opened | Closed,
    position: PositionId,
    rungs: tuple[Rung, ...],
) -> OrderIntent:
    state, is_open = cause.state, isinstance(cause, Opened)
    return OrderIntent(
        cause.order_id,
        state.user_id,
        state.bot_id,
        account,
        position,
        cause.run,
        Effect.OPEN if is_open else Effect.CLOSE,
        report.symbol,
        cause.legs if isinstance(cause, Opened) else report.legs,
        report.quantity,
        rungs,
        "" if isinstance(cause, Opened) else cause.why,
    )


def _opening(
    account: AccountId,
    report: Report,
    cause: Opened,
    rungs: tuple[Rung, ...],
    entered_at: datetime,
) -> OpenIntent | None:
    """Word the open again; None where it has no worst case, so that it cannot have been ours."""
    limit = rungs[-1].limit
    try:
        unit_cost = worst_case(cause.structure, strikes_of(cause.legs), limit).cents
    except Refusal:
        return None
    state, day, units = cause.state, day_of(entered_at), report.quantity
    amount = unit_cost * units
    ask = DrawRequest(
        cause.draw_id,
        state.bot_id,
        state.epoch,
        0,
        Measure.CENTS,
        amount,
        unit_cost,
        units,
        units,
        day,
    )
    granted = Granted(units, amount, state.epoch, -(cause.draw_id.int % 2**60))
    position = Position(
        PositionId(derive("position", cause.draw_id)),
        report.symbol,
        cause.structure,
        cause.legs,
        units,
        limit,
        PositionState.OPENING,
        entered_at,
        _expires_on(cause),
        cause.action.exits,
        tags=cause.action.tags,
    )
    order = _order(account, report, cause, position.position_id, rungs)
    return OpenIntent(ask, granted, position, order, cause.place)


def _expires_on(cause: Opened) -> date | None:
    days = [leg.option.expires_on for leg in cause.legs if leg.option is not None]
    return min(days, default=None)
