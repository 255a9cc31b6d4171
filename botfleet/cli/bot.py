"""`botfleet bot`: bot files, and the bots made of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.text import Text

from botfleet.adapters import botfile
from botfleet.application.ports.journal import BotLine
from botfleet.application.react import react
from botfleet.bootstrap import Wiring
from botfleet.cli.bot_settings import clone, describe, switch_words, tell_bot
from botfleet.cli.connected import connected, now_of, user_named
from botfleet.cli.files import definition_named, definition_of, hours_in, text_of, write
from botfleet.cli.listing import console, money, plain, show
from botfleet.cli.options import AsJson, Home, brief, print_json
from botfleet.domain.bots.bot import Definition
from botfleet.domain.ids import AccountId
from botfleet.errors import BadInput, Fault
from botfleet.web.sheet import bot_svg, lane_words
from botfleet.web.tree import tree_text

app = typer.Typer(no_args_is_help=True, help="Write, keep and switch bots.")

File = Annotated[Path, typer.Argument(help="A bot file, YAML or JSON; - reads it from stdin.")]
Name = Annotated[str, typer.Argument(metavar="BOT", help="The bot's name or id.")]
app.command(
    epilog="Examples:  botfleet bot clone Scalper Twin   ·   … clone Scalper Live --account 5d1c…"
)(clone)
app.command(
    epilog="Examples:  botfleet bot describe Scalper --group income --tags spy --alerts error"
)(describe)
_NONE = "There are no bots; `botfleet bot import` adds one."
OfExits = Annotated[
    bool, typer.Option("--exits", help="The exits of its positions, not its automations.")
]


@app.command(
    epilog="Examples:  botfleet bot validate scalper.yaml   ·   … validate - --user ann < b.yaml"
)
def validate(
    files: Annotated[list[Path], typer.Argument(help="Bot files; - reads one from stdin.")],
    *,
    user: Annotated[
        str | None,
        typer.Option(help="In whose hands: with this user's presets and account, of a fleet."),
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Check bot files, and name every fault with its place.

    Whether a date is past is for the fleet's clock to say, where one runs.
    """
    now = now_of(home)
    reports = [_report(path, user, home, now) for path in files]
    if as_json:
        print_json(reports)
    else:
        for report in reports:
            _tell(report)
    if not all(report["is_valid"] for report in reports):
        raise typer.Exit(1)


