"""`botfleet position`: what bots hold and held, and what their owners do with it by hand."""

import secrets
from decimal import Decimal, InvalidOperation
from typing import Annotated
from uuid import UUID

import typer
from rich.text import Text

from botfleet.adapters import botfile
from botfleet.application.inspect import Inspection, inspect
from botfleet.application.override import override as hand_over
from botfleet.application.ports.journal import PositionLine, Wanted
from botfleet.cli.connected import connected
from botfleet.cli.listing import Limit, console, gathered, money, plain, show, show_one
from botfleet.cli.options import AsJson, Home, print_json
from botfleet.cli.panels import exits_of, preset_named
from botfleet.domain.eastern import day_of
from botfleet.domain.ids import PositionId
from botfleet.domain.positions.exits import Exits
from botfleet.domain.positions.position import PositionState
from botfleet.domain.trees.wording import exits as worded
from botfleet.errors import BadInput

app = typer.Typer(no_args_is_help=True, help="What bots hold and held.")


def _unrealised(held: PositionLine) -> str:
    return "" if held.unrealised_cents is None else money(held.unrealised_cents)


_COLUMNS = {
    "opened (ET)": lambda held: held.opened_at,
    "user": lambda held: held.user,
    "bot": lambda held: held.bot,
    "symbol": lambda held: held.symbol,
    "structure": lambda held: held.structure.replace("_", " "),
    "quantity": lambda held: held.quantity,
    "entry": lambda held: held.entry.normalize(),
    "state": lambda held: held.state,
    "gain": lambda held: f"{held.gain:+.1%}",
    "unrealised": _unrealised,
    "realised": lambda held: money(held.realised_cents),
    "closed by": lambda held: held.closed_by,
    "position": lambda held: held.position_id,
}
_NEEDS = {
    "exit": lambda need: need.exit,
    "set to": lambda need: need.set_to,
    "now": lambda need: need.now,
    "fires at": lambda need: need.needs,
}
_ORDERS = {
    "Eastern": lambda order: order.created_at,
    "": lambda order: order.effect,
    "why": lambda order: order.why,
    "filled": lambda order: f"{order.filled} of {order.quantity}",
    "limit": lambda order: order.limit,
    "state": lambda order: order.state,
    "order": lambda order: order.order_id,
}
Named = Annotated[UUID, typer.Argument(metavar="POSITION", help="The position's id.")]


