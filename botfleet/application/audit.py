"""Audit: hold the broker's own book against the fleet's ledger, invariant by invariant.

Source: RELIABILITY 6.1. Pure: two sets of values in, findings out. Each finding tells how much was
looked at, or precisely what broke; one that found nothing to look at says so.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from botfleet.application.account import Account, End
from botfleet.application.follow import Follower, Looked, symbols_of
from botfleet.application.ports.ledgers import (
    BrokerBook,
    Ledger,
    LedgerBot,
    LedgerOrder,
    LedgerWork,
)
from botfleet.domain.capital.drift import Kept
from botfleet.domain.eastern import wall
from botfleet.domain.ids import BotId, OrderId
from botfleet.domain.market.calendar import is_open, session_at
from botfleet.domain.money import Money
from botfleet.domain.orders.order import is_ended
from botfleet.domain.positions.position import GIVEN_AWAY, PositionState
from botfleet.domain.schedules.agenda import EVENING, Kind

#: How many breaks a finding spells out.
_SHOWN = 3
#: Brokers round average prices to this, a share of each unit.
_ROUNDING = Decimal("0.0001")
_ENDED_WORK = frozenset({"done", "skipped", "missed"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One invariant put to the proof; `detail` says what was looked at, or what broke."""

    code: str
    sentence: str
    ok: bool
    detail: str


def audit(book: BrokerBook, ledger: Ledger) -> tuple[Finding, ...]:
    """Check every invariant that the two sides can prove, after the day has come to rest."""
    book = _named(book, ledger)
    followed = Follower(ledger)
    followed.follow(book)
    return (
        _capital(followed.capital),
        _sent_once(book, ledger),
        _booked_once(book, ledger),
        _same_holdings(book, ledger),
        _work_ended(ledger),
        _limits(followed.slots),
        _same_money(ledger),
        _settled_once(ledger),
        _nothing_stuck(ledger),
        _closes(followed.closes),
        _in_session(ledger),
    )


def _named(book: BrokerBook, ledger: Ledger) -> BrokerBook:
    """Name orders that carry no tag as the fleet does, by account and number (class C)."""
    known = {
        (ledger.positions[order.position_id].account, order.broker_order_id): order.wire_id
        for order in ledger.orders
        if order.broker_order_id and order.position_id in ledger.positions
    }
    events = (
        event if event.tag else replace(event, tag=known.get((event.account, event.number), ""))
        for event in book.events
    )
    return replace(book, events=tuple(events))


def _capital(looked: Looked) -> Finding:
    seen = f"{_n(looked.count, 'acceptance')} of {_n(len(looked.bots), 'bot')}"
    sentence = "No bot ever held more capital than its allocation"
    return _finding("I1", sentence, looked.broken, seen, looked.count)


def _limits(looked: Looked) -> Finding:
    seen = f"{_n(len(looked.bots), 'bot')} at each of {_n(looked.count, 'acceptance')}"
    sentence = "No bot passed its position limits"
    return _finding("I5", sentence, looked.broken, seen, looked.count)


def _closes(looked: Looked) -> Finding:
    sentence = "No close was larger than what was open"
    return _finding("I12", sentence, looked.broken, _n(looked.count, "close"), looked.count)


def _sent_once(book: BrokerBook, ledger: Ledger) -> Finding:
    """I2: accepted orders per intent at most one, and only of intents that were being sent."""
    intents = {order.wire_id: order for order in ledger.orders}
    accepted = Counter(event.tag for event in book.events if event.what == "accepted")
    broken = [f"{tag} was accepted {count} times" for tag, count in accepted.items() if count > 1]
    strangers = sorted(accepted.keys() - intents.keys())
    broken += [f"{tag or 'an order without a tag'} is none of ours" for tag in strangers]
    broken += [
        f"{tag} was accepted but never sent"
        for tag in accepted
        if tag in intents and not intents[tag].was_sent
    ]
    sent = sum(order.was_sent for order in ledger.orders)
    seen = f"{_n(sent, 'intent')} sent, {accepted.total():,} accepted"
    sentence = "Every order intent reached the broker at most once"
    return _finding("I2", sentence, broken, seen, sent + accepted.total())


@dataclass(slots=True)
class _Filled:
    units: int = 0
    dollars: Decimal = Decimal(0)


