"""American exercise by QuantLib's fixed-point engine, for the rows where it can matter.

Early exercise is worth something of a put only while the rate is above zero, and of a call only
while a dividend yield is; every other row keeps the closed form. Prices are scaled to a strike of
one and a life of one year (the worth depends on volatility times the root of the time, rate times
time and yield times time alone), so minutes count and one option and its quotes serve every row.

Source: Andersen, Lake and Offengenden, High Performance American Option Pricing, 2016; the fast
scheme, of which the largest error seen stands in docs/references.md.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from botfleet.config import Settings
from botfleet.domain.trades.models import CLOSED_FORM, EUROPEAN, Model, Models
from botfleet.domain.trades.pricing import DAYS_A_YEAR, Floats, Greeks, Rows, Terms
from botfleet.errors import BadInput

_SPOT_STEP, _VOLATILITY_STEP, _RATE_STEP = 5e-3, 1e-3, 1e-3
_STEPS_MAX, _PRECISION, _LEAST = 40, 1e-9, 1e-7


def american() -> Model:
    """Give the American model.

    Raises:
        BadInput: QuantLib is not installed.
    """
    try:
        import QuantLib  # noqa: PLC0415  an extra, and nobody else should wait for it
    except ImportError:
        raise BadInput(
            "BOTFLEET_EXERCISE is american, for which QuantLib is needed: "
            "pip install 'botfleet[american]'."
        ) from None
    return American(_Engine(QuantLib))


def models_of(settings: Settings) -> Models:
    """Give the models the settings ask for.

    Raises:
        BadInput: as `american`.
    """
    return CLOSED_FORM if settings.exercise == "european" else Models(american())


class _Engine:
    """A put and a call at a strike of one that live one year, and the quotes they are priced by."""

    def __init__(self, library: Any) -> None:
        ql, today = library, library.Date(2, 1, 2026)
        ql.Settings.instance().evaluationDate = today
        self._spot, self._rate, self._dividends, self._volatility = (
            ql.SimpleQuote(value) for value in (1.0, 0.0, 0.0, 0.2)
        )
        count = ql.Actual365Fixed()

        def curve(quote: Any) -> Any:
            return ql.YieldTermStructureHandle(ql.FlatForward(today, ql.QuoteHandle(quote), count))

        surface = ql.BlackConstantVol(
            today, ql.NullCalendar(), ql.QuoteHandle(self._volatility), count
        )
        process = ql.BlackScholesMertonProcess(
            ql.QuoteHandle(self._spot),
            curve(self._dividends),
            curve(self._rate),
            ql.BlackVolTermStructureHandle(surface),
        )
        engine = ql.QdFpAmericanEngine(process, ql.QdFpAmericanEngine.fastScheme())
        exercise = ql.AmericanExercise(today, today + 365)
        self._options = {}
        for is_call, right in ((True, ql.Option.Call), (False, ql.Option.Put)):
            option = ql.VanillaOption(ql.PlainVanillaPayoff(right, 1.0), exercise)
            option.setPricingEngine(engine)
            self._options[is_call] = option

    def worth(self, row: "_Row", deviation: float) -> float:
        """Give the worth of a row at a deviation of the log price over its life."""
        self._spot.setValue(row.spot)
        self._rate.setValue(row.rate)
        self._dividends.setValue(row.dividends)
        self._volatility.setValue(deviation)
        return max(float(self._options[row.is_call].NPV()), row.at_once)


@dataclass(frozen=True, slots=True)
class _Row:
    """One option, scaled: spot over strike, rate and yield over its whole life."""

    is_call: bool
    spot: float
    rate: float
    dividends: float

    @property
    def at_once(self) -> float:
        """What exercise pays now."""
        return max(self.spot - 1 if self.is_call else 1 - self.spot, 0.0)


class American:
    """Keeps `Model`. Not thread-safe, as its engine is one for all."""

    def __init__(self, engine: _Engine) -> None:
        self._engine = engine

    def greeks(self, terms: Terms, volatility: Rows) -> Greeks:
        """See the port; theta follows from the others by the equation they all keep."""
        table = _table(terms, volatility)
        plain = EUROPEAN.greeks(terms, volatility)
        found = np.array([np.broadcast_to(getattr(plain, name), len(table)) for name in _NAMES])
        for at in np.flatnonzero(_matters(table)):
            found[:, at] = self._greeks_of(table[at])
        return Greeks(*found)

    def _greeks_of(self, line: Floats) -> tuple[float, ...]:
        row, strike, years, volatility = _row(line), line[2], line[3], line[6]
        deviation, root = volatility * years**0.5, years**0.5
        worth = self._engine.worth(row, deviation)
        if worth <= row.at_once + _LEAST:
            side = 1.0 if row.is_call else -1.0
            return strike * worth, side, 0.0, 0.0, 0.0, 0.0
        step = row.spot * _SPOT_STEP
        up, down = (
            self._engine.worth(replace(row, spot=row.spot + by), deviation) for by in (step, -step)
        )
        delta, gamma = (up - down) / (2 * step), (up - 2 * worth + down) / step**2
        vega = self._slope(row, deviation, deviation=_VOLATILITY_STEP * deviation)
        rho = self._slope(row, deviation, rate=_RATE_STEP * max(row.rate, _RATE_STEP))
        decay = row.rate * worth - (row.rate - row.dividends) * row.spot * delta
        decay -= deviation**2 * row.spot**2 * gamma / 2
        theta = strike * decay / years / DAYS_A_YEAR
        return (
            strike * worth,
            delta,
            gamma / strike,
            theta,
            strike * vega * root,
            strike * rho * years,
        )

    def _slope(
        self, row: _Row, middle: float, *, deviation: float = 0.0, rate: float = 0.0
    ) -> float:
        up, down = (
            self._engine.worth(replace(row, rate=row.rate + way * rate), middle + way * deviation)
            for way in (1, -1)
        )
        return (up - down) / (2 * (deviation or rate))

    def implied_volatility(self, terms: Terms, price: Rows) -> Floats:
        """See the port: NaN too where exercise at once pays as much as the price."""
        table = _table(terms, 1.0)
        prices = np.broadcast_to(np.asarray(price, dtype=np.float64), len(table))
        found = np.array(EUROPEAN.implied_volatility(terms, price), dtype=np.float64).reshape(-1)
        for at in np.flatnonzero(_matters(table) & np.isfinite(found)):
            found[at] = self._solve(table[at], float(prices[at]), float(found[at]))
        return found

    def _solve(self, line: Floats, price: float, european: float) -> float:
        """Search below the European volatility, for an American option is worth no less."""
        row, root, target = _row(line), line[3] ** 0.5, price / line[2]
        if target <= row.at_once + _LEAST:
            return float("nan")
        low, high = 0.0, european * root
        guess, before, over_before = high, 0.0, row.at_once - target
        for _ in range(_STEPS_MAX):
            over = self._engine.worth(row, guess) - target
            if abs(over) < _PRECISION:
                break
            low, high = (low, guess) if over > 0 else (guess, high)
            step = guess - over * (guess - before) / ((over - over_before) or 1.0)
            before, over_before = guess, over
            guess = step if low < step < high else (low + high) / 2
        return float(guess / root)


_NAMES = ("price", "delta", "gamma", "theta", "vega", "rho")


def _table(terms: Terms, volatility: Rows) -> Floats:
    """Lay terms and volatility out, a line an option."""
    given = (terms.is_call, terms.spot, terms.strike, terms.years)
    columns = np.broadcast_arrays(*given, terms.rate, terms.dividend_yield, volatility)
    return np.array([np.atleast_1d(one) for one in columns], dtype=np.float64).T


def _matters(table: Floats) -> Any:
    """Say of which lines early exercise may be worth something, and a volatility is known."""
    is_call, *_, years, rate, dividends, volatility = table.T
    pays = np.where(is_call > 0, dividends > 0, rate > 0)
    return pays & (years > 0) & np.isfinite(volatility) & (volatility > 0)


def _row(line: Floats) -> _Row:
    is_call, spot, strike, years, rate, dividends = map(float, line[:6])
    return _Row(is_call > 0, spot / strike, rate * years, dividends * years)
