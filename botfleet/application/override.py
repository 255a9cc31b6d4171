"""Override: give a position to its owner; no bot touches it again, slot and capital are free."""

from datetime import datetime

from botfleet.application.ports.panels import Panels
from botfleet.application.ports.pools import Pools
from botfleet.domain.ids import PositionId, UserId


def override(
    user: UserId | None,
    position: PositionId,
    result: int | None,
    now: datetime,
    *,
    panels: Panels,
    pools: Pools,
) -> None:
    """Hand a position over, with all it came to (cents) as far as its owner knows.

    Of one that was handed over before, the result is corrected.

    Raises:
        NotFound: there is none, or it is not this user's.
        Refusal: it is not open, nor missing at the broker, nor handed over.
        StoreUnavailable: nothing was changed, or only Redis is not told: a sweep mends that.
    """
    pools.settle(panels.override(user, position, result, now))
