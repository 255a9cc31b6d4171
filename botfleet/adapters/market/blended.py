"""Several feeds as one: each symbol belongs to the first that knows it, its options included."""

from collections.abc import Callable, Collection, Hashable, Mapping
from datetime import date
from typing import Protocol, TypeVar

from botfleet.application.ports.market import Market
from botfleet.domain.market.chains import Chain
from botfleet.domain.market.instruments import Option
from botfleet.domain.market.quotes import Bar, MinuteBar, OptionQuote, Quote


class Brand(Market, Protocol):
    """A feed that can name what it knows."""

    def symbols(self) -> frozenset[str]:
        """Name the underlyings this feed knows."""
        ...


_Key = TypeVar("_Key", bound=Hashable)
_Answer = TypeVar("_Answer")


class BlendedMarket:
    """A Market over others, the first given preferred. What a symbol's feed lacks is absent."""

    def __init__(self, *markets: Brand) -> None:
        self._markets = markets
        self._owners = {
            symbol: market for market in reversed(markets) for symbol in market.symbols()
        }

    def symbols(self) -> frozenset[str]:
        """Name the underlyings any of the feeds knows."""
        return frozenset(self._owners)

    def quotes(self, symbols: Collection[str]) -> Mapping[str, Quote]:
        """Quote underlyings."""
        return self._gather(symbols, str, lambda market, mine: market.quotes(mine))

    def option_quotes(self, options: Collection[Option]) -> Mapping[Option, OptionQuote]:
        """Quote single contracts, each by the feed of its root."""
        return self._gather(
            options, lambda option: option.root, lambda market, mine: market.option_quotes(mine)
        )

    def expirations(self, symbols: Collection[str]) -> Mapping[str, tuple[date, ...]]:
        """List the expirations not yet past, rising."""
        return self._gather(symbols, str, lambda market, mine: market.expirations(mine))

    def chains(self, wanted: Collection[tuple[str, date]]) -> Mapping[tuple[str, date], Chain]:
        """Fetch whole expirations, with greeks."""
        return self._gather(wanted, lambda key: key[0], lambda market, mine: market.chains(mine))

    def bars(self, symbols: Collection[str], count: int) -> Mapping[str, tuple[Bar, ...]]:
        """Fetch the last `count` whole sessions before today, oldest first."""
        return self._gather(symbols, str, lambda market, mine: market.bars(mine, count))

    def minutes(self, symbols: Collection[str]) -> Mapping[str, tuple[MinuteBar, ...]]:
        """Fetch the session's minutes that have ended, oldest first."""
        return self._gather(symbols, str, lambda market, mine: market.minutes(mine))

    def _gather(
        self,
        keys: Collection[_Key],
        symbol_of: Callable[[_Key], str],
        ask: Callable[[Brand, list[_Key]], Mapping[_Key, _Answer]],
    ) -> dict[_Key, _Answer]:
        answers: dict[_Key, _Answer] = {}
        for market in self._markets:
            mine = [key for key in keys if self._owners.get(symbol_of(key)) is market]
            if mine:
                answers |= ask(market, mine)
        return answers
