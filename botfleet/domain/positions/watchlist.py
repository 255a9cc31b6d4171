"""The watchlist: every open position of an instance as columns, judged together in one pass.

A position is a place in each column, about a hundred bytes; positions opened alike share one row of
the panel, contracts are numbered once. Gains are on the middle price. What is not quoted is NaN,
and NaN fires nothing: no exit without data.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from botfleet.domain.eastern import instant
from botfleet.domain.ids import BotId, PositionId, UserId
from botfleet.domain.market.calendar import Session
from botfleet.domain.market.instruments import Option, Right
from botfleet.domain.market.quotes import OptionQuote, Quote
from botfleet.domain.money import Money
from botfleet.domain.positions.deadlines import Deadlines, minutes_into
from botfleet.domain.positions.exits import REASONS, ExitRules, Exits
from botfleet.domain.positions.position import HAIR, Position
from botfleet.domain.positions.valuation import decisive, sides
from botfleet.domain.trades.structures import multiplier

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Instrument = Option | str
_LEGS_MAX = 4
_NEVER = np.iinfo(np.int16).max
_BY_CLOCK = ("expiration", "events", "earnings")

_COLUMNS = np.dtype(
    [
        *(("id", "S16"), ("bot", "i4"), ("panel", "i4"), ("shares", "i4"), ("underlying", "i4")),
        *(("legs", "i4", _LEGS_MAX), ("ratios", "i2", _LEGS_MAX), ("entry", "f8")),
        *(("gain", "f8"), ("high", "f8"), ("low", "f8"), ("above", "f8"), ("below", "f8")),
        *((name, "i2") for name in _BY_CLOCK),
        *(("acts", "?"), ("new", "?"), ("valued", "?")),
    ]
)
_PANEL = np.dtype(
    [
        (name, "f8")
        for name in (
            *("profit", "stop", "trail_from", "trail", "trail_return_min", "trail_pullback_max"),
            *("profit_amount", "stop_amount", "price", "spread_max"),
            *("begins", "ends", "attempts_max", "asks_for_odds"),
        )
    ]
)


@dataclass(frozen=True, slots=True)
class Tended:
    """An open position as the watch takes it up; `is_on`: may its exits act?"""

    user_id: UserId
    bot_id: BotId
    position: Position
    rules: ExitRules = ExitRules()
    is_on: bool = True


@dataclass(frozen=True, slots=True)
class Prices:
    """Both sides and the last price of each numbered instrument, NaN where there is none."""

    bid: Floats
    ask: Floats
    last: Floats


@dataclass(frozen=True, slots=True)
class Judged:
    """What one pass found, place by place as in `rows`.

    `fired` counts into `REASONS` from 1, 0 where nothing fires; `is_valued` says where prices were
    seen, elsewhere gains are the last that were; `moved` are places of which something is to be
    written down, `open_to_odds` those that only their odds may still close.
    """

    rows: Rows
    gain: Floats
    high: Floats
    low: Floats
    is_valued: NDArray[np.bool_]
    fired: NDArray[np.int8]
    moved: NDArray[np.bool_]
    open_to_odds: NDArray[np.bool_]


class Watchlist:
    """Open positions of one session; built anew each day, so nothing in it grows for ever."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._cells = np.zeros(0, _COLUMNS)
        self._panels: dict[tuple[Exits, ExitRules], int] = {}
        self._panel = np.zeros(0, _PANEL)
        self._instruments: dict[Instrument | None, int] = {None: 0}
        self._bots: dict[BotId, int] = {}
        self._names: list[BotId] = []

    def __len__(self) -> int:
        return len(self._cells)

    @property
    def nbytes(self) -> int:
        """How large the columns are."""
        return self._cells.nbytes + self._panel.nbytes

    def drop(self, positions: Iterable[PositionId] = (), bots: Collection[BotId] = ()) -> None:
        """Let positions go, and all of some bots."""
        ids = np.array([one.bytes for one in positions], "S16")
        gone = np.isin(self._cells["id"], ids) if len(ids) else np.zeros(len(self), bool)
        if bots:
            gone[self.rows(bots)] = True
        if gone.any():
            self._cells = self._cells[~gone]

    def take(self, tended: Sequence[Tended], due: Sequence[Deadlines]) -> None:
        """Take positions up, in place of what was known of them; `due` are theirs of today."""
        self.drop(one.position.position_id for one in tended)
        fresh = np.zeros(len(tended), _COLUMNS)
        for cell, one, by in zip(fresh, tended, due, strict=True):
            self._fill(cell, one, by)
        self._cells = np.concatenate([self._cells, fresh])

    def rows(self, bots: Collection[BotId]) -> Rows:
        """Give the places of these bots' positions."""
        wanted = np.zeros(len(self._names) + 1, bool)
        wanted[[self._bots[bot] for bot in bots if bot in self._bots]] = True
        return np.flatnonzero(wanted[self._cells["bot"]])

    def named(self, rows: Rows) -> tuple[list[PositionId], list[BotId]]:
        """Name the positions at some places, and their bots."""
        cells = self._cells[rows]
        ids = [PositionId(UUID(bytes=name.ljust(16, b"\0"))) for name in cells["id"].tolist()]
        return ids, [self._names[at] for at in cells["bot"].tolist()]

    def attempts_max(self, rows: Rows) -> list[float]:
        """Say how often each may be tried to be left in a day."""
        found: list[float] = self._panel["attempts_max"][self._cells["panel"][rows]].tolist()
        return found

    def instruments(self, rows: Rows) -> tuple[set[str], set[Option]]:
        """Give the symbols and contracts that positions at some places are worth."""
        used = np.zeros(len(self._instruments), bool)
        used[self._cells["underlying"][rows]] = True
        used[self._cells["legs"][rows].ravel()] = True
        named = [one for one, wanted in zip(self._instruments, used, strict=True) if wanted]
        options = {one for one in named if isinstance(one, Option)}
        return {one for one in named if isinstance(one, str)}, options

    def prices(self, quotes: Mapping[str, Quote], options: Mapping[Option, OptionQuote]) -> Prices:
        """Lay what the market shows beside the numbers of the instruments."""
        bid, ask, last = np.full((3, len(self._instruments)), np.nan)
        bid[0] = ask[0] = 0.0  # what is no leg costs nothing
        shown: Iterable[tuple[Instrument, Quote | OptionQuote]] = (
            *quotes.items(),
            *options.items(),
        )
        for name, quote in shown:
            at = self._instruments.get(name, 0)
            if at and (both := sides(quote)) is not None:
                bid[at], ask[at] = map(float, both)
            if at and quote.last is not None:
                last[at] = float(quote.last)
        return Prices(bid, ask, last)

    def judge(self, rows: Rows, prices: Prices, minute: int) -> Judged:
        """Judge positions at some places, `minute` minutes after the open. Nothing is changed."""
        cells = self._cells[rows]
        panel = self._panel[cells["panel"]]
        bid, ask = _worth(cells, prices)
        change = (bid + ask) / 2 - cells["entry"]
        price = np.abs(cells["entry"])
        gain = np.divide(change, price, out=change * 0.0, where=price > 0)
        is_seen = np.isfinite(gain) & ~(ask - bid > panel["spread_max"] + HAIR)
        high = np.where(is_seen, np.fmax(cells["high"], gain), cells["high"])
        low = np.where(is_seen, np.fmin(cells["low"], gain), cells["low"])
        may = is_seen & cells["acts"] & (panel["begins"] <= minute) & (minute <= panel["ends"])
        spot = prices.last[cells["underlying"]]
        fires = (
            _by_gain(cells, panel, gain, change, high)
            + [(spot >= cells["above"] - HAIR) | (spot <= cells["below"] + HAIR)]
            + [cells[name] <= minute for name in _BY_CLOCK]
        )
        fired = np.select(fires, range(1, len(fires) + 1), 0).astype(np.int8) * may
        is_valued = np.isfinite(gain)
        gain = np.where(is_valued, gain, cells["gain"])
        before = (cells["gain"], cells["high"], cells["low"], cells["valued"])
        pairs = zip((gain, high, low, is_valued), before, strict=True)
        moved = np.logical_or.reduce([now != then for now, then in pairs]) | cells["new"]
        asks = may & (fired == 0) & (panel["asks_for_odds"] > 0)
        return Judged(rows, gain, high, low, is_valued, fired, moved, asks)

    def keep(self, judged: Judged) -> None:
        """Keep what a pass found, once it is written down."""
        for name in ("gain", "high", "low"):
            self._cells[name][judged.rows] = getattr(judged, name)
        self._cells["valued"][judged.rows] = judged.is_valued
        self._cells["new"][judged.rows] = False

    def _fill(self, cell: Any, one: Tended, due: Deadlines) -> None:
        position = one.position
        cell["id"], cell["bot"] = position.position_id.bytes, self._bot(one.bot_id)
        cell["panel"] = self._panel_of(position.exits, one.rules)
        cell["shares"] = position.quantity * multiplier(position.structure)
        cell["underlying"] = self._number(position.symbol)
        for place, leg in enumerate(position.legs):
            cell["legs"][place] = self._number(leg.option or position.symbol)
            cell["ratios"][place] = leg.ratio
        cell["entry"] = float(position.entry)
        cell["gain"], cell["high"] = position.gain, position.high_gain
        cell["low"], cell["new"] = position.low_gain, True
        cell["acts"] = one.is_on and not due.is_held_back
        cell["above"], cell["below"] = touches(position)
        instants = minutes_into(self.session, (due.expiration, due.events, due.earnings))
        for name, at in zip(_BY_CLOCK, instants, strict=True):
            cell[name] = _NEVER if at is None else at

    def _bot(self, bot: BotId) -> int:
        if bot not in self._bots:
            self._bots[bot] = len(self._names)
            self._names.append(bot)
        return self._bots[bot]

    def _number(self, name: Instrument) -> int:
        return self._instruments.setdefault(name, len(self._instruments))

    def _panel_of(self, exits: Exits, rules: ExitRules) -> int:
        key = (exits, rules)
        if key not in self._panels:
            self._panels[key] = len(self._panels)
            row = np.array([_panel_row(exits, rules, self.session)], _PANEL)
            self._panel = np.concatenate([self._panel, row])
        return self._panels[key]