def _booked_once(book: BrokerBook, ledger: Ledger) -> Finding:
    """I3: what the broker filled is what was booked, order by order, in units and in dollars."""
    tags = {event.order: event.tag for event in book.events}
    orders = {order.wire_id: order for order in ledger.orders}
    theirs: dict[OrderId, _Filled] = defaultdict(_Filled)
    broken: list[str] = []
    for execution in book.executions:
        order = orders.get(tags.get(execution.order, ""))
        if order is None:
            broken.append(f"an execution of the broker's order {execution.order} belongs to none")
        else:
            _add(theirs[order.order_id], execution.units, execution.price)
    ours: dict[OrderId, _Filled] = defaultdict(_Filled)
    for fill in ledger.fills:
        _add(ours[fill.order_id], fill.quantity, fill.price)
    for order in ledger.orders:
        broken += _differences(order, theirs[order.order_id], ours[order.order_id])
    units = sum(execution.units for execution in book.executions)
    seen = f"{_n(len(book.executions), 'execution')}, {_n(units, 'unit')}"
    sentence = "Every execution was booked once, to one position"
    return _finding("I3", sentence, broken, seen, len(book.executions) + len(ledger.fills))


def _add(filled: _Filled, units: int, price: Decimal) -> None:
    filled.units += units
    filled.dollars += units * price


def _differences(order: LedgerOrder, theirs: _Filled, ours: _Filled) -> Iterator[str]:
    if not theirs.units == ours.units == order.filled:
        booked = f"{ours.units} booked, {order.filled} counted"
        yield f"{order.wire_id}: {theirs.units} executed, {booked}"
    elif abs(theirs.dollars - ours.dollars) > theirs.units * _ROUNDING:
        yield f"{order.wire_id}: executed for {theirs.dollars}, booked for {ours.dollars}"


def _same_holdings(book: BrokerBook, ledger: Ledger) -> Finding:
    """I3: what each account holds is the sum of its bots' positions, contract by contract.

    But for contracts of positions that are their owners' now, who may have closed them or not.
    """
    theirs = Counter[tuple[str, str]]()
    for holding in book.holdings:
        theirs[holding.account, holding.symbol] += holding.quantity
    ours, unknown = _held(ledger), _given_away(ledger)
    broken = [
        f"{account} holds {theirs[account, symbol]} {symbol}, its bots {ours[account, symbol]}"
        for account, symbol in sorted((theirs.keys() | ours.keys()) - unknown)
        if theirs[account, symbol] != ours[account, symbol]
    ]
    accounts = {account for account, _ in theirs.keys() | ours.keys()}
    seen = f"{_n(len(theirs), 'holding')} in {_n(len(accounts), 'account')}"
    sentence = "Accounts hold exactly what their bots' positions add up to"
    return _finding("I3b", sentence, broken, seen, len(theirs) + len(ours))


def _held(ledger: Ledger) -> Counter[tuple[str, str]]:
    held = Counter[tuple[str, str]]()
    for position in ledger.positions.values():
        if position.state in {PositionState.OPEN, PositionState.CLOSING}:
            for symbol, ratio in symbols_of(position).items():
                held[position.account, symbol] += ratio * position.quantity
    return held


def _given_away(ledger: Ledger) -> set[tuple[str, str]]:
    return {
        (position.account, symbol)
        for position in ledger.positions.values()
        if position.state in GIVEN_AWAY
        for symbol in symbols_of(position)
    }


def _work_ended(ledger: Ledger) -> Finding:
    """I4: each due piece of work ended, done or missed, and no automation judged a mark twice."""
    broken = [
        f"{_n(one.count, f'{one.kind} row')} of {_clock(one.due_at)} {one.state}"
        for one in ledger.work
        if one.state not in _ENDED_WORK
    ]
    broken += [f"{name} judged one mark twice" for name in ledger.repeated]
    states = Counter[str]()
    for one in ledger.work:
        states[one.state] += one.count
    runs = sum(one.count for one in ledger.runs)
    ended = f"{states['skipped']:,} skipped, {states['missed']:,} missed"
    seen = f"{_n(states['done'], 'row')} done, {ended}, {_n(runs, 'run')}"
    return _finding("I4", "Every due event ended once", broken, seen, states.total())


def slots_accounted(found: Account) -> Finding:
    """I4: whatever was due left a row, even where it concerned nobody."""
    broken = [
        f"the {one.trigger if one.kind is Kind.EVENT else one.kind} of {_clock(one.due_at)} "
        f"left no trace"
        for one in found.forgotten
    ]
    done = sum(one.end is End.DONE for one in found.slots)
    seen = f"{_n(len(found.slots), 'slot')}, {done:,} of them done"
    return _finding("I4b", "Every slot of the day left a trace", broken, seen, len(found.slots))


def _same_money(ledger: Ledger) -> Finding:
    """I7: the entries' sums, the pool's row and the arbiter's pool are the same, to the cent."""
    sums: dict[BotId, Counter[str]] = defaultdict(Counter)
    for entry in ledger.entries:
        sums[entry.bot_id][entry.kind] += entry.amount
    broken = [
        words
        for bot in ledger.bots.values()
        for words in _money_faults(bot, sums[bot.bot_id], ledger)
    ]
    loaded = len(ledger.pools.keys() & ledger.bots.keys())
    entries = _n(len(ledger.entries), "entry", "entries")
    seen = f"{_n(len(ledger.bots), 'pool')}, {loaded:,} of them in Redis, {entries}"
    sentence = "Ledger, balance and Redis agree to the cent"
    return _finding("I7", sentence, broken, seen, len(ledger.bots))


