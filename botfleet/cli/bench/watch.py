"""`botfleet bench watch`: exits of very many open positions, judged by one core.

The positions are held as an instance holds them, and judged by the code that does so every minute;
prices are those of the simulated market, fetched beforehand, and nothing is stored.
"""

import gc
import time
import tracemalloc
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any

import typer

from botfleet.adapters.market.simulated import SimulatedMarket
from botfleet.adapters.market.sketches import SKETCHES
from botfleet.application.gather import Gatherer
from botfleet.application.ports.batches import Committed, Results
from botfleet.application.ports.watchlists import Changes
from botfleet.application.ports.work import Work
from botfleet.application.tend import Kept
from botfleet.application.watch import watch
from botfleet.cli.bench.figures import percentile, tell
from botfleet.cli.options import AsJson
from botfleet.domain.ids import BotId, PositionId, UserId, WorkId, derive
from botfleet.domain.market.calendar import Session, session_on
from botfleet.domain.market.chains import Chain
from botfleet.domain.market.instruments import Leg, Option
from botfleet.domain.market.quotes import OptionQuote, Quote
from botfleet.domain.positions.exits import Exits
from botfleet.domain.positions.position import Position, PositionState
from botfleet.domain.positions.watchlist import Tended, Watchlist
from botfleet.domain.schedules.agenda import Kind
from botfleet.domain.trades.structures import Structure
from botfleet.errors import InvariantBroken

app = typer.Typer()

_DAY = date(2026, 3, 10)
_A_BOT, _A_ROW, _WINGS = 10, 200, 3
_USER = UserId(derive("user", "bench"))
#: Thresholds no position reaches: what is timed is judging, not leaving.
_FAR = Decimal(10**6)
_EXITS = (
    Exits(profit=_FAR, stop=_FAR),
    Exits(profit=_FAR, stop=_FAR, touch=-_FAR, expiration_min=15),
    Exits(trail_from=_FAR, trail=Decimal("0.1"), spread_max=Decimal(50)),
    Exits(profit=_FAR, expiration_days=1, waits_a_day=True, price=_FAR),
)


@app.command("watch", epilog="Examples:  botfleet bench watch   ·   … --positions 1000 --json")
def bench_watch(
    *,
    positions: Annotated[int, typer.Option(min=10, max=1_000_000)] = 100_000,
    rounds: Annotated[int, typer.Option(min=1, max=1_000)] = 9,
    as_json: AsJson = False,
) -> None:
    """Judge the exits of open positions: all in one pass, and as a minute's rows of work."""
    store = _Store(_market(), positions)
    began_s = time.perf_counter()
    _minute(store, Kept(), 1)
    took_s = time.perf_counter() - began_s - store.spent_s
    weight, kept = _taken_up(store)
    watchlist = kept.watchlist
    if watchlist is None or len(watchlist) != positions:
        raise InvariantBroken("the bench lost positions")
    passes = [_one_pass(store, watchlist) for _ in range(rounds)]
    minutes = [_minute(store, kept, n + 2) for n in range(rounds)]
    fastest = min(passes, key=lambda spent: sum(spent.values()))
    figures: dict[str, Any] = {
        "positions": positions,
        "contracts": len(store.market.options),
        "bots": len(store.bots),
        "taking_up_s": round(took_s, 2),
        "one_pass_median_ms": round(percentile([sum(one.values()) for one in passes], 0.5), 1),
        "limit_ms": 1_000,
        **{f"of_which_{name}_ms": round(spent, 1) for name, spent in fastest.items()},
        "a_minutes_rows_median_ms": round(percentile(minutes, 0.5), 1),
        "rows": len(store.rows(1)),
        "bytes_a_position": round(weight / positions, 1),
        "of_which_columns": round(watchlist.nbytes / positions, 1),
        "limit_bytes": 200,
    }
    tell("watch", figures, as_json=as_json)


def _session() -> Session:
    session = session_on(_DAY)
    if session is None:
        raise InvariantBroken("the bench's day has no session")
    return session


