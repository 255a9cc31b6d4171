"""`botfleet order`: orders, from the wish to the fill."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import typer

from botfleet.application.ports.journal import OrderEventLine, OrderLine, OrderRecord, Wanted
from botfleet.cli.connected import connected
from botfleet.cli.listing import First, Last, Limit, gathered, plain, show, show_one
from botfleet.cli.options import AsJson, Home, print_json
from botfleet.domain.eastern import stretch
from botfleet.domain.ids import OrderId, RunId
from botfleet.domain.orders.life import KNOWN
from botfleet.domain.orders.order import OrderState

app = typer.Typer(no_args_is_help=True, help="Orders, from the wish to the fill.")

_COLUMNS = {
    "Eastern": lambda order: order.created_at,
    "user": lambda order: order.user,
    "bot": lambda order: order.bot,
    "": lambda order: order.effect,
    "symbol": lambda order: order.symbol,
    "filled": lambda order: f"{order.filled} of {order.quantity}",
    "limit": lambda order: order.limit,
    "paid": lambda order: _price(order.paid),
    "state": lambda order: order.state,
    "order": lambda order: order.order_id,
}

_HISTORY = {
    "Eastern": lambda told: told.event.at,
    "until": lambda told: told.until or "",
    "happened": lambda told: told.happening,
    "state": lambda told: told.event.state,
    "limit": lambda told: told.event.price,
    "filled": lambda told: told.event.filled,
    "words": lambda told: told.event.detail,
}

_FILLS = {
    "Eastern": lambda fill: fill.at,
    "filled": lambda fill: fill.quantity,
    "price": lambda fill: _price(fill.price),
    "execution": lambda fill: fill.execution_id,
}


@app.command("list", epilog="Examples:  botfleet order list --state unknown   ·   … --json")
def list_(
    *,
    bot: Annotated[str | None, typer.Option(help="Only this bot's, by name or id.")] = None,
    state: Annotated[OrderState | None, typer.Option(help="Only those in this state.")] = None,
    run: Annotated[UUID | None, typer.Option(help="Only those of this run.")] = None,
    first: First = None,
    last: Last = None,
    limit: Limit = 20,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """List orders, newest first."""
    journal = connected(home).journal
    bot_id = journal.bot(None, bot).bot_id if bot else None
    of_run = RunId(run) if run else None
    since, before = stretch(first and first.date(), last and last.date())
    wanted = Wanted(None, bot_id, str(state or ""), of_run, since, before, limit=limit)
    lines = gathered(journal.orders, wanted)
    show(lines, _COLUMNS, as_json=as_json, none="There are no orders.")
    if len(lines) == limit and not as_json:
        typer.echo(f"\nThe newest {limit}; --limit shows more.")


@app.command("show", epilog="Examples:  botfleet order show 5d1c…")
def show_(
    order: Annotated[UUID, typer.Argument(metavar="ORDER", help="The order's id.")],
    *,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show all of an order: its legs, its ladder, and everything that happened to it."""
    record = connected(home).journal.order_record(None, OrderId(order))
    if as_json:
        print_json(plain({**plain(record.order), "history": record.history, "fills": record.fills}))
        return
    fields = {name: value for name, value in _fields(record.order).items() if value != ""}
    show_one(record.order, fields, as_json=False)
    _tell(record)


def _tell(record: OrderRecord) -> None:
    told = folded(record.history)
    has_folds = any(one.until for one in told)
    columns = {name: cell for name, cell in _HISTORY.items() if has_folds or name != "until"}
    show(told, columns, as_json=False, none="It has no history.")
    if record.fills:
        show(record.fills, _FILLS, as_json=False, none="")


@dataclass(slots=True)
class Told:
    """A line of a history: what happened, how often in a row, and until when."""

    event: OrderEventLine
    times: int = 1
    until: datetime | None = None

    def is_again(self, event: OrderEventLine) -> bool:
        """Whether that happened once more, its instant apart."""
        return astuple(self.event)[2:] == astuple(event)[2:]

    def add(self, event: OrderEventLine) -> None:
        """Take it in."""
        self.times, self.until = self.times + 1, event.at

    @property
    def happening(self) -> str:
        """Say what happened."""
        often = f", {self.times} times" if self.times > 1 else ""
        return f"{self.event.happening}{often}"


def folded(history: Sequence[OrderEventLine]) -> list[Told]:
    """Take what happened over and over, alone or in turn with another, as one line."""
    lines: list[Told] = []
    for event in history:
        again = next((one for one in reversed(lines[-2:]) if one.is_again(event)), None)
        if again is None:
            lines.append(Told(event))
        else:
            again.add(event)
    return lines


def _fields(order: OrderLine) -> dict[str, object]:
    legs = ", ".join(f"{ratio:+d} {symbol or order.symbol}" for symbol, ratio in order.legs)
    return {
        "order": order.order_id,
        "bot": f"{order.bot} of {order.user}",
        "what": f"{order.effect} {order.quantity} of {legs}",
        "state": f"{order.state}: {order.reason}".removesuffix(": "),
        "known": _known(order),
        "limit": f"{order.limit}, rung {order.rung + 1} of {order.rungs}",
        "filled": f"{order.filled} at {_price(order.paid) or 'nothing'}",
        "broker": f"{_number(order)}, tag {order.wire_id}",
        "written": order.created_at,
        "sent": order.sent_at or "",
        "ended": order.ended_at or "",
        "position": order.position_id,
        "run": order.run_id,
    }


def _known(order: OrderLine) -> str:
    """Say what is known of it, and what is known not to be known."""
    lists = "list" if order.looks == 1 else "whole lists"
    absent = f"; in {order.looks} {lists} of the broker's it was not" if order.looks else ""
    return KNOWN[OrderState(order.state)] + absent


def _number(order: OrderLine) -> str:
    if order.broker_order_id:
        return f"order {order.broker_order_id}"
    return "no number" if order.ended_at else "no number yet"


def _price(paid: Decimal | None) -> str:
    return "" if paid is None else f"{paid:.4f}".rstrip("0").rstrip(".")