def _money_faults(bot: LedgerBot, sums: Counter[str], ledger: Ledger) -> Iterator[str]:
    told = {
        "committed": (bot.committed, sums["post"] + sums["close"]),
        "pending": (bot.pending, sums["pend"] + sums["final"]),
        "gains": (bot.gains, sums["gain"]),
    }
    for what, (row, entries) in told.items():
        if row != entries:
            yield f"{bot.name}: {what} {Money(row)}, by its entries {Money(entries)}"
    kept = ledger.pools.get(bot.bot_id)
    row_says = f"{Money(bot.committed)} and {Money(bot.pending)}"
    for words in () if kept is None else _arbiters(kept):
        if words != row_says:
            yield f"{bot.name}: Redis has {words} committed and pending, Postgres {row_says}"


def _arbiters(kept: Kept) -> tuple[str, ...]:
    """Tell the arbiter's sums, and the sums of its holds where those differ."""
    if kept.pool is None:
        return ("no sense",)
    sums = f"{Money(kept.committed)} and {Money(kept.pending)}"
    holds = f"{Money(kept.pool.committed)} and {Money(kept.pool.pending)}"
    return (sums,) if sums == holds else (sums, f"holds of {holds}")


def _settled_once(ledger: Ledger) -> Finding:
    """I8: a draw is settled by one final entry, once it has ended and not before."""
    finals = Counter(entry.draw_id for entry in ledger.entries if entry.kind == "final")
    broken = [
        f"draw {draw.draw_id} is {draw.state} with {_n(finals[draw.draw_id], 'final')}"
        for draw in ledger.draws
        if finals[draw.draw_id] != (0 if draw.state == "pending" else 1)
    ]
    unknown = finals.keys() - {draw.draw_id for draw in ledger.draws}
    broken += [f"a final names no draw: {draw}" for draw in unknown]
    seen = f"{_n(len(ledger.draws), 'draw')}, {_n(finals.total(), 'final')}"
    return _finding("I8", "No draw was settled twice", broken, seen, len(ledger.draws))


def _nothing_stuck(ledger: Ledger) -> Finding:
    """I10: after the day nothing waits: no order, no draw, no position half way."""
    between = {PositionState.OPENING, PositionState.CLOSING}
    broken = [f"order {o.wire_id} is {o.state}" for o in ledger.orders if not is_ended(o.state)]
    broken += [f"draw {d.draw_id} is pending" for d in ledger.draws if d.state == "pending"]
    broken += [
        f"position {p.position_id} is {p.state}"
        for p in ledger.positions.values()
        if p.state in between
    ]
    counts = (len(ledger.orders), len(ledger.draws), len(ledger.positions))
    names = ("order", "draw", "position")
    seen = ", ".join(_n(count, name) for count, name in zip(counts, names, strict=True))
    return _finding("I10", "Nothing was left half done", broken, seen, sum(counts))


def _in_session(ledger: Ledger) -> Finding:
    """I15: rings and runs lie within their session's hours, the evening's work after."""
    broken = [
        f"{_n(one.count, f'{one.kind} row')} due at {_clock(one.due_at)}"
        for one in ledger.work
        if not _is_timely(one)
    ]
    early_or_late = [one for one in ledger.runs if not is_open(one.at)]
    broken += [f"{_n(one.count, 'run')} at {_clock(one.at)}" for one in early_or_late]
    rings, runs = sum(one.count for one in ledger.work), sum(one.count for one in ledger.runs)
    seen = f"{_n(rings, 'ring')}, {_n(runs, 'run')}"
    if ledger.runs:
        instants = [one.at for one in ledger.runs]
        seen += f", {_clock(min(instants))} to {_clock(max(instants))} ET"
    return _finding("I15", "Nothing ran outside the session", broken, seen, rings + runs)


def _is_timely(one: LedgerWork) -> bool:
    session = session_at(one.due_at)
    if one.kind in EVENING:
        return session is not None and one.due_at >= session.closes_at
    return is_open(one.due_at)


def _finding(code: str, sentence: str, broken: Sequence[str], seen: str, looks: int) -> Finding:
    if broken:
        rest = f"; and {len(broken) - _SHOWN:,} more" if len(broken) > _SHOWN else ""
        return Finding(code, sentence, False, "; ".join(broken[:_SHOWN]) + rest)
    return Finding(code, sentence, True, seen if looks else f"nothing to look at: {seen}")


def _n(count: int, what: str, many: str = "") -> str:
    return f"{count:,} {what if count == 1 else many or what + 's'}"


def _clock(at: datetime) -> str:
    return f"{wall(at):%H:%M:%S}"
