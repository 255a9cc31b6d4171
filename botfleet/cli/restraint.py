"""`botfleet fleet halt|reduce|resume|switches`: the switches over the fleet and its parts."""

import getpass
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Annotated
from uuid import UUID

import typer

from botfleet.application.ports.journal import OrderLine
from botfleet.application.ports.switches import Concerned, SwitchLine
from botfleet.bootstrap import Wiring
from botfleet.cli.connected import connected, user_named
from botfleet.cli.listing import eastern, plain, show
from botfleet.cli.options import AsJson, Home, print_json
from botfleet.domain.bots.safeguards import FLEET, MEANING, OPERATOR, Mode, Scope
from botfleet.domain.ids import OrderId
from botfleet.domain.orders.order import OrderState, is_ended
from botfleet.errors import BadInput, Refusal

app = typer.Typer()

User = Annotated[str | None, typer.Option(help="Only this user's bots.")]
Bot = Annotated[str | None, typer.Option(help="Only this bot, by name or id.")]
Account = Annotated[str | None, typer.Option(help="Only this broker account, by id.")]
Reason = Annotated[str, typer.Option(help="Why; whoever is concerned reads it.")]
Wait = Annotated[
    bool, typer.Option("--wait", help="Wait until every order concerned has ended; tell each.")
]
_GLANCE_S, _WAIT_S = 0.2, 60.0
#: Doubtful orders that are named on a terminal; `--json` names all.
_NAMED_MAX = 5


