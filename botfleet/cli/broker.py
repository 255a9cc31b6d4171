"""`botfleet broker`: users' accounts at their brokers."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import typer

from botfleet.adapters.brokers.brokers import LOGIN_LIVES
from botfleet.application.disconnect import disconnect as forget
from botfleet.application.ports.tokens import ConnectionLine
from botfleet.bootstrap import BROKER, Wiring
from botfleet.cli.connected import connected, user_named
from botfleet.cli.exits import clock_of
from botfleet.cli.listing import money_word, plain, show
from botfleet.cli.options import AsJson, Home, print_json
from botfleet.domain.ids import AccountId
from botfleet.domain.schedules.hours import Hours, checked
from botfleet.errors import NotFound

app = typer.Typer(
    no_args_is_help=True, help="Users' accounts at their brokers: connect, list, hours, disconnect."
)


def _login(line: ConnectionLine) -> str:
    """Say how long the login lasts: some brokers want their users back every so many days."""
    life = LOGIN_LIVES.get(line.broker)
    if not line.is_alive:
        return "has ended; connect again"
    if life is None:
        return "lasts"
    left = life - timedelta(seconds=line.consented_s)
    return f"log in again within {left.days} d {left.seconds // 3_600} h"


@dataclass(frozen=True, slots=True)
class Account(ConnectionLine):
    """A connection, and whether its orders fill on paper: no money moves there."""

    is_paper: bool


def _accounts(wiring: Wiring) -> list[Account]:
    return [Account(**asdict(one), is_paper=wiring.is_paper) for one in wiring.tokens.lines()]


_COLUMNS = {
    "user": lambda line: line.user,
    "broker": lambda line: line.broker,
    "account": lambda line: f"…{line.number_end}",
    "money": lambda line: money_word(is_paper=line.is_paper),
    "bots": lambda line: line.bots,
    "login": _login,
    "id": lambda line: line.account_id,
}


@app.callback()
def _group() -> None:
    """Users' accounts at their brokers."""


@app.command(
    epilog="Examples:  botfleet broker connect ann   ·   botfleet broker connect ann tradier"
)
def connect(
    user: Annotated[str, typer.Argument(help="Whose account it is.")],
    broker: Annotated[str, typer.Argument(help="Which broker.")] = BROKER,
    *,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Connect an account: log in at the broker's own page, then hand its answer in here.

    Prints the page to open; after the login the browser is sent to an address of this fleet. Paste
    that address here (it is read from standard input).
    """
    wiring = connected(home)
    owner = user_named(wiring, user).user_id
    page = wiring.connect.depart(owner, broker)
    kind = money_word(is_paper=wiring.is_paper)
    typer.echo(f"Open this page, log in, and allow what is asked ({kind}):\n\n{page}\n", err=True)
    callback = typer.prompt("The address the browser was sent to", err=True).strip()
    account = wiring.connect.arrive(owner, callback).account
    (line,) = (one for one in _accounts(wiring) if one.account_id == account)
    if as_json:
        print_json(plain(line))
    else:
        typer.echo(f"{line.broker} …{line.number_end} ({kind}) is connected for {line.user}.")


@app.command("list", epilog="Examples:  botfleet broker list   ·   botfleet broker list --json")
def list_(
    *,
    user: Annotated[str | None, typer.Option(help="Only this user's.")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """List connected accounts: on paper or live, and for how long each login still lasts."""
    lines = [one for one in _accounts(connected(home)) if user in (None, one.user)]
    show(lines, _COLUMNS, as_json=as_json, none="No account is connected.")


@app.command(epilog="Examples:  botfleet broker disconnect 5d1c… --yes")
def disconnect(
    account: Annotated[UUID, typer.Argument(metavar="ACCOUNT", help="The account's id.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: Home = None,
) -> None:
    """Forget an account's tokens. Its bots open and close nothing until it is connected again."""
    wiring = connected(home)
    line = next((one for one in wiring.tokens.lines() if one.account_id == account), None)
    if line is None:
        raise NotFound("There is no such account.")
    if not yes:
        open_n = f"; {line.positions} positions are open there" if line.positions else ""
        typer.confirm(f"Forget the login of {line.user} at {line.broker}{open_n}?", abort=True)
    forget(AccountId(account), tokens=wiring.tokens, restraint=wiring.restrain)
    typer.echo(f"The tokens of {line.broker} …{line.number_end} are gone.")


@app.command(
    epilog="Examples:  botfleet broker hours 5d1c…   ·   … --begins 10:00 --ends 30   ·   … --json"
)
def hours(
    account: Annotated[UUID, typer.Argument(metavar="ACCOUNT", help="The account's id.")],
    *,
    begins: Annotated[str | None, typer.Option(help="From when, Eastern: 09:31 to 15:30.")] = None,
    ends: Annotated[
        int | None,
        typer.Option(help="Minutes before the close: 5 to 10, 15, 20, 25, 30, 45 or 60."),
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show, or change, when an account lets its bots' scanners and monitors run.

    The market's open and close events come where they begin and end, from the next day on. Dates,
    recurrences, calls, clicks and exits do not heed them (`botfleet exits rules` has those of
    exits).
    """
    wiring, named = connected(home), AccountId(account)
    before = wiring.hours.of(None, named)
    begin = before.begins if begins is None else clock_of(begins)
    wanted = Hours(begin, before.ends_min if ends is None else ends)
    if wanted != before:
        wiring.hours.change(None, named, checked(wanted), wiring.clock.now())
    if as_json:
        print_json(plain(wanted))
    else:
        until = f"{wanted.ends_min} minutes before the close"
        typer.echo(f"Bots run from {wanted.begins:%H:%M} until {until}.")
