"""Money: whole US cents, never floats.

Lua and Postgres both add integers exactly; neither adds floats exactly.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount of US dollars, in cents; negative when owed."""

    cents: int

    def __add__(self, other: "Money") -> "Money":
        return Money(self.cents + other.cents)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.cents - other.cents)

    def __mul__(self, count: int) -> "Money":
        return Money(self.cents * count)

    def __neg__(self) -> "Money":
        return Money(-self.cents)

    def __str__(self) -> str:
        sign = "-" if self.cents < 0 else ""
        return f"{sign}${abs(self.cents) / 100:,.2f}"

    @property
    def dollars(self) -> Decimal:
        """The amount in dollars."""
        return Decimal(self.cents) / 100


ZERO = Money(0)


def dollars(amount: Decimal | int | str) -> Money:
    """Read an amount of dollars, rounded to the nearest cent."""
    return Money(int((Decimal(amount) * 100).quantize(Decimal(1), ROUND_HALF_EVEN)))


def at_most(amount: Decimal) -> Money:
    """Read an amount of dollars, rounded up: the cost it can never exceed."""
    return Money(int((amount * 100).quantize(Decimal(1), ROUND_CEILING)))