@app.command(
    epilog="Examples:  botfleet fleet halt --reason 'bad quotes' --wait   ·   … --bot Scalper"
)
def halt(
    *,
    reason: Reason,
    user: User = None,
    bot: Bot = None,
    account: Account = None,
    wait: Wait = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Stop everything but cancels: no order leaves, working orders are cancelled.

    Once this is back, no further open is accepted: it waits, 12 s at most, for the brokers' word on
    what was on its way, and names what nobody can tell (exit 1). Exits and expiration closes stand
    still as well, until `botfleet fleet resume`; `reduce` leaves them running.
    """
    wiring = connected(home)
    _impose(wiring, _target(wiring, user, bot, account), Mode.HALTED, reason, wait, as_json=as_json)


@app.command(epilog="Examples:  botfleet fleet reduce --reason 'maintenance at noon' --user ann")
def reduce(
    *,
    reason: Reason,
    user: User = None,
    bot: Bot = None,
    account: Account = None,
    wait: Wait = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Let positions only be left: no open is sent, working opens are cancelled.

    It waits for what was on its way, as `halt` does.
    """
    wiring = connected(home)
    target = _target(wiring, user, bot, account)
    _impose(wiring, target, Mode.REDUCING, reason, wait, as_json=as_json)


@app.command(
    epilog="Examples:  botfleet fleet resume --yes   ·   botfleet fleet resume --bot Scalper"
)
def resume(
    *,
    user: User = None,
    bot: Bot = None,
    account: Account = None,
    holder: Annotated[str, typer.Option(help="Whose switch, as `switches` lists it.")] = OPERATOR,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Lift a switch; what others hold, and over other things, stays."""
    wiring = connected(home)
    scope, subject, name = _target(wiring, user, bot, account)
    if scope is Scope.FLEET:
        _confirm(f"Let all of {len(wiring.journal.bots(None)):,} bots trade again?", yes=yes)
    was_there = wiring.restrain.lift(scope, subject, holder)
    if as_json:
        print_json({"scope": scope, "subject": subject, "was_lifted": was_there})
    elif was_there:
        typer.echo(f"{name} goes on.{_left(wiring)}")
    else:
        raise Refusal(f"The {holder} holds no switch over {name.lower()}.{_left(wiring)}")


@app.command(epilog="Examples:  botfleet fleet switches   ·   botfleet fleet switches --json")
def switches(*, home: Home = None, as_json: AsJson = False) -> None:
    """List what is halted or reducing, who holds it so, and why."""
    columns = {
        "over": lambda one: one.scope,
        "name": lambda one: one.name,
        "mode": lambda one: one.mode,
        "holder": lambda one: one.held_by,
        "by": lambda one: one.set_by,
        "since (ET)": lambda one: eastern(one.set_at),
        "why": lambda one: one.reason,
    }
    lines = connected(home).switches.standing(None)
    show(lines, columns, as_json=as_json, none="Nothing is halted or reducing.")


def told(line: SwitchLine) -> str:
    """Tell of one switch in one line."""
    what = "the fleet" if line.scope is Scope.FLEET else f"{line.scope} {line.name}"
    since = f"since {eastern(line.set_at)} ET by {line.set_by}"
    return f"{what} {since}: {line.reason} ({MEANING[line.mode]})"


def _target(
    wiring: Wiring, user: str | None, bot: str | None, account: str | None
) -> tuple[Scope, UUID, str]:
    """Give what a switch is to stand over, and how to name it."""
    if sum(one is not None for one in (user, bot, account)) > 1:
        raise BadInput("Name one of --user, --bot and --account, or none for the whole fleet.")
    if user is not None:
        return Scope.USER, user_named(wiring, user).user_id, f"User {user}"
    if bot is not None:
        line = wiring.journal.bot(None, bot)
        return Scope.BOT, line.bot_id, f"Bot {line.name} of {line.user}"
    if account is not None:
        return Scope.ACCOUNT, _uuid(account), f"Account {account}"
    return Scope.FLEET, FLEET, "The fleet"


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadInput("An account is named by its id; `botfleet user list` shows it.") from None


def _impose(
    wiring: Wiring,
    target: tuple[Scope, UUID, str],
    mode: Mode,
    reason: str,
    wait: bool,  # noqa: FBT001
    *,
    as_json: bool,
) -> None:
    scope, subject, name = target
    by = getpass.getuser()
    concerned = wiring.restrain.impose(
        scope, subject, mode, held_by=OPERATOR, reason=reason, set_by=by
    )
    orders = concerned.orders
    if not as_json:
        typer.echo(f"{name} is {mode}; {MEANING[mode]}. Orders that end with it: {len(orders)}.")
    doubtful = _outwait(wiring, concerned)
    ended = []
    for line in _ends(wiring, orders) if wait else ():
        ended.append(line)
        if not as_json:
            typer.echo(_end(line))
    if as_json:
        known = {"scope": scope, "subject": subject, "mode": mode, "orders": orders}
        known["doubtful"] = doubtful
        print_json(plain(known | ({"ended": ended} if wait else {})))
    if doubtful:
        raise Refusal(_doubt(name, mode, doubtful))
    if wait and len(ended) < len(orders):
        raise Refusal(f"{len(orders) - len(ended)} orders have not ended yet; see `order list`.")


def _outwait(wiring: Wiring, concerned: Concerned) -> Sequence[OrderId]:
    """Wait for the brokers' word on what was on its way, telling; give what nobody can tell."""
    left: Sequence[OrderId] = ()
    told_of = 0
    for left in wiring.restrain.outwait(concerned, time.monotonic):
        if left and len(left) != told_of:
            typer.echo(f"Waiting for the brokers' word on {len(left)} on their way …", err=True)
        told_of = len(left)
        if left:
            time.sleep(_GLANCE_S)
    return left


def _doubt(name: str, mode: Mode, orders: Sequence[OrderId]) -> str:
    named = ", ".join(str(one) for one in orders[:_NAMED_MAX])
    more = f" and {len(orders) - _NAMED_MAX} more" if len(orders) > _NAMED_MAX else ""
    return (
        f"{name} is {mode}, but of {named}{more} no broker's word is known: it may still be"
        " accepted, and is then cancelled. `botfleet order show ID` tells."
    )


def _ends(wiring: Wiring, orders: Sequence[OrderId]) -> Iterator[OrderLine]:
    """Give each order as it ends, for as long as anybody would wait."""
    waiting, until_s = list(orders), time.monotonic() + _WAIT_S
    while waiting and time.monotonic() < until_s:
        for order in tuple(waiting):
            line = wiring.journal.order(None, order)
            if is_ended(OrderState(line.state)):
                waiting.remove(order)
                yield line
        if waiting:
            time.sleep(_GLANCE_S)


def _end(line: OrderLine) -> str:
    filled = f", {line.filled} of {line.quantity} filled" if line.filled else ""
    return f"{line.effect} {line.symbol} of {line.bot} ({line.user}): {line.state}{filled}"


def _confirm(question: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise Refusal(f"{question} Say --yes where nobody can be asked.")
    if not typer.confirm(question):
        raise Refusal("Nothing was changed.")


def _left(wiring: Wiring) -> str:
    count = len(wiring.switches.standing(None))
    return f" Other switches that stand: {count}." if count else ""
