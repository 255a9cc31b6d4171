"""How figures are told to people, in every trace, notice, page and command.

What an author wrote is said as it was written (see `readers.percent`); what was measured, here.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from math import isfinite

_HUNDREDTH = Decimal("0.01")


def share(fraction: float | Decimal) -> str:
    """Tell a measured share or ratio in per cent, to two decimals at most: 0.0134633 is `1.35%`."""
    if not isfinite(fraction):
        return f"{fraction:g}"
    value = (Decimal(str(fraction)) * 100).quantize(_HUNDREDTH, ROUND_HALF_EVEN)
    text = f"{value:f}".rstrip("0").rstrip(".")
    return "0%" if text == "-0" else f"{text}%"


def counted(count: int, noun: str) -> str:
    """Tell how many there are: `no position`, `1 position`, `2 positions`."""
    if count == 0:
        return f"no {noun}"
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