@app.command("list", epilog="Examples:  botfleet position list --state open   ·   … --json")
def list_(
    *,
    bot: Annotated[str | None, typer.Option(help="Only this bot's, by name or id.")] = None,
    state: Annotated[PositionState | None, typer.Option(help="Only those in this state.")] = None,
    limit: Limit = 20,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """List positions, newest first."""
    journal = connected(home).journal
    bot_id = journal.bot(None, bot).bot_id if bot else None
    lines = gathered(journal.positions, Wanted(None, bot_id, str(state or ""), limit=limit))
    show(lines, _COLUMNS, as_json=as_json, none="There are no positions.")


@app.command("show", epilog="Examples:  botfleet position show 5d1c…   ·   … --json")
def show_(position: Named, *, home: Home = None, as_json: AsJson = False) -> None:
    """Show a position: its worth, what each of its exits would need to fire now, its orders."""
    wiring = connected(home)
    now = wiring.clock.now()
    seen = inspect(None, PositionId(position), now, panels=wiring.panels, gatherer=wiring.gatherer)
    if as_json:
        print_json(_plain(seen))
        return
    show_one(seen.record.line, _fields(seen), as_json=False)
    nothing = "It has no exits." if seen.record.line.closed_at is None else "Its exits are history."
    show(seen.needs, _NEEDS, as_json=False, none=nothing)
    for why in seen.why_not:
        console().print(Text(f"No exit acts now: {why}."))
    show(seen.record.orders, _ORDERS, as_json=False, none="It has no orders.")


@app.command(epilog="Examples:  botfleet position close 5d1c…")
def close(
    position: Named,
    *,
    click: Annotated[
        str | None, typer.Option(help="Names this close: the same one twice is one.")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Close a position, now, at the usual prices; the market must be open."""
    key = click or secrets.token_urlsafe(12)
    work = connected(home).dismiss.dismiss(None, PositionId(position), key)
    if as_json:
        print_json({"work_id": work, "click_id": key})
    else:
        typer.echo(f"Its close is on its way; `botfleet position show {position}` tells of it.")


@app.command(epilog="Examples:  botfleet position override 5d1c…   ·   … --result -120.50")
def override(
    position: Named,
    *,
    result: Annotated[
        str | None, typer.Option(help="All it came to, in dollars; may be corrected later.")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Take a position over: no bot touches it again, its slot and capital are free."""
    wiring = connected(home)
    named, now = PositionId(position), wiring.clock.now()
    hand_over(None, named, _cents(result), now, panels=wiring.panels, pools=wiring.pools)
    line = wiring.panels.record(None, named, day_of(now)).line
    if as_json:
        print_json(plain(line))
    else:
        typer.echo(f"The position is its owner's; it came to {money(line.realised_cents)}.")


@app.command(
    epilog="Examples:  botfleet position exits 5d1c… --off   ·   … --set '{profit: 50%}'"
    "   ·   … --preset Careful"
)
def exits(
    position: Named,
    *,
    on: Annotated[
        bool | None, typer.Option("--on/--off", help="Let its exits act, or not.")
    ] = None,
    set_: Annotated[
        str | None, typer.Option("--set", help="Its whole panel, as in a bot file.")
    ] = None,
    preset: Annotated[str | None, typer.Option(help="Its owner's preset of this name.")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Switch a position's exits, or give it another panel; its bot's other positions stay."""
    if set_ is not None and preset is not None:
        raise BadInput("Give --set or --preset, not both.")
    wiring, named = connected(home), PositionId(position)
    today = day_of(wiring.clock.now())
    record = wiring.panels.record(None, named, today)
    panel = None if set_ is None else exits_of(set_)
    if preset is not None:
        panel = preset_named(wiring, record, preset)
    if panel is not None:
        wiring.panels.set_exits(None, named, panel)
    if on is not None:
        wiring.panels.switch(None, named, is_on=on)
    record = wiring.panels.record(None, named, today)
    told = {"is_on": record.is_on, "exits": botfile.plain_exits(record.position.exits)}
    if as_json:
        print_json(told)
    else:
        typer.echo(f"Its exits are {_switch(is_on=record.is_on)}: {_said(record.position.exits)}.")


def _plain(seen: Inspection) -> dict[str, object]:
    record = seen.record
    return {
        **plain(record.line),
        "exits": botfile.plain_exits(record.position.exits),
        "exits_on": record.is_on,
        "bot_exits_on": record.bot_is_on,
        "low_gain": record.position.low_gain,
        "high_at": plain(record.high_at),
        "low_at": plain(record.low_at),
        "attempts_today": record.attempts_today,
        "rules": plain(record.rules),
        "mid": plain(seen.worth and seen.worth.mid),
        "needs": plain(seen.needs),
        "why_not": list(seen.why_not),
        "orders": plain(record.orders),
    }


def _fields(seen: Inspection) -> dict[str, object]:
    record, line = seen.record, seen.record.line
    legs = ", ".join(f"{ratio:+d} {symbol or line.symbol}" for symbol, ratio in line.legs)
    worth = seen.worth
    return {
        "position": line.position_id,
        "bot": f"{line.bot} of {line.user}",
        "what": f"{line.quantity} {line.structure.replace('_', ' ')}: {legs}",
        "state": f"{line.state} {line.closed_by}".strip(),
        "opened": line.opened_at,
        "entry": line.entry.normalize(),
        "worth": f"{worth.mid:.2f}, {worth.bid:.2f} to {worth.ask:.2f}" if worth else "",
        "return": f"{line.gain:+.1%}, {record.position.low_gain:+.1%} to {line.high_gain:+.1%}",
        "highest": record.high_at or "",
        "lowest": record.low_at or "",
        "unrealised": _unrealised(line),
        "realised": money(line.realised_cents),
        "exits": f"{_switch(is_on=record.is_on)}: {_said(record.position.exits)}",
        "tries": f"{record.attempts_today} today, at most {record.rules.attempts_max or 'any'}",
    }


def _said(panel: Exits) -> str:
    return worded(panel) or "none"


def _switch(*, is_on: bool) -> str:
    return "on" if is_on else "off"


def _cents(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        cents = Decimal(text) * 100
    except InvalidOperation:
        cents = Decimal("NaN")
    if not cents.is_finite() or cents != int(cents) or abs(cents) >= 10**12:
        raise BadInput(f"{text} is no amount of dollars and cents.")
    return int(cents)