def _worth(cells: Any, prices: Prices) -> tuple[Floats, Floats]:
    """Give both sides of one unit of each position, a share: sold legs at the other side."""
    ratios = cells["ratios"].astype(float)
    bought, sold = np.maximum(ratios, 0.0), np.minimum(ratios, 0.0)
    bids, asks = prices.bid[cells["legs"]], prices.ask[cells["legs"]]
    return (
        np.einsum("pl,pl->p", bought, bids) + np.einsum("pl,pl->p", sold, asks),
        np.einsum("pl,pl->p", bought, asks) + np.einsum("pl,pl->p", sold, bids),
    )


def _by_gain(
    cells: Any, panel: Any, gain: Floats, change: Floats, high: Floats
) -> list[NDArray[np.bool_]]:
    """Judge profit, price target, stop and trailing stop, in that order."""
    profit = change * cells["shares"]
    target = np.copysign(panel["price"], cells["entry"]) - cells["entry"]
    back = high - gain
    return [
        (gain >= panel["profit"] - HAIR) | (profit >= panel["profit_amount"] - HAIR),
        np.where(target >= 0, change >= target - HAIR, change <= target + HAIR),
        (gain <= -panel["stop"] + HAIR) | (profit <= -panel["stop_amount"] + HAIR),
        (high >= panel["trail_from"] - HAIR)
        & (back >= panel["trail"] - HAIR)
        & (gain >= panel["trail_return_min"] - HAIR)
        & (back <= panel["trail_pullback_max"] + HAIR),
    ]


