"""`botfleet exits`: presets, an account's rules for all exits in it, the fleet's switch."""

from dataclasses import replace
from datetime import time
from typing import Annotated, Any
from uuid import UUID

import typer

from botfleet.adapters import botfile
from botfleet.cli.connected import connected, user_named
from botfleet.cli.listing import plain, show
from botfleet.cli.options import AsJson, Home, print_json
from botfleet.cli.panels import exits_of
from botfleet.domain.ids import AccountId
from botfleet.domain.positions.exits import AtExpiration, ExitRules, checked
from botfleet.domain.positions.presets import PositionClass, Preset
from botfleet.domain.trees.wording import exits as worded
from botfleet.errors import BadInput

app = typer.Typer(
    no_args_is_help=True, help="Exits: presets, the rules of an account, the fleet's switch."
)

_COLUMNS = {
    "preset": lambda preset: preset.name,
    "for": lambda preset: preset.position_class,
    "exits": lambda preset: worded(preset.exits) or "none",
}
_NAME_MAX = 100
User = Annotated[str, typer.Option(help="Whose it is.")]
PresetName = Annotated[str, typer.Argument(metavar="PRESET", help="The preset's name.")]


@app.command("list", epilog="Examples:  botfleet exits list --user ann   ·   … --json")
def list_(*, user: User, home: Home = None, as_json: AsJson = False) -> None:
    """List a user's presets."""
    wiring = connected(home)
    presets = wiring.panels.presets(user_named(wiring, user).user_id)
    if as_json:
        print_json([_plain(one) for one in presets])
        return
    show(presets, _COLUMNS, as_json=False, none=f"{user} has no presets.")


@app.command(
    epilog="Examples:  botfleet exits keep Careful '{profit: 50%, stop: 200%}' --user ann"
    " --class credit"
)
def keep(
    name: PresetName,
    panel: Annotated[str, typer.Argument(metavar="EXITS", help="As in a bot file.")],
    *,
    user: User,
    class_: Annotated[PositionClass, typer.Option("--class", help="What it is for.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Keep a preset; `exits: {preset: NAME}` in a bot file is filled in with it."""
    if not name.strip() or not name.isprintable() or len(name) > _NAME_MAX:
        raise BadInput(f"A preset's name has 1 to {_NAME_MAX} visible characters.")
    wiring = connected(home)
    preset = Preset(name.strip(), class_, exits_of(panel))
    wiring.panels.keep_preset(user_named(wiring, user).user_id, preset)
    if as_json:
        print_json(_plain(preset))
    else:
        typer.echo(f"{preset.name} is kept: {worded(preset.exits) or 'no exits'}.")


@app.command(epilog="Examples:  botfleet exits drop Careful --user ann")
def drop(name: PresetName, *, user: User, home: Home = None) -> None:
    """Forget a preset; what was filled in from it stays."""
    wiring = connected(home)
    wiring.panels.drop_preset(user_named(wiring, user).user_id, name)
    typer.echo(f"{name} is forgotten.")


@app.command(
    epilog="Examples:  botfleet exits rules 5d1c…   ·   … --begins 09:40 --ends 5 --attempts 10"
)
def rules(
    account: Annotated[UUID, typer.Argument(metavar="ACCOUNT", help="The account's id.")],
    *,
    begins: Annotated[str | None, typer.Option(help="From when, Eastern: 09:31 to 15:30.")] = None,
    ends: Annotated[
        int | None,
        typer.Option(help="Minutes before the close: 1 to 10, 15, 20, 25, 30, 45 or 60."),
    ] = None,
    attempts: Annotated[
        int | None, typer.Option(help="Tries a day and position: 1 to 10, 15, 20, 25; 0: any.")
    ] = None,
    at_expiration: Annotated[
        AtExpiration | None, typer.Option(help="What becomes of what expires in the money.")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show, or change, when exits act in an account, how often, and what is done at expiration."""
    panels, named = connected(home).panels, AccountId(account)
    given: dict[str, Any] = {
        "begins": None if begins is None else clock_of(begins),
        "ends_min": ends,
        "attempts_max": attempts,
        "at_expiration": at_expiration,
    }
    before = panels.rules(None, named)
    wanted = replace(before, **{name: one for name, one in given.items() if one is not None})
    if wanted != before:
        panels.set_rules(None, named, checked(wanted))
    if as_json:
        print_json(plain(wanted))
    else:
        typer.echo(_said(wanted))


@app.command(epilog="Examples:  botfleet exits off")
def off(*, home: Home = None) -> None:
    """Let no exit of the whole fleet act; gains are kept, what expires in the money is closed."""
    connected(home).panels.switch_fleet(is_on=False)
    typer.echo("The exits of the fleet are off; `botfleet exits on` lets them act again.")


@app.command(epilog="Examples:  botfleet exits on")
def on(*, home: Home = None) -> None:
    """Let exits act again, but those of bots and positions whose own switch is off."""
    connected(home).panels.switch_fleet(is_on=True)
    typer.echo("The exits of the fleet are on.")


def _said(wanted: ExitRules) -> str:
    tries = (
        f"at most {wanted.attempts_max} times" if wanted.attempts_max else "as often as it takes"
    )
    minutes = f"{wanted.ends_min} minute{'' if wanted.ends_min == 1 else 's'}"
    return (
        f"Exits act from {wanted.begins:%H:%M} until {minutes} before the close, {tries} a day; "
        f"what expires in the money: {wanted.at_expiration}."
    )


def clock_of(text: str) -> time:
    """Read a time of the day.

    Raises:
        BadInput: it is none.
    """
    try:
        hour, minute = text.split(":")
        return time(int(hour), int(minute))
    except ValueError:
        raise BadInput(f"{text} is no time such as 09:40.") from None


def _plain(preset: Preset) -> dict[str, object]:
    exits = botfile.plain_exits(preset.exits)
    return {"name": preset.name, "class": preset.position_class, "exits": exits}
