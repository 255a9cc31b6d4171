"""The day so far of simulated options: they trade at the open, and every quarter of an hour."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from botfleet.adapters.market.paths import STEP_S, Path
from botfleet.adapters.market.sketches import SymbolSketch
from botfleet.adapters.market.surface import RATE, Floats, Listing, log_moneyness, volatilities
from botfleet.domain.market.calendar import previous_session
from botfleet.domain.trades.pricing import DAYS_A_YEAR, Terms, price, years_to_expiration

_ROWS = 900 // STEP_S
_STEP_YEARS = STEP_S / (DAYS_A_YEAR * 86_400)


@dataclass(frozen=True, slots=True)
class OptionDay:
    """Worth of each contract of a listing, dollars: yesterday's close, and today's trades."""

    previous: Floats
    opens: Floats
    highs: Floats
    lows: Floats
    lasts: Floats


def trades_until(row: int) -> int:
    """Count the trades of a session up to a row of its path."""
    return row // _ROWS + 1


def day_so_far(
    sketch: SymbolSketch, listing: Listing, path: Path, mood: Path, expires_on: date, row: int
) -> OptionDay:
    """Tell the day of a listing's contracts up to a row of the underlying's path."""
    at = np.arange(0, row + 1, _ROWS)
    closed = previous_session(path.session.day).closes_at
    opening = years_to_expiration(path.session.opens_at, expires_on)
    years = np.append(
        years_to_expiration(closed, expires_on), np.maximum(opening - at * _STEP_YEARS, 0.0)
    )
    spots = np.append(path.previous_close, path.prices[at])
    moods = np.append(mood.previous_close, mood.prices[at])
    worth = _worth(sketch, listing, spots[:, None], moods[:, None], years[:, None])
    traded = worth[1:]
    return OptionDay(worth[0], traded[0], traded.max(axis=0), traded.min(axis=0), traded[-1])


def _worth(
    sketch: SymbolSketch, listing: Listing, spots: Floats, moods: Floats, years: Floats
) -> Floats:
    moneyness = log_moneyness(sketch, listing.strikes, spots, years)
    sigma = volatilities(sketch, moneyness, years, moods)
    terms = Terms(listing.is_call, spots, listing.strikes, years, RATE, sketch.dividend_yield)
    return price(terms, sigma)
