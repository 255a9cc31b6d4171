"""What the fleet needs of the arbiter of capital: the domain's verbs, atomic, many at a time.

Losing the arbiter's memory loses no money: it answers COLD until it is loaded from Postgres, whose
commit checks the same limits again (RELIABILITY 3.1).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from botfleet.domain.capital.drift import Kept
from botfleet.domain.capital.pool import DrawRequest, Granted, Pool, Refused
from botfleet.domain.ids import BotId, DrawId


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a draw ended: `cost` posted (None: voided), or its position's release."""

    bot_id: BotId
    draw_id: DrawId
    cost: int | None = None
    is_release: bool = False


class Pools(Protocol):
    """One pool a bot, shared by every worker. Each call is one round trip.

    Every method raises `StoreUnavailable` when the arbiter does not answer.
    """

    def reserve(self, asks: Sequence[DrawRequest]) -> Sequence[Granted | Refused]:
        """Hold each draw or say why not, in the order asked; a repeated draw is granted once."""
        ...

    def settle(self, ends: Sequence[Settlement]) -> None:
        """End draws; an end that was already told, or an unknown draw, changes nothing."""
        ...

    def load(self, pools: Mapping[BotId, Pool]) -> None:
        """Replace pools by what Postgres says, each only where its epoch is higher.

        What nobody can make sense of has no epoch.
        """
        ...

    def read(self, bots: Collection[BotId]) -> Mapping[BotId, Pool]:
        """Show pools; a cold one, or one that makes no sense, is absent."""
        ...

    def kept(self, bots: Collection[BotId]) -> Mapping[BotId, Kept]:
        """Show everything that is kept of each, as of one instant; a cold one is absent."""
        ...
