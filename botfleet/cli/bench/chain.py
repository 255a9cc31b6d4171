"""`botfleet bench chain`: price, five greeks and implied volatility of a whole chain, together."""

import datetime as dt
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from botfleet.adapters.market.recording import RecordingMarket
from botfleet.adapters.market.simulated import SimulatedMarket
from botfleet.application.ports.market import Market
from botfleet.cli.bench.figures import percentile, tell
from botfleet.cli.options import AsJson
from botfleet.domain.eastern import instant
from botfleet.domain.market.instruments import Right
from botfleet.domain.market.quotes import OptionQuote
from botfleet.domain.trades.pricing import (
    Floats,
    Terms,
    greeks,
    implied_volatility,
    years_to_expiration,
)

app = typer.Typer()
#: How many contracts the recorded day has; a chain made up here has as many.
CONTRACTS = 2_192
RATE = 0.005
_AT, _DAY = dt.time(11), dt.date(2026, 3, 10)


@dataclass(frozen=True, slots=True)
class _Fixed:
    at: dt.datetime

    def now(self) -> dt.datetime:
        return self.at


@app.command(
    "chain", epilog="Examples:  botfleet bench chain   ·   botfleet bench chain --recording DIR"
)
def bench_chain(
    *,
    recording: Annotated[
        Path | None, typer.Option(help="A recorded day to take the chain from.", exists=True)
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    as_json: AsJson = False,
) -> None:
    """Solve every contract's volatility from its mid price, then its price and greeks."""
    market, symbol, at = _feed(recording)
    terms, mids = _columns(market, symbol, at)
    spent_ms: list[float] = []
    for _ in range(rounds):
        began_s = time.perf_counter()
        found = implied_volatility(terms, mids)
        greeks(terms, np.where(np.isnan(found), 0.2, found))
        spent_ms.append((time.perf_counter() - began_s) * 1000)
    solved = int(np.isfinite(implied_volatility(terms, mids)).sum())
    figures: dict[str, Any] = {
        "source": "recorded" if recording else "simulated",
        "contracts": len(mids),
        "two_sided": int(np.isfinite(mids).sum()),
        "volatilities": solved,
        "median_ms": round(percentile(spent_ms, 0.5), 2),
        "p99_ms": round(percentile(spent_ms, 0.99), 2),
        "least_ms": round(min(spent_ms), 2),
        "limit_ms": 20,
    }
    tell("chain", figures, as_json=as_json)


def _feed(recording: Path | None) -> tuple[Market, str, dt.datetime]:
    """Give a feed, and the symbol and instant of its longest chain."""
    at = instant(_DAY, _AT)
    if recording is None:
        return SimulatedMarket(7, _Fixed(at)), "SPY", at
    days = RecordingMarket(recording, _Fixed(at)).days()
    feeds = {day: RecordingMarket(recording, _Fixed(instant(day, _AT))) for day in days}
    longest = max(
        ((day, symbol) for day in days for symbol in sorted(feeds[day].symbols())),
        key=lambda one: sum(1 for _ in _quotes(feeds[one[0]], one[1])),
    )
    return feeds[longest[0]], longest[1], instant(longest[0], _AT)


def _columns(market: Market, symbol: str, at: dt.datetime) -> tuple[Terms, Floats]:
    """Give the chain's terms and mid prices, NaN where a contract is not quoted on both sides."""
    quotes = list(_quotes(market, symbol))[:CONTRACTS]
    years = {q.option.expires_on: years_to_expiration(at, q.option.expires_on) for q in quotes}
    underlying = market.quotes([symbol])[symbol]
    terms = Terms(
        np.array([quote.option.right is Right.CALL for quote in quotes]),
        float(underlying.last or 0),
        np.array([float(quote.option.strike) for quote in quotes]),
        np.array([years[quote.option.expires_on] for quote in quotes]),
        RATE,
    )
    mids = [float("nan") if quote.mid is None else float(quote.mid) for quote in quotes]
    return terms, np.array(mids)


def _quotes(market: Market, symbol: str) -> Iterator[OptionQuote]:
    days = market.expirations([symbol]).get(symbol, ())
    for chain in market.chains([(symbol, day) for day in days]).values():
        yield from (*chain.calls, *chain.puts)
