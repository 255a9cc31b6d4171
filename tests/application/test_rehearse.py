"""A rehearsal takes the road of live runs, and comes to what they would come to."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from botfleet.adapters.botfile import read
from botfleet.adapters.market.simulated import SimulatedMarket
from botfleet.adapters.memory.pools import MemoryPools
from botfleet.application.gather import Gatherer
from botfleet.application.rehearse import Rehearsal, Stage, newcomer, rehearse
from botfleet.domain.bots.bot import Definition
from botfleet.domain.bots.state import BotState
from botfleet.domain.positions.position import Position, PositionState
from tests.application.bots import bot, closer, monitor, scanner

AT = datetime(2026, 3, 10, 14, 0, tzinfo=UTC)
SPREAD = """
            symbol: SPY
            structure: short_put_spread
            expiration: {at_least: 7}
            strikes: {short_put: {delta: 0.3}, long_put: {width: -5, of: short_put}}
            size: {contracts: 2}
"""


@dataclass(frozen=True)
class Fixed:
    at: datetime

    def now(self) -> datetime:
        return self.at


def rehearsed(definition: Definition, state: BotState | None = None, index: int = 0) -> Rehearsal:
    stage = Stage(definition, state or newcomer(definition, AT))
    gatherer = Gatherer(SimulatedMarket(0, Fixed(AT)))
    return rehearse(stage, index, AT, pools=MemoryPools(), gatherer=gatherer)


def test_what_would_be_opened_is_told_with_its_cost_and_its_numbers() -> None:
    done = rehearsed(read(bot(scanner(SPREAD))))
    assert done.explanation.run.outcome == "opening"
    assert done.explanation.is_same
    (one,) = done.opens
    assert one.granted.units == 2
    worst = (Decimal(5) + one.order.rungs[-1].limit) * 100  # the width less the least credit
    assert one.ask.unit_cost == int(worst * 100)
    assert one.granted.amount == 2 * one.ask.unit_cost
    (end,) = done.explanation.ends
    ((part,),) = (step.parts for step in end.steps)
    assert [number.at for number in part.numbers] == [AT]
    assert any("SPY quote" in number.question for number in done.facts)


def test_a_rehearsal_leaves_no_trace() -> None:
    definition = read(bot(scanner(SPREAD)))
    state = newcomer(definition, AT)
    assert rehearsed(definition, state).opens == rehearsed(definition, state).opens
    assert state == newcomer(definition, AT)


def test_the_limit_that_refuses_is_named() -> None:
    """A full bot's scanner is skipped, a monitor's open refused; the pool refuses the poor."""
    definition = read(bot(scanner(SPREAD), monitor(SPREAD), limits="300, 3, 3"))
    full = replace(newcomer(definition, AT), holding_n=3)
    assert rehearsed(definition, full).explanation.run.outcome == "skipped:open_positions"
    assert rehearsed(definition, full, 1).explanation.run.outcome == "refused:open_positions"
    poor = rehearsed(definition)
    assert poor.explanation.run.outcome == "refused:no_capital"
    assert [notice.code for notice in poor.notices] == ["refused:no_capital"]
    assert not poor.opens


def test_what_would_be_closed_is_told_for_a_bot_that_holds_something() -> None:
    definition = read(bot(scanner(SPREAD), closer()))
    held = rehearsed(definition).opens[0].position
    position: Position = replace(held, state=PositionState.OPEN)
    state = replace(newcomer(definition, AT), positions=(position,), holding_n=1, committed=80_000)
    done = rehearsed(definition, state, 1)
    assert done.explanation.run.outcome == "closing"
    assert [one.order.quantity for one in done.closes] == [2]
