"""Entry and position criteria: quick gates on an open action (actions-and-exits 3.7).

One that is not met means no order: the walk ends there with `NoTrade("G1", …)`, which is told and
is no error. One whose number is not known is `no_data` (R2). Entry criteria are judged before
anything is asked of the chain.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from botfleet.domain.eastern import day_of
from botfleet.domain.figures import share
from botfleet.domain.market.events import EventCalendar
from botfleet.domain.market.instruments import Leg, Option, Right
from botfleet.domain.market.quotes import Quote
from botfleet.domain.market.statistics import RANK_UNKNOWN, SymbolStats
from botfleet.domain.money import Money
from botfleet.domain.positions.position import HOLDING
from botfleet.domain.trades.opportunities import NoTrade, Opportunity
from botfleet.domain.trades.rewards import is_favorable, max_gain, reward_risk
from botfleet.domain.trades.structures import strikes_of, widths
from botfleet.domain.trees.facts import (
    Book,
    EventsOf,
    Facts,
    Lacking,
    NoData,
    Question,
    QuoteOf,
    StatsOf,
)

Range = tuple[Decimal, Decimal]
#: What is measured, None where it is not known; and whether it meets what is wanted.
_Measured = tuple[object, bool] | None
_VIX = QuoteOf("VIX")
FOMC = "FOMC Meeting"


@dataclass(frozen=True, slots=True)
class EntryCriteria:
    """What must hold before a trade is looked for; None and False ask nothing. Ends included."""

    has_capital: bool = False
    open_positions_below: int | None = None
    opened_today_below: int | None = None
    open_with_symbol_below: int | None = None
    no_identical_leg: bool = False
    vix_between: Range | None = None
    iv_rank_between: Range | None = None


@dataclass(frozen=True, slots=True)
class TradeCriteria:
    """What must hold of the trade found; None and False ask nothing.

    Prices a share (`mid_between` whichever way it is paid), `otm_above` and the chances as
    fractions, `alpha_above` and `reward_risk_above` too; the rest dollars a unit.
    """

    spread_below: Decimal | None = None
    mid_between: Range | None = None
    width_between: Range | None = None
    otm_above: Decimal | None = None
    before_earnings: bool = False
    before_fomc: bool = False
    before_ex_dividend: bool = False
    alpha_above: Decimal | None = None
    expected_value_above: Decimal | None = None
    reward_risk_above: Decimal | None = None
    is_favorable: bool = False
    profit_chance_above: Decimal | None = None
    max_profit_chance_above: Decimal | None = None
    max_loss_chance_below: Decimal | None = None
    max_profit_above: Decimal | None = None
    max_loss_below: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Gates:
    """Both kinds; the usual ones ask nothing."""

    entry: EntryCriteria = EntryCriteria()
    trade: TradeCriteria = TradeCriteria()


OPEN_GATES = Gates()
Answer = Lacking | NoData | NoTrade | None


def before_looking(gates: Gates, symbol: str, book: Book, facts: Facts) -> Answer:
    """Judge the entry criteria that need no trade; None lets pass."""
    wanted: set[Question] = set()
    if gates.entry.vix_between is not None:
        wanted.add(_VIX)
    if gates.entry.iv_rank_between is not None:
        wanted.add(StatsOf(symbol))
    missing = frozenset(question for question in wanted if question not in facts)
    if missing:
        return Lacking(missing)
    return _first(_entry(gates.entry, symbol, book, facts))


def of_trade(gates: Gates, found: Opportunity, book: Book, facts: Facts) -> Answer:
    """Judge a trade by what is wanted of it; None lets pass."""
    trade, wanted = gates.trade, set[Question]()
    if trade.before_earnings or trade.before_ex_dividend:
        wanted.add(EventsOf(found.symbol))
    if trade.before_fomc:
        wanted.add(EventsOf(None))
    missing = frozenset(question for question in wanted if question not in facts)
    if missing:
        return Lacking(missing)
    return _first((*_of_book(gates.entry, found, book), *_of_trade(trade, found, facts)))


def _first(judged: "tuple[tuple[str, object, _Measured], ...] | Iterator[Any]") -> Answer:
    for name, wanted, measured in judged:
        said = name.replace("_", " ")
        if measured is None:
            return NoData(said, RANK_UNKNOWN if name == "iv_rank_between" else "not known")
        seen, is_met = measured
        if not is_met:
            shown = _share if name in _SHARES else _shown
            return NoTrade("G1", f"Criterion not met: {said} {shown(wanted)} (is {shown(seen)})")
    return None


def _share(value: Any) -> str:
    return share(value)


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return " and ".join(map(_shown, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _entry(
    entry: EntryCriteria, symbol: str, book: Book, facts: Facts
) -> Iterator[tuple[str, object, _Measured]]:
    held = [position for position in book.positions if position.state in HOLDING]
    same = sum(position.symbol == symbol for position in held)
    counts = {
        "open_positions_below": len(held),
        "opened_today_below": book.opened_today,
        "open_with_symbol_below": same,
    }
    for name, count in counts.items():
        limit = getattr(entry, name)
        if limit is not None:
            yield name, limit, (count, count < limit)
    if entry.vix_between is not None:
        quote = facts.get(_VIX)
        last = quote.last if isinstance(quote, Quote) else None
        yield "vix_between", entry.vix_between, _within(last, entry.vix_between)
    if entry.iv_rank_between is not None:
        stats = facts.get(StatsOf(symbol))
        rank = stats.iv_rank if isinstance(stats, SymbolStats) else None
        yield "iv_rank_between", entry.iv_rank_between, _within(rank, entry.iv_rank_between)


def _of_book(
    entry: EntryCriteria, found: Opportunity, book: Book
) -> Iterator[tuple[str, object, _Measured]]:
    if entry.has_capital:
        available = Money(book.available)
        yield "has_capital", found.max_loss, (available, found.max_loss <= available)
    if entry.no_identical_leg:
        held = {
            _side(position.symbol, leg)
            for position in book.positions
            if position.state in HOLDING
            for leg in position.legs
        }
        alike = [leg for leg in found.legs if _side(found.symbol, leg) in held]
        yield "no_identical_leg", True, (len(alike), not alike)


def _side(symbol: str, leg: Leg) -> tuple[Option | str, bool]:
    return leg.option or symbol, leg.ratio > 0


def _of_trade(
    trade: TradeCriteria, found: Opportunity, facts: Facts
) -> Iterator[tuple[str, object, _Measured]]:
    for one in fields(trade):
        wanted = getattr(trade, one.name)
        if wanted is None or wanted is False:
            continue
        if one.name in _EVENTS:
            yield one.name, wanted, _before(one.name, found, facts)
            continue
        measured = _MEASURES[one.name](found)
        yield one.name, wanted, _compared(one.name, measured, wanted)


def _compared(name: str, measured: Any, wanted: Any) -> _Measured:
    if name == "is_favorable":
        return None if measured is None else (measured, bool(measured))
    if name.endswith("between"):
        return _within(measured, wanted)
    if measured is None:
        return None
    bound = float(wanted) if isinstance(measured, float) else wanted
    return measured, measured < bound if name.endswith("below") else measured > bound


def _within(measured: Any, bounds: Range) -> _Measured:
    if measured is None:
        return None
    low, high = map(float, bounds) if isinstance(measured, float) else bounds
    return measured, low <= measured <= high


def _before(name: str, found: Opportunity, facts: Facts) -> _Measured:
    """Say whether a trade expires before the next event; beyond the calendar nobody knows."""
    symbol = None if name == "before_fomc" else found.symbol
    known, today = facts.get(EventsOf(symbol)), day_of(found.at)
    if not isinstance(known, EventCalendar) or found.expires_on is None:
        return None
    if not known.covers(today, found.expires_on):
        return None
    following = _next(name, known, today)
    return following, following is None or found.expires_on < following


def _next(name: str, known: EventCalendar, today: date) -> date | None:
    if name == "before_fomc":
        return known.next_economic(FOMC, today)
    if name == "before_ex_dividend":
        return known.next_ex_dividend(today)
    report = known.next_earnings(today)
    return report.day if report else None


def _otm(found: Opportunity) -> Decimal | None:
    """Give how far the nearest sold strike (without one: any) lies out of the money."""
    options = [(leg.ratio, leg.option) for leg in found.legs if leg.option is not None]
    sold = [option for ratio, option in options if ratio < 0] or [one for _, one in options]
    if not sold or not found.underlying:
        return None
    gaps = [
        option.strike - found.underlying
        if option.right is Right.CALL
        else found.underlying - option.strike
        for option in sold
    ]
    return max(min(gaps), Decimal(0)) / found.underlying


def _width(found: Opportunity) -> Decimal | None:
    return max(widths(strikes_of(found.legs)), default=None)


def _odd(name: str) -> Callable[[Opportunity], float | None]:
    return lambda found: None if found.odds is None else getattr(found.odds, name)


#: Criteria about shares, told in per cent.
_SHARES = frozenset(
    {"otm_above", "alpha_above", "reward_risk_above"}
    | {"profit_chance_above", "max_profit_chance_above", "max_loss_chance_below"}
)
_EVENTS = frozenset({"before_earnings", "before_fomc", "before_ex_dividend"})
_MEASURES: Mapping[str, Callable[[Opportunity], object]] = MappingProxyType(
    {
        "spread_below": lambda found: found.ask - found.bid,
        "mid_between": lambda found: abs(found.mid),
        "width_between": _width,
        "otm_above": _otm,
        "alpha_above": _odd("alpha"),
        "expected_value_above": _odd("expected_value"),
        "reward_risk_above": reward_risk,
        "is_favorable": is_favorable,
        "profit_chance_above": _odd("profit"),
        "max_profit_chance_above": _odd("max_profit"),
        "max_loss_chance_below": _odd("max_loss"),
        "max_profit_above": max_gain,
        "max_loss_below": lambda found: found.max_loss.dollars,
    }
)
