"""Act: turn what a walk ended at into intents, notices and changes of its batch.

Nothing is done yet: a batch's intents are committed together, and orders leave after that.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from botfleet.application.batch import Batch
from botfleet.application.close import close
from botfleet.application.decide import Decided
from botfleet.application.ports.batches import NewExits, OpenIntent, OrderIntent
from botfleet.application.reserve import Wish
from botfleet.domain.bots.mishaps import Level, level_of, meaning_of
from botfleet.domain.bots.safeguards import Mode, bars
from botfleet.domain.bots.state import BROKER_DOWN, DAILY_LIMIT, POSITION_LIMIT, RECOVERING
from botfleet.domain.bots.symbols import SYMBOLS_MAX, TOO_MANY
from botfleet.domain.capital.pool import DrawRequest, Granted, Refused, Why
from botfleet.domain.capital.sizing import check_base
from botfleet.domain.eastern import day_of
from botfleet.domain.ids import DrawId, OrderId, PositionId, derive
from botfleet.domain.market.instruments import Leg, tick_of
from botfleet.domain.money import Money
from botfleet.domain.orders.ladder import PricePlan, Rung, ladder
from botfleet.domain.orders.order import Effect
from botfleet.domain.positions.cover import promised
from botfleet.domain.positions.position import Position, PositionState, Valuation
from botfleet.domain.trades.margin import bound, worst_case
from botfleet.domain.trades.opportunities import NoTrade, Opportunity
from botfleet.domain.trades.structures import Structure, strikes_of
from botfleet.domain.trees.changes import change
from botfleet.domain.trees.facts import NO_CAPITAL, ValueOf
from botfleet.domain.trees.memory import Change
from botfleet.domain.trees.nodes import Close, Notify, Open, UpdateExits
from botfleet.domain.trees.walk import Outcome
from botfleet.errors import Refusal


@dataclass(frozen=True, slots=True)
class Plan:
    """An open that wants capital: its rungs, and what the pool is asked."""

    decided: Decided
    outcome: Outcome
    action: Open
    opportunity: Opportunity
    rungs: tuple[Rung, ...]
    wish: Wish


def act(batch: Batch, decided: Decided, outcome: Outcome) -> Plan | None:
    """Do what a walk's end says; an open comes back as a plan, for it needs capital first."""
    action = outcome.action
    if outcome.missing == TOO_MANY:
        batch.tell(decided, Level.ERROR, "refused:symbols", _TOO_MANY, "")
        batch.end(decided, outcome, "refused:symbols")
    elif outcome.missing is not None:
        batch.end(decided, outcome, "no_data")
    elif isinstance(action, Open):
        plan = _plan(batch, decided, outcome, action)
        if plan is None or not action.ask:
            return plan
        batch.ask(decided, outcome, _wish(plan))
    elif isinstance(action, Close) and outcome.binding.position is not None:
        _close(batch, decided, outcome, action, outcome.binding.position)
    elif isinstance(action, UpdateExits) and outcome.binding.position is not None:
        batch.exits.append(NewExits(outcome.binding.position.position_id, action.exits))
        batch.end(decided, outcome, "exits_set")
    elif (made := _change(outcome)) is not None:
        batch.remember(decided, made)
        batch.end(decided, outcome, "remembered")
    elif isinstance(action, Notify):
        batch.tell(decided, "info", "notify", action.message, outcome.binding.item)
        batch.end(decided, outcome, "notified")
    else:
        batch.end(decided, outcome, "nothing")
    return None


def _wish(plan: Plan) -> str:
    """Tell an owner what would be opened, as a trader would say it."""
    trade = plan.opportunity
    legs = ", ".join(f"{leg.ratio:+d} {_words(leg)}" for leg in trade.legs)
    middle = (trade.bid + trade.ask) / 2
    price = f"{abs(middle):.2f} {'paid' if middle > 0 else 'received'} a share"
    return f"Open {trade.symbol} {_kind(trade.structure)} ({legs}) for about {price}"


def _words(leg: Leg) -> str:
    if leg.option is None:
        return "shares"
    return f"{leg.option.expires_on} {leg.option.strike.normalize():f} {leg.option.right}"


def _kind(structure: Structure) -> str:
    return structure.value.replace("_", " ")


def _change(outcome: Outcome) -> Change | None:
    return change(outcome.action, outcome.binding) if outcome.action is not None else None


def _plan(batch: Batch, decided: Decided, outcome: Outcome, action: Open) -> Plan | None:
    opportunity = outcome.opportunity
    if not isinstance(opportunity, Opportunity) or outcome.size is None:
        _refuse_open(batch, decided, outcome, opportunity)
        return None
    state = decided.entry.state
    try:
        rungs, cost = _priced(opportunity, action.price)
        check_base(outcome.size, state.net_liquidation)
    except Refusal as why:
        words = NoTrade("E3", f"Unable to calculate quantity: {why}")
        _refuse_open(batch, decided, outcome, words)
        return None
    draw = DrawId(derive("draw", decided.entry.run_id, outcome.path, outcome.binding.item))
    wish = Wish(draw, state, outcome.size, cost.cents)
    return Plan(decided, outcome, action, opportunity, rungs, wish)