@dataclass(frozen=True, slots=True)
class _Fixed:
    at: datetime

    def now(self) -> datetime:
        return self.at


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the market shows, at hand."""

    underlyings: Mapping[str, Quote]
    options: Mapping[Option, OptionQuote]
    chains: tuple[Chain, ...]

    def quotes(self, symbols: Collection[str]) -> Mapping[str, Quote]:
        return {symbol: self.underlyings[symbol] for symbol in symbols}

    def option_quotes(self, options: Collection[Option]) -> Mapping[Option, OptionQuote]:
        return {option: self.options[option] for option in options}


def _market() -> _Shown:
    market = SimulatedMarket(7, _Fixed(_session().opens_at + timedelta(hours=1)))
    symbols = sorted(SKETCHES)
    days = market.expirations(symbols)
    wanted = [(symbol, day) for symbol in symbols for day in days[symbol][2:5]]
    chains = tuple(market.chains(wanted).values())
    legs = {quote.option: quote for chain in chains for quote in (*chain.calls, *chain.puts)}
    return _Shown(market.quotes(symbols), legs, chains)


@dataclass(slots=True)
class _Store:
    """A store that makes positions up as they are asked for, and forgets what is committed."""

    market: _Shown
    count: int
    bots: list[BotId] = field(default_factory=list)
    places: dict[BotId, int] = field(default_factory=dict)
    spent_s: float = 0.0

    def __post_init__(self) -> None:
        bots = -(-self.count // _A_BOT)
        self.bots = [BotId(derive("bot", n)) for n in range(bots)]
        self.places = {bot: n for n, bot in enumerate(self.bots)}

    def rows(self, minute: int) -> list[Work]:
        due = _session().opens_at + timedelta(minutes=minute)
        batches = [self.bots[at : at + _A_ROW] for at in range(0, len(self.bots), _A_ROW)]
        return [
            Work(WorkId(derive("work", minute, n)), Kind.WATCH, due, tuple(bots), 1, {})
            for n, bots in enumerate(batches)
        ]

    def changed(self, bots: Sequence[BotId], since: int | None) -> Changes:
        """See `Watchlists`: all is new once, and nothing changes after that."""
        began_s = time.perf_counter()
        fresh = list(self._held(bots)) if since is None else []
        self.spent_s += time.perf_counter() - began_s
        return Changes(fresh, (), 1)

    def commit(self, _work: Work, _at: datetime, _results: Results) -> Committed:
        """See `Batches`."""
        return Committed((), ())

    def _held(self, bots: Sequence[BotId]) -> Iterator[Tended]:
        for bot in bots:
            n = self.places[bot]
            for place in range(n * _A_BOT, min((n + 1) * _A_BOT, self.count)):
                yield Tended(_USER, bot, self._position(place))

    def _position(self, n: int) -> Position:
        chain = self.market.chains[n % len(self.market.chains)]
        calls, puts = chain.calls, chain.puts
        at = n % (min(len(calls), len(puts)) - 3 * _WINGS)
        wings = [puts[at], puts[at + 1], calls[at + _WINGS], calls[at + 2 * _WINGS]]
        condor = n % 2 == 0
        ratios = (1, -1, -1, 1) if condor else (1, -1)
        legs = zip(wings, ratios, strict=False)
        return Position(
            PositionId(derive("position", n)),
            chain.symbol,
            Structure.IRON_CONDOR if condor else Structure.SHORT_PUT_SPREAD,
            tuple(Leg(quote.option, ratio) for quote, ratio in legs),
            1 + n % 5,
            Decimal(-(1 + n % 300)) / 100,
            PositionState.OPEN,
            _session().opens_at,
            chain.expires_on,
            _EXITS[n % len(_EXITS)],
        )


def _taken_up(store: _Store) -> tuple[int, Kept]:
    """Watch every position once; give how heavy what is kept of them is, in bytes, and it.

    Contracts are the market's and are held once, whatever holds positions in them.
    """
    kept = Kept()
    gc.collect()
    tracemalloc.start()
    _minute(store, kept, 1)
    gc.collect()
    weight, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return weight, kept


def _minute(store: _Store, kept: Kept, minute: int) -> float:
    """Do a minute's rows of work; give how long they took, in milliseconds."""
    gatherer: Any = Gatherer(store.market)  # type: ignore[arg-type]  # it is asked for prices only
    began_s = time.perf_counter()
    for work in store.rows(minute):
        now, stored = work.due_at, {"batches": store, "watchlists": store}
        watch(work, now, gatherer=gatherer, kept=kept, **stored)  # type: ignore[arg-type]
    return (time.perf_counter() - began_s) * 1000


def _one_pass(store: _Store, watchlist: Watchlist) -> dict[str, float]:
    """Judge everything at once; give the milliseconds of each step."""
    marks = [time.perf_counter()]
    rows = watchlist.rows(store.bots)
    marks.append(time.perf_counter())
    prices = watchlist.prices(store.market.underlyings, store.market.options)
    marks.append(time.perf_counter())
    judged = watchlist.judge(rows, prices, 60)
    marks.append(time.perf_counter())
    watchlist.keep(judged)
    marks.append(time.perf_counter())
    steps = ("finding", "prices", "judging", "keeping")
    pairs = pairwise(marks)
    return {name: (end - begin) * 1000 for name, (begin, end) in zip(steps, pairs, strict=True)}