@app.command("import", epilog="Examples:  botfleet bot import scalper.yaml --user ann --on")
def import_(
    file: File,
    *,
    user: Annotated[str, typer.Option(help="Whose bot it is.")],
    on: Annotated[
        bool | None, typer.Option("--on/--off", help="Turn it on or off; else as it was.")
    ] = None,
    account: Annotated[
        UUID | None, typer.Option(help="Where a new bot trades, for good; else the user's first.")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Give a user the bot of a file, or replace the one of its name; positions stay.

    What the file does not say of group, tags, notes and alerts stays as well.
    """
    wiring = connected(home)
    owner = user_named(wiring, user)
    definition = botfile.read(text_of(file), wiring.panels.presets(owner.user_id))
    trades_in = None if account is None else AccountId(account)
    kept = botfile.written(definition)
    bot = wiring.enlist.enlist(owner, kept, is_on=on, account=trades_in)
    hours = wiring.hours.of_bot(bot.bot_id)
    for one in botfile.idle(definition, wiring.clock.now(), hours):
        typer.echo(f"warning: {one.path}: {one.message}", err=True)
    _say(bot, f"{bot.name} of {bot.user} is kept, and {switch_words(bot)}.", as_json=as_json)


@app.command(epilog="Examples:  botfleet bot export Scalper > scalper.yaml")
def export(
    bot: Name,
    *,
    home: Home = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON instead of YAML.")] = False,
) -> None:
    """Print a bot as a bot file; importing it gives the same bot."""
    wiring = connected(home)
    definition = _described(wiring, wiring.journal.bot(None, bot))
    typer.echo(botfile.write(definition, as_json=as_json), nl=as_json)


@app.command(
    "list",
    epilog="Examples:  botfleet bot list --user ann --json   ·   botfleet bot list --group income",
)
def list_(
    *,
    user: Annotated[str | None, typer.Option(help="Only this user's.")] = None,
    group: Annotated[str | None, typer.Option(help="Only those of this group.")] = None,
    tag: Annotated[str | None, typer.Option(help="Only those with this tag.")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """List bots: on or off, how much of their capital and slots is in use."""
    wiring = connected(home)
    owner = user_named(wiring, user).user_id if user else None
    columns = {
        "user": lambda bot: bot.user,
        "bot": lambda bot: f"{bot.icon} {bot.name}".strip(),
        "group": lambda bot: bot.group,
        "tags": lambda bot: ", ".join(bot.tags),
        "": switch_words,
        "minutes": lambda bot: bot.interval_min,
        "capital": lambda bot: money(bot.allocation_cents),
        "in use": lambda bot: money(bot.committed_cents + bot.pending_cents),
        "positions": lambda bot: f"{bot.open_positions} of {bot.open_positions_max}",
        "gains": lambda bot: money(bot.gains_cents),
    }
    lines = [one for one in wiring.journal.bots(owner) if one.is_in(group, tag)]
    is_part = bool(user or group is not None or tag is not None)
    none = "There are no such bots." if is_part else _NONE
    show(lines, columns, as_json=as_json, none=none)
    if lines and not as_json:
        typer.echo(_total(lines))


def _total(bots: Sequence[BotLine]) -> str:
    used = money(sum(bot.committed_cents + bot.pending_cents for bot in bots))
    whole = money(sum(bot.allocation_cents for bot in bots))
    gains = money(sum(bot.gains_cents for bot in bots))
    on, held = sum(bot.is_on for bot in bots), sum(bot.open_positions for bot in bots)
    return (
        f"\n{on} of {len(bots)} bots on; {used} of {whole} in use, {held} positions, gains {gains}"
    )


@app.command("show", epilog="Examples:  botfleet bot show Scalper")
def show_(bot: Name, *, home: Home = None, as_json: AsJson = False) -> None:
    """Show a bot: how it stands, its automations and their trees."""
    wiring = connected(home)
    line = wiring.journal.bot(None, bot)
    definition = _described(wiring, line)
    if as_json:
        switches = {"exits_on": wiring.panels.bot_is_on(line.bot_id)}
        print_json(plain(line) | switches | {"file": botfile.plain(definition)})
        return
    exits = "on" if wiring.panels.bot_is_on(line.bot_id) else "off"
    tell_bot(line, {"exits": exits})
    _print_trees(definition)


@app.command(
    epilog="Examples:  botfleet bot draw wheel.yaml   ·   botfleet bot draw Wheel --svg w.svg"
)
def draw(
    bot: Annotated[str, typer.Argument(metavar="FILE|BOT", help="A bot file, or a bot's name.")],
    *,
    svg: Annotated[
        Path | None, typer.Option(help="Write a drawing to this file instead; - to stdout.")
    ] = None,
    home: Home = None,
) -> None:
    """Draw a bot's trees: root on top, Yes left, No right."""
    definition = definition_named(bot, home)
    if svg is None:
        _print_trees(definition)
    elif str(svg) == "-":
        typer.echo(bot_svg(definition))
    else:
        write(svg, bot_svg(definition))
        typer.echo(f"{definition.name} is drawn in {svg}.")


@app.command(epilog="Examples:  botfleet bot on Scalper   ·   botfleet bot on Scalper --exits")
def on(bot: Name, *, exits: OfExits = False, home: Home = None, as_json: AsJson = False) -> None:
    """Turn a bot's automations on; or the exits of its positions, which are a switch of their own.

    Exits are on from the start, whether automations are or not.
    """
    turn = _turn_exits if exits else _turn
    turn(connected(home), bot, is_on=True, as_json=as_json)


@app.command(epilog="Examples:  botfleet bot off Scalper   ·   botfleet bot off Scalper --exits")
def off(bot: Name, *, exits: OfExits = False, home: Home = None, as_json: AsJson = False) -> None:
    """Turn a bot's automations off, its exits stay on; or its exits, the automations stay.

    What expires in the money is closed all the same.
    """
    turn = _turn_exits if exits else _turn
    turn(connected(home), bot, is_on=False, as_json=as_json)


@app.command(epilog="Examples:  botfleet bot schema > bot.schema.json")
def schema() -> None:
    """Print the JSON Schema of bot files."""
    print_json(botfile.schema())


def _report(path: Path, user: str | None, home: Path | None, now: datetime) -> dict[str, Any]:
    report: dict[str, Any] = {"file": str(path), "is_valid": True, "faults": [], "warnings": []}
    try:
        definition = definition_of(path, user, home)
    except BadInput as error:
        return report | {"is_valid": False, "faults": [_fault(one) for one in error.faults]}
    told = (*botfile.over(definition, now), *botfile.warnings(definition))
    hours = hours_in(connected(home), user, definition.name) if user else None
    beyond = botfile.outside(definition, hours) if hours else ()
    warnings = [_fault(one) for one in (*told, *beyond)]
    names = {"name": definition.name, "version": botfile.version(definition)}
    return report | names | {"warnings": warnings}


def _fault(fault: Fault) -> dict[str, str]:
    return {"path": fault.path, "message": fault.message}


def _tell(report: dict[str, Any]) -> None:
    for kind in ("faults", "warnings"):
        for one in report[kind]:
            place = f"{one['path']}: " if one["path"] else ""
            warning = "warning: " if kind == "warnings" else ""
            whose = "" if one["message"].startswith(f"{report['file']} ") else f"{report['file']}: "
            typer.echo(brief(f"{whose}{warning}{place}{one['message']}"), err=True)
    if report["is_valid"]:
        typer.echo(f"{report['file']}: {report['name']} is valid.")


def _print_trees(definition: Definition) -> None:
    out = console()
    for one in definition.automations:
        out.print(Text(f"\n{one.name} ({lane_words(one)})\n", style="bold"))
        out.print(Text(tree_text(one.tree)))


def _described(wiring: Wiring, bot: BotLine) -> Definition:
    return replace(wiring.batches.definition(bot.version), description=bot.description)


def _turn(wiring: Wiring, name: str, *, is_on: bool, as_json: bool) -> None:
    bot_id = wiring.journal.bot(None, name).bot_id
    wiring.roster.switch(bot_id, is_on=is_on, now=wiring.clock.now())
    react(wiring.work, wiring.messages)
    bot = wiring.journal.bot(None, str(bot_id))
    _say(bot, f"{bot.name} of {bot.user} is {switch_words(bot)}.", as_json=as_json)


def _turn_exits(wiring: Wiring, name: str, *, is_on: bool, as_json: bool) -> None:
    bot = wiring.journal.bot(None, name)
    wiring.panels.switch_bot(bot.bot_id, is_on=is_on)
    if as_json:
        print_json(plain(bot) | {"exits_on": is_on})
    else:
        typer.echo(f"The exits of {bot.name} of {bot.user} are {'on' if is_on else 'off'}.")


def _say(bot: BotLine, sentence: str, *, as_json: bool) -> None:
    if as_json:
        print_json(plain(bot))
    else:
        typer.echo(sentence)