def _priced(trade: Opportunity, plan: PricePlan) -> tuple[tuple[Rung, ...], Money]:
    """Lay out the prices of an open, and give what one unit can lose at the last of them.

    Raises:
        Refusal: at that price it is not what it claims to be, so nobody can say.
    """
    structure, strikes = trade.structure, strikes_of(trade.legs)
    worst, tick = bound(structure, strikes), tick_of(trade.symbol)
    rungs = ladder(trade.bid, trade.ask, plan, bound=worst, tick=tick)
    return rungs, worst_case(structure, strikes, rungs[-1].limit)


_TOO_MANY = f"The bot may use {SYMBOLS_MAX} symbols a day; this run wanted another."
#: What keeps a bot from opening, as its owner reads it.
_WORDS = {
    NO_CAPITAL: "The bot has no capital left.",
    POSITION_LIMIT: "The bot holds as many positions as it may.",
    DAILY_LIMIT: "The bot has opened as many positions today as it may.",
    Mode.REDUCING.value: "Only closing is allowed just now.",
    Mode.HALTED.value: "Trading is halted just now.",
    RECOVERING: "The account is compared with its broker first: the fleet was away or restored.",
    BROKER_DOWN: "The broker does not answer just now.",
}


def _refuse_open(
    batch: Batch, decided: Decided, outcome: Outcome, why: Opportunity | NoTrade | None
) -> None:
    why = why if isinstance(why, NoTrade) else None
    code = f"no_trade:{why.code}" if why else f"refused:{outcome.refusal}"
    message = why.message if why else _WORDS[outcome.refusal]
    batch.tell(decided, level_of(code), code, message, outcome.binding.item)
    batch.end(decided, outcome, code)


def take(batch: Batch, plan: Plan, ask: DrawRequest, answer: Granted | Refused) -> None:
    """Open what the pool granted; tell the owner what it refused, and why."""
    decided, outcome = plan.decided, plan.outcome
    if isinstance(answer, Refused):
        code = f"refused:{answer.why}"
        message = f"{plan.opportunity.symbol}: {_refused(ask, answer)}"
        batch.tell(decided, "warning", code, message, outcome.binding.item)
        batch.end(decided, outcome, code)
        return
    state = batch.states[ask.bot_id]
    intent = _open(plan, ask, answer, batch.now, batch.action(decided, outcome))
    stands = state.after_draw(answer.amount, ask.day, (intent.position,))
    batch.states[ask.bot_id] = replace(stands, epoch=answer.epoch)
    batch.snapshot.note_opened(ask.bot_id, intent.position)
    batch.opens.append(intent)
    batch.end(decided, outcome, "opening", ask.draw_id)


def _refused(ask: DrawRequest, answer: Refused) -> str:
    free, one = f"${answer.free / 100:,.2f}", f"${ask.unit_cost / 100:,.2f}"
    is_enough = answer.free >= ask.unit_cost * max(1, ask.units_min)
    if answer.why is Why.NO_CAPITAL and is_enough:
        return f"the size allows no whole unit; one may cost {one}, {free} is free."
    meaning = meaning_of(f"refused:{answer.why}")
    return f"{meaning}, {free} is free." if answer.why is Why.NO_CAPITAL else f"{meaning}."


def _open(
    plan: Plan, ask: DrawRequest, granted: Granted, now: datetime, action: UUID
) -> OpenIntent:
    state, trade = plan.decided.entry.state, plan.opportunity
    position = Position(
        PositionId(derive("position", ask.draw_id)),
        trade.symbol,
        trade.structure,
        trade.legs,
        granted.units,
        plan.rungs[-1].limit,
        PositionState.OPENING,
        now,
        trade.expires_on,
        plan.action.exits,
        tags=plan.action.tags,
        covered_by=plan.outcome.cover,
    )
    order = OrderIntent(
        OrderId(derive("order", "open", ask.draw_id)),
        state.user_id,
        state.bot_id,
        state.account_id,
        position.position_id,
        plan.decided.entry.run_id,
        Effect.OPEN,
        trade.symbol,
        trade.legs,
        granted.units,
        plan.rungs,
    )
    return OpenIntent(ask, granted, position, order, action)


def _close(
    batch: Batch, decided: Decided, outcome: Outcome, action: Close, position: Position
) -> None:
    state = batch.states[decided.entry.state.bot_id]
    worth = batch.snapshot.facts[ValueOf(position.position_id)]
    same = (one for one in state.positions if one.position_id == position.position_id)
    held = next(same, position)
    if held.state is not PositionState.OPEN or not isinstance(worth, Valuation):
        batch.end(decided, outcome, "already_closing")
        return
    if bars(state.mode, Effect.CLOSE):
        batch.end(decided, outcome, f"refused:{state.mode}")
        return
    if not state.may_leave(held, day_of(batch.now)):
        why = RECOVERING if state.barred == RECOVERING else "day_trading"
        batch.end(decided, outcome, f"refused:{why}")
        return
    if promised(held.position_id, state.positions):
        words = f"{held.symbol}: calls are sold against these shares; close them first."
        batch.tell(decided, "warning", "covering", words, outcome.binding.item)
        batch.end(decided, outcome, "covering")
        return
    if action.ask:
        batch.ask(decided, outcome, f"Close {held.quantity} {held.symbol} {_kind(held.structure)}")
        return
    cause, name = decided.entry.run_id, decided.entry.automation.name
    intent = close(state, position, worth, plan=action.price, cause=cause, why=name)
    batch.closes.append(intent)
    batch.states[state.bot_id] = state.after_close(position.position_id)
    batch.end(decided, outcome, "closing")
