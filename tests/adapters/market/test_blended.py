from dataclasses import dataclass
from datetime import date, datetime, time

from botfleet.adapters.market.blended import BlendedMarket
from botfleet.adapters.market.moods import INDICES
from botfleet.adapters.market.simulated import SimulatedMarket
from botfleet.adapters.market.sketches import SKETCHES
from botfleet.domain.eastern import instant


@dataclass
class FixedClock:
    at: datetime

    def now(self) -> datetime:
        return self.at


CLOCK = FixedClock(instant(date(2026, 7, 2), time(11)))
FIRST = SimulatedMarket(1, CLOCK, {"SPY": SKETCHES["SPY"]})
SECOND = SimulatedMarket(2, CLOCK, {name: SKETCHES[name] for name in ("SPY", "TLT")})
BLEND = BlendedMarket(FIRST, SECOND)


def test_a_symbol_belongs_to_the_first_feed_that_knows_it() -> None:
    assert BLEND.quotes(["SPY", "TLT"]) == {**SECOND.quotes(["TLT"]), **FIRST.quotes(["SPY"])}
    assert BLEND.bars(["SPY"], 5) == FIRST.bars(["SPY"], 5) != SECOND.bars(["SPY"], 5)
    assert BLEND.symbols() == {"SPY", "TLT", *INDICES}


def test_options_are_routed_by_their_root() -> None:
    expirations = BLEND.expirations(["SPY", "TLT", "ZZZZ"])
    keys = [(symbol, listed[0]) for symbol, listed in expirations.items()]
    chains = BLEND.chains(keys)
    assert chains == {**FIRST.chains(keys[:1]), **SECOND.chains(keys[1:])}
    options = [chain.calls[5].option for chain in chains.values()]
    assert BLEND.option_quotes(options).keys() == set(options)


def test_nobody_is_asked_what_nobody_knows() -> None:
    assert not BLEND.quotes(["ZZZZ"])
    assert not BLEND.chains([("ZZZZ", date(2026, 7, 2))])
