"""`botfleet market`: what the fleet remembers of the market."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from botfleet.adapters.volatilities.file import read_volatilities
from botfleet.cli.connected import connected
from botfleet.cli.listing import show
from botfleet.cli.options import AsJson, Home
from botfleet.domain.eastern import day_of
from botfleet.domain.market.statistics import RANK_DAYS, DailyVolatility, rank_on
from botfleet.errors import BadInput

app = typer.Typer(no_args_is_help=True, help="What the fleet remembers of the market.")
volatility = typer.Typer(no_args_is_help=True, help="Daily implied volatility: import, show.")
app.add_typer(volatility, name="volatility")

_COLUMNS = {
    "symbol": lambda line: line.symbol,
    "days": lambda line: str(line.days),
    "from": lambda line: str(line.since or ""),
    "newest": lambda line: str(line.newest or ""),
    "volatility": lambda line: "" if line.volatility is None else f"{line.volatility:.2%}",
    "IV rank": lambda line: "not known" if line.iv_rank is None else f"{line.iv_rank:.1f}",
}


@dataclass(frozen=True, slots=True)
class Line:
    """What is known of a symbol's year: up to `RANK_DAYS` days before the newest, and its rank."""

    symbol: str
    days: int
    since: date | None
    newest: date | None
    volatility: float | None
    iv_rank: float | None


@app.callback()
def _group() -> None:
    """What the fleet remembers of the market."""


@volatility.command("import", epilog="Examples:  botfleet market volatility import history.csv")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV: symbol,day,volatility (0.25 is 25 %).")],
    *,
    home: Home = None,
) -> None:
    """Take in past days' implied volatility, all of a file or nothing; a day known is replaced."""
    wiring = connected(home)
    values = read_volatilities(file, today=day_of(wiring.clock.now()))
    wiring.volatilities.record(values)
    symbols = {symbol for symbol, _ in values}
    typer.echo(f"{len(values):,} days of {len(symbols):,} symbols are known now.")


@volatility.command("show", epilog="Examples:  botfleet market volatility show SPY QQQ --json")
def show_(
    symbols: Annotated[list[str], typer.Argument(help="Underlyings.")],
    *,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show what is known of symbols' implied volatility, and the rank bots see today."""
    if len(symbols) > _SYMBOLS_MAX:
        raise BadInput(f"At most {_SYMBOLS_MAX} symbols at a time.")
    wiring = connected(home)
    today = day_of(wiring.clock.now())
    found = wiring.volatilities.recent(symbols, today, RANK_DAYS + 1)
    lines = [_line(symbol, found.get(symbol, ()), today) for symbol in dict.fromkeys(symbols)]
    show(lines, _COLUMNS, as_json=as_json, none="")


_SYMBOLS_MAX = 500


def _line(symbol: str, days: tuple[DailyVolatility, ...], today: date) -> Line:
    if not days:
        return Line(symbol, 0, None, None, None, None)
    newest = days[-1]
    rank = rank_on(today, days)
    return Line(symbol, len(days), days[0].day, newest.day, newest.value, rank)
