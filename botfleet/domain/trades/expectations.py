"""What the options at the money expect: volatility, the next 30 days', and the expected move.

The volatility at the money is the mean of call and put, on a line between the two strikes around
the underlying. 30 days' lies on a line in total variance between the expirations around 30 days, as
the Cboe's VIX does. The expected move is the middle price of the straddle at the strike nearest the
underlying (of two as near the lower): the mean distance the options are paid for (Brenner and
Subrahmanyam, 1988: spot times volatility times the root of 2 T / pi).
"""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from botfleet.domain.market.chains import Chain
from botfleet.domain.market.quotes import OptionQuote

_TERM_DAYS = 30
#: Nearer expirations say more of the next days than of a month.
_DAYS_MIN = 2


def around_a_month(today: date, expirations: Sequence[date]) -> tuple[date, ...]:
    """Pick the last expiration up to 30 days away and the first beyond; `expirations` rise."""
    days = [one for one in expirations if (one - today).days >= _DAYS_MIN]
    near = [one for one in days if (one - today).days <= _TERM_DAYS]
    far = [one for one in days if (one - today).days > _TERM_DAYS]
    if near and (near[-1] - today).days == _TERM_DAYS:
        return (near[-1],)
    return (*near[-1:], *far[:1])


def volatility_of_a_month(today: date, chains: Sequence[Chain]) -> float | None:
    """Give the volatility at the money over 30 days, a year; None where no chain tells."""
    return over_a_month(
        [
            ((chain.expires_on - today).days, volatility)
            for chain in chains
            if (volatility := volatility_at_the_money(chain)) is not None
        ]
    )


def over_a_month(points: Sequence[tuple[int, float]]) -> float | None:
    """Give the volatility over 30 days from (days, volatility) of expirations around it, rising."""
    if not points:
        return None
    (near, low), (far, high) = points[0], points[-1]
    if near == far or not near < _TERM_DAYS < far:
        return low if abs(near - _TERM_DAYS) <= abs(far - _TERM_DAYS) else high
    share = (_TERM_DAYS - near) / (far - near)
    variance = low**2 * near * (1 - share) + high**2 * far * share
    return math.sqrt(variance / _TERM_DAYS)


def volatility_at_the_money(chain: Chain) -> float | None:
    """Give the volatility implied at the underlying's last price; None where none is known."""
    if chain.underlying.last is None:
        return None
    return at_the_money(float(chain.underlying.last), _volatilities(chain))


def at_the_money(spot: float, volatilities: Mapping[float, float]) -> float | None:
    """Give the volatility at `spot` from those of strikes; None where none is known."""
    known = sorted(volatilities.items())
    below = [pair for pair in known if pair[0] <= spot][-1:]
    above = [pair for pair in known if pair[0] > spot][:1]
    if not below or not above:
        return (below or above)[0][1] if known else None
    (low, left), (high, right) = below[0], above[0]
    return left + (right - left) * (spot - low) / (high - low)


def _volatilities(chain: Chain) -> dict[float, float]:
    found: dict[float, list[float]] = {}
    for quote in (*chain.calls, *chain.puts):
        if quote.implied_volatility is not None and quote.implied_volatility > 0:
            found.setdefault(float(quote.option.strike), []).append(quote.implied_volatility)
    return {strike: sum(values) / len(values) for strike, values in found.items()}


def expected_move(chain: Chain) -> Decimal | None:
    """Give the straddle's middle price, a share; None where it is not quoted on both sides."""
    last = chain.underlying.last
    if last is None:
        return None
    puts = {quote.option.strike: quote for quote in chain.puts}
    pairs = [(call, puts[call.option.strike]) for call in chain.calls if call.option.strike in puts]
    if not pairs:
        return None
    call, put = min(pairs, key=lambda pair: abs(pair[0].option.strike - last))
    return _straddle(call, put)


def _straddle(call: OptionQuote, put: OptionQuote) -> Decimal | None:
    return None if call.mid is None or put.mid is None else call.mid + put.mid
