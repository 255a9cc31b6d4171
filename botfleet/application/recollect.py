"""Recollect: take over the past that another record tells, so that ranks are known from day one."""

from collections.abc import Collection
from datetime import date

from botfleet.application.ports.volatilities import Volatilities, VolatilityRecord
from botfleet.domain.market.calendar import previous_session
from botfleet.domain.market.statistics import RANK_DAYS


def recollect(
    symbols: Collection[str], today: date, *, told: Volatilities, kept: VolatilityRecord
) -> int:
    """Fill the year before `today` where `kept` does not reach its last session; count symbols.

    Raises:
        StoreUnavailable: nothing was kept.
    """
    yesterday = previous_session(today).day
    newest = kept.recent(symbols, today, 1)
    known = {symbol for symbol, days in newest.items() if days[-1].day == yesterday}
    found = told.recent(set(symbols) - known, today, RANK_DAYS + 1)
    kept.record((symbol, one) for symbol, days in found.items() for one in days)
    return len(found)
