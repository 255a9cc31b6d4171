"""How an option may be exercised, and what can be asked of a model of its worth.

Options on shares and funds are American: exercised on any day. Those on cash-settled indices are
European, the S&P 100's aside.
"""

from dataclasses import dataclass
from typing import Protocol

from botfleet.domain.trades.pricing import Floats, Greeks, Rows, Terms, greeks, implied_volatility

#: Roots of index options that are exercised at their end only (Cboe's and Nasdaq's listings).
EUROPEAN_ROOTS = frozenset(
    {
        *("SPX", "SPXW", "XSP", "NANOS", "VIX", "VIXW", "RUT", "RUTW", "MRUT", "DJX", "XEO"),
        *("NDX", "NDXP", "XND", "MXEA", "MXEF", "CBTX", "MBTX", "SIXB", "SIXRE", "SIXV"),
    }
)


class Model(Protocol):
    """Worth, greeks and volatility of options, one row an option (see `pricing`)."""

    def greeks(self, terms: Terms, volatility: Rows) -> Greeks:
        """Give worth and sensitivities; NaN where the volatility is."""
        ...

    def implied_volatility(self, terms: Terms, price: Rows) -> Floats:
        """Give the volatility that explains a price; NaN where none does."""
        ...


@dataclass(frozen=True, slots=True)
class European:
    """The closed form of Black, Scholes and Merton."""

    def greeks(self, terms: Terms, volatility: Rows) -> Greeks:
        """See the port."""
        return greeks(terms, volatility)

    def implied_volatility(self, terms: Terms, price: Rows) -> Floats:
        """See the port."""
        return implied_volatility(terms, price)


EUROPEAN = European()


@dataclass(frozen=True, slots=True)
class Models:
    """Which model prices which options: European roots the closed form, all others `american`."""

    american: Model = EUROPEAN

    def of(self, root: str) -> Model:
        """Give the model of a root's options."""
        return EUROPEAN if root in EUROPEAN_ROOTS else self.american


CLOSED_FORM = Models()
