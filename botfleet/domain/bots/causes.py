"""Whose an order is that stands at a broker and in no book here: tried by what it may come of.

An order's own id is a digest of its cause: bot, automation, instant, place in the tree and loop
item; of a close the position and what wanted it. It cannot be read back, but everything a bot may
have decided in the half hour before the order was entered can be tried, and what matches proves
whose it is (RELIABILITY 4, 5). A close none of whose causes matches is a position's all the same
where it undoes exactly that one of all the account's. Anything else is nobody's here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from botfleet.domain.bots.bot import Definition
from botfleet.domain.bots.state import BotState
from botfleet.domain.ids import DrawId, OrderId, RunId, derive, run_id, wire_id
from botfleet.domain.market.instruments import Leg
from botfleet.domain.orders.order import Report
from botfleet.domain.positions.position import Position, PositionState
from botfleet.domain.schedules.agenda import Kind
from botfleet.domain.schedules.events import Transition
from botfleet.domain.trades.structures import ON_SHARES, ROLES, WITH_SHARES, Structure, lie_rightly
from botfleet.domain.trees.facts import UNBOUND, Binding
from botfleet.domain.trees.nodes import Loop, LoopOver, Node, Open, Step, children
from botfleet.domain.trees.walk import bind

#: How long before an order came up its cause may have been.
WITHIN = timedelta(minutes=30)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Author:
    """A bot of the account. `causes` are those of its work that name no minute of their own."""

    state: BotState
    definition: Definition
    causes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """An open as its bot wanted it; `legs` as its structure orders them."""

    state: BotState
    order_id: OrderId
    draw_id: DrawId
    run: RunId
    place: UUID
    action: Open
    structure: Structure
    legs: tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class Closed:
    """A close of a position, and what wanted it."""

    state: BotState
    order_id: OrderId
    position: Position
    run: RunId
    why: str


def cause_of(report: Report, authors: Sequence[Author]) -> Opened | Closed | None:
    """Find what an order comes of; None where nothing proves it."""
    if report.entered_at is None or not report.legs:
        return None
    opened = next((one for author in authors for one in _opens(report, author)), None)
    return opened or _close(report, authors)


def _opens(report: Report, author: Author) -> Iterator[Opened]:
    for run, automation in _runs(report, author):
        tree = author.definition.automations[automation].tree
        for path, action, binding in _places(tree, author.state.positions):
            draw = DrawId(derive("draw", run, path, binding.item))
            order = OrderId(derive("order", "open", draw))
            if wire_id(order) != report.wire_id:
                continue
            spec = bind(action.spec, binding)
            legs = arranged(spec.structure, report.legs)
            if legs and spec.symbol == report.symbol and spec.structure not in ON_SHARES:
                where = (author.state.bot_id, automation, path, binding.item)
                place = derive("action", *where)
                yield Opened(author.state, order, draw, run, place, action, spec.structure, legs)


def _close(report: Report, authors: Sequence[Author]) -> Closed | None:
    undone = tuple(replace(leg, ratio=-leg.ratio) for leg in report.legs)
    fitting = [
        (author, position)
        for author in authors
        for position in author.state.positions
        if position.state is PositionState.OPEN
        and position.symbol == report.symbol
        and position.quantity >= report.quantity
        and _same(position.legs, undone)
    ]
    for author, position in fitting:
        for run, why in _wishes(report, author):
            order = OrderId(derive("order", "close", position.position_id, run))
            if wire_id(order) == report.wire_id:
                return Closed(author.state, order, position, run, why)
    if len(fitting) != 1:
        return None
    (author, position), run = fitting[0], RunId(derive("found", report.wire_id))
    order = OrderId(derive("order", "close", position.position_id, run))
    return Closed(author.state, order, position, run, "found at the broker")


def _wishes(report: Report, author: Author) -> Iterator[tuple[RunId, str]]:
    for at in _minutes(report):
        for kind in (Kind.WATCH, Kind.EXPIRE):
            yield RunId(derive("exit", kind, at.isoformat())), kind.value
    for run, automation in _runs(report, author):
        yield run, author.definition.automations[automation].name


def _runs(report: Report, author: Author) -> Iterator[tuple[RunId, int]]:
    """Name every run that may have been, with its automation."""
    for automation in range(len(author.definition.automations)):
        for cause in _causes(report, author):
            yield run_id(author.state.bot_id, automation, cause), automation


def _causes(report: Report, author: Author) -> Iterator[str]:
    for at in _minutes(report):
        yield at.isoformat()
        yield f"event/{at.isoformat()}"
    for position in author.state.positions:
        for transition in Transition:
            yield f"{transition}/{position.position_id}"
    yield from author.causes


def _minutes(report: Report) -> Iterator[datetime]:
    entered_at = report.entered_at
    if entered_at is None:
        return
    at = entered_at.replace(second=0, microsecond=0)
    while at > entered_at - WITHIN:
        yield at
        at -= _MINUTE


def _places(
    node: Node,
    held: Sequence[Position],
    place: str = "",
    bindings: tuple[Binding, ...] = (UNBOUND,),
) -> Iterator[tuple[str, Open, Binding]]:
    """Give every open of a tree, with its place and each loop item it may be walked for."""
    action = node.action if isinstance(node, Step) else node
    if isinstance(action, Open):
        for binding in bindings:
            yield place, action, binding
    for letter, child in children(node):
        is_body = isinstance(node, Loop) and letter == "b"
        inner = tuple(_items(node, held, bindings)) if is_body else bindings  # type: ignore[arg-type]
        yield from _places(child, held, place + letter, inner)


def _items(
    loop: Loop, held: Sequence[Position], bindings: tuple[Binding, ...]
) -> Iterator[Binding]:
    for outer in bindings:
        if loop.over is LoopOver.POSITIONS:
            yield from (replace(outer, position=position) for position in held)
        else:
            yield from (replace(outer, symbol=symbol) for symbol in loop.symbols)


def arranged(structure: Structure, legs: Sequence[Leg]) -> tuple[Leg, ...]:
    """Put legs in the order of their structure's roles; nothing where they do not make it."""
    shares = tuple(leg for leg in legs if leg.option is None)
    options = [leg for leg in legs if leg.option is not None]
    wanted = (1,) if structure in WITH_SHARES or not ROLES[structure] else ()
    ordered: list[Leg] = []
    for role in ROLES[structure]:
        fit = [one for one in options if one.option and one.option.right is role.right]
        fit = [one for one in fit if one.ratio == role.ratio]
        ordered += fit[:1]
        options = [one for one in options if one not in ordered]
    strikes = tuple(leg.option.strike for leg in ordered if leg.option is not None)
    is_whole = not options and len(ordered) == len(ROLES[structure])
    if not is_whole or tuple(leg.ratio for leg in shares) != wanted:
        return ()
    return (*ordered, *shares) if lie_rightly(structure, strikes) else ()


def _same(one: Sequence[Leg], other: Sequence[Leg]) -> bool:
    return sorted(one, key=str) == sorted(other, key=str)