def _panel_row(exits: Exits, rules: ExitRules, session: Session) -> tuple[float, ...]:
    """Give a panel's row; what is off is NaN, and the guards of the trailing stop let all pass."""
    begins = (instant(session.day, rules.begins) - session.opens_at) / timedelta(minutes=1)
    length = (session.closes_at - session.opens_at) / timedelta(minutes=1)
    return (
        *map(_level, (exits.profit, exits.stop, exits.trail_from, exits.trail)),
        _level(exits.trail_return_min, -np.inf),
        _level(exits.trail_pullback_max, np.inf),
        _amount(exits.profit_amount),
        _amount(exits.stop_amount),
        _level(exits.price),
        _level(exits.spread_max, np.inf),
        begins,
        length - rules.ends_min,
        rules.attempts_max or np.inf,
        float(exits.asks_for_odds),
    )


def _level(given: Decimal | None, off: float = np.nan) -> float:
    return off if given is None else float(given)


def _amount(given: Money | None) -> float:
    return _level(given.dollars if given else None)


def touches(position: Position) -> tuple[float, float]:
    """Give the prices of the underlying at and above, and at and below which a touch fires.

    NaN: on that side none does.
    """
    touch = position.exits.touch
    calls, puts = [], []
    for leg in decisive(position) if touch is not None else ():
        if leg.option is None or touch is None:
            continue
        strike = leg.option.strike
        away = strike * touch if position.exits.touch_is_fraction else touch
        if leg.option.right is Right.CALL:
            calls.append(float(strike - away))
        else:
            puts.append(float(strike + away))
    return min(calls, default=np.nan), max(puts, default=np.nan)


def reason(code: int) -> str:
    """Name what fired."""
    return REASONS[code - 1]
