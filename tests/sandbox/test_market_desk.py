"""The desk's shelf under many readers at once."""

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime
from decimal import Decimal
from threading import Event
from typing import Any

from botfleet.domain.market.quotes import Quote
from botfleet.sandbox.market_desk import MarketDesk
from tests.patience import PATIENCE_S

NOON = datetime(2026, 3, 10, 16, tzinfo=UTC)


class Slow:
    """A feed that answers when it is let."""

    def __init__(self) -> None:
        self.asked, self.let_go = Event(), Event()

    def quotes(self, symbols: Collection[str]) -> Mapping[str, Quote]:
        self.asked.set()
        assert self.let_go.wait(PATIENCE_S)
        return {one: Quote(one, NOON, Decimal(1), Decimal(2), Decimal(1)) for one in symbols}


class Clock:
    def now(self) -> datetime:
        return NOON


def test_who_asks_while_a_quote_is_being_written_gets_it_too() -> None:
    """Half written quotes were told as unknown: bots saw no data at the day's first mark."""
    feed: Any = Slow()
    desk = MarketDesk(feed, Clock(), 1.0)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(desk.quotes, ["SPY"], greeks=False)
        assert feed.asked.wait(PATIENCE_S)
        second = threads.submit(desk.quotes, ["SPY"], greeks=False)
        wait([second], 0.5)  # it must not be answered yet; a hasty answer is judged below
        feed.let_go.set()
        answers = (first.result(10), second.result(10))
    assert [b'"unmatched_symbols"' in answer for answer in answers] == [False, False]
