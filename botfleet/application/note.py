"""Note: write down what was learned of orders, now or as soon as the store answers.

Who took orders and sent them, or asked about them, knows what nobody else does; while that is not
written they stay leased to nobody. It may be written late, or twice: what has been overtaken by
then is an older word, which changes nothing (`life`), and that nothing left is taken of its
sender's own turn only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from botfleet.application.ports.debts import Debts
from botfleet.application.ports.orders import LEASE_S, OrderBook, Word
from botfleet.application.ports.pools import Pools, Settlement
from botfleet.errors import StoreUnavailable

#: By then others ask about the orders, or are about to.
_WITHIN_S = LEASE_S / 2


@dataclass(frozen=True, slots=True)
class Noter:
    """What noting takes."""

    book: OrderBook
    pools: Pools
    debts: Debts

    def note(self, words: Sequence[Word], now: datetime, ends: Sequence[Settlement] = ()) -> None:
        """Write `words`; settle pools by what came of them, and by `ends` of before.

        Raises:
            StoreUnavailable: it is owed; or only Redis is not told, which a sweep mends.
        """
        try:
            ended = self.book.record(words, now)
        except StoreUnavailable:
            self.debts.owe(partial(self._again, words, now, ends), _WITHIN_S)
            raise
        self.pools.settle([*ends, *ended])

    def _again(self, words: Sequence[Word], now: datetime, ends: Sequence[Settlement]) -> None:
        self.pools.settle([*ends, *self.book.record(words, now)])
