"""What a trade can lose, at the worst price its order may reach (R21).

At expiration a trade of listed options is worth a line with bends at its strikes, so the worst end
lies at a bend, at nothing, or far above; a trade whose line falls for ever above is refused:
undefined risk. The group is judged, not its legs: a condor can lose on one side only. A back leg is
taken at its intrinsic worth as the front expires, which an American option is never below. Prices
are net and a share of one unit: > 0 is paid, < 0 is received.

Source: R21; Cboe Strategy-based Margin (spreads: the difference of strikes; long options: paid in
full; cash-secured puts: the aggregate exercise price).
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from botfleet.domain.market.instruments import MULTIPLIER, Right
from botfleet.domain.money import CENT, Money
from botfleet.domain.trades.structures import (
    CREDIT,
    ON_SHARES,
    ROLES,
    TWO_DAYS,
    WITH_SHARES,
    Role,
    Structure,
    lie_rightly,
)
from botfleet.errors import Refusal

Strikes = tuple[Decimal, ...]

UNBOUNDED_RISK = "UNBOUNDED_RISK"
#: The highest price any order may name, where the structure itself sets no bound.
PRICE_MAX = Decimal(100_000)
#: Structures whose greatest worth no strike sets.
OPEN_ENDED = TWO_DAYS | {Structure.LONG_EQUITY, Structure.LONG_CALL}
_WORTHLESS = Decimal(0)


def worst_case(structure: Structure, strikes: Strikes, price: Decimal) -> Money:
    """Give what one unit taken on at `price` can lose at most, rounded up; above nothing.

    Except for what shares held already cover: their own position has drawn what they can lose.

    Raises:
        Refusal: UNBOUNDED_RISK, where the strikes do not make the structure, or the price is one at
            which it is not what it claims to be (a credit not below its width, a debit of nothing).
    """
    _check(structure, strikes)
    if price < 0 if structure not in CREDIT else price > 0:
        raise Refusal(f"{UNBOUNDED_RISK}: {structure} at {price}")
    if structure in ON_SHARES:
        return Money(0)
    loss = price - min(_ends(structure, strikes))
    if loss <= 0:
        raise Refusal(f"{UNBOUNDED_RISK}: {structure} at {price} is not less than its width")
    return _money(loss, structure, ROUND_CEILING)


def max_profit(structure: Structure, strikes: Strikes, price: Decimal) -> Money | None:
    """Give what one unit taken on at `price` can gain at most, rounded down.

    None where no strike sets a limit: shares, calls, and what keeps a later leg.

    Raises:
        Refusal: UNBOUNDED_RISK, where the strikes do not make the structure.
    """
    _check(structure, strikes)
    if structure in OPEN_ENDED:
        return None
    return _money(max(_ends(structure, strikes)) - price, structure, ROUND_FLOOR)


def bound(structure: Structure, strikes: Strikes) -> Decimal:
    """Give the worst limit price an opening ladder may reach (R34).

    A credit never becomes a debit, and a debit stays below what the trade can ever be worth.

    Raises:
        Refusal: UNBOUNDED_RISK, where the strikes do not make the structure.
    """
    _check(structure, strikes)
    if structure in CREDIT:
        return -CENT
    if structure in OPEN_ENDED:
        return PRICE_MAX
    return max(_ends(structure, strikes)) - CENT


def bound_to_close(structure: Structure, strikes: Strikes) -> Decimal:
    """Give the worst limit price a closing ladder may reach: it buys the legs turned round (R34).

    A close never pays more than the width, and closing what was bought always brings something.

    Raises:
        Refusal: UNBOUNDED_RISK, where the strikes do not make the structure.
    """
    _check(structure, strikes)
    return -min(_ends(structure, strikes)) if structure in CREDIT else -CENT


def extremes(structure: Structure, strikes: Strikes) -> tuple[Decimal, Decimal]:
    """Give the least and the greatest worth at expiration that strikes set, a share."""
    ends = _ends(structure, strikes)
    return min(ends), max(ends)


def payoff(structure: Structure, strikes: Strikes, terminal: Decimal) -> Decimal:
    """Give what a share of one unit is worth at expiration, the underlying at `terminal`."""
    if structure is Structure.LONG_EQUITY:
        return terminal
    roles = zip(ROLES[structure], strikes, strict=True)
    shares = terminal if structure in WITH_SHARES else _WORTHLESS
    return sum((_intrinsic(role, strike, terminal) for role, strike in roles), shares)


def _intrinsic(role: Role, strike: Decimal, terminal: Decimal) -> Decimal:
    distance = terminal - strike if role.right is Right.CALL else strike - terminal
    return role.ratio * max(distance, _WORTHLESS)


def _ends(structure: Structure, strikes: Strikes) -> tuple[Decimal, ...]:
    """Give the payoff at nothing and at every strike; beyond the last it never falls.

    Except for a call on shares, which falls for ever as the shares under it rise.
    """
    ends = tuple(payoff(structure, strikes, end) for end in (_WORTHLESS, *strikes))
    return (*ends, -PRICE_MAX) if structure in ON_SHARES else ends


def _check(structure: Structure, strikes: Strikes) -> None:
    roles = ROLES[structure]
    rises = lie_rightly(structure, strikes)
    calls = sum(role.ratio for role in roles if role.right is Right.CALL)
    calls += structure in WITH_SHARES | ON_SHARES
    if len(strikes) != len(roles) or not rises or min(strikes, default=CENT) <= 0 or calls < 0:
        shown = ", ".join(map(str, strikes))
        raise Refusal(f"{UNBOUNDED_RISK}: {structure} on strikes {shown or 'none'}")


def _money(amount: Decimal, structure: Structure, rounding: str) -> Money:
    shares = 1 if structure is Structure.LONG_EQUITY else MULTIPLIER
    return Money(int((amount * shares * 100).quantize(Decimal(1), rounding)))


def committed(structure: Structure, strikes: Strikes, units: int, paid: Decimal, drawn: int) -> int:
    """Give what `units` taken on for `paid` (price times units) commit, in cents; at most `drawn`.

    At a price that has no bound (no broker fills at one) all that was drawn stays committed.
    """
    try:
        return min(drawn, worst_case(structure, strikes, paid / units).cents * units)
    except Refusal:
        return drawn
