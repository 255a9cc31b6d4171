"""The worst case against others' worked examples of the Cboe's rules."""

from collections.abc import Iterator
from decimal import Decimal

from botfleet.domain.trades.margin import worst_case
from botfleet.domain.trades.structures import Structure

S = Structure
#: (structure, strikes, net price, dollars at risk a contract), second-hand: others' worked
#: examples, not the Cboe's own manual. A margin requirement less what is
#: received for the group: the Cboe's strategy-based rules. The condor: the requirement is one
#: wing's 500 and 262 is called for (margin-estimator's README, SPY 567/572/602/607); the put
#: spread: 120/125 at 0.80 and 1.24, 580 required with the long put paid, 456 called for
#: (edeltapro.com, margin); a put covered by cash: the strike less the premium; long: in full.
CBOE = (
    (S.IRON_CONDOR, ("567", "572", "602", "607"), "-2.38", "262"),
    (S.SHORT_PUT_SPREAD, ("120", "125"), "-0.44", "456"),
    (S.CASH_SECURED_PUT, ("200",), "-1.20", "19880"),
    (S.LONG_CALL, ("100",), "3.50", "350"),
    (S.LONG_CALL_SPREAD, ("95", "100"), "2.10", "210"),
)


def margins() -> Iterator[float]:
    for structure, strikes, net, at_risk in CBOE:
        ours = worst_case(structure, tuple(map(Decimal, strikes)), Decimal(net))
        yield float(abs(ours.dollars - Decimal(at_risk)))
