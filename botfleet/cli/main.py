"""The door of the command line: finds the command, and ends with 0, 1 or 2.

0 done · 1 refused or failed, one clear sentence on stderr, never a traceback · 2 wrong use.
Commands are imported when they are called, so that `botfleet --help` need not import the house. An
error nobody foresaw is written, with its traceback, to a log which the sentence names.
"""

import importlib
import re
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from botfleet import __version__
from botfleet.cli.options import brief
from botfleet.errors import BotfleetError

#: Each command: its module below `botfleet.cli`, which holds an `app`, and what it does.
COMMANDS = {
    "up": "Start a whole fleet: servers, sandbox, API, beat, router, pods.",
    "serve": "Run one part of a fleet by itself: router, orders, beat, a pod.",
    "down": "Stop the fleet that runs in this home.",
    "status": "Show the fleet: alarms, figures, lateness, processes; --watch stays.",
    "demo": "Play one trading day with a whole fleet, and show what came of it.",
    "bench": "Measure: a mark, a walk, a chain, the capital pool, orders, starting up.",
    "doctor": "Check this machine and the fleet's servers, and say what to do.",
    "bot": "Bots: validate, draw, import, export, list, show, clone, describe, on, off, schema.",
    "automation": "Automations: test on live, recorded or simulated data; move within their lane.",
    "recipe": "What a decision may ask: list, show, version, served.",
    "button": "Press a bot's button.",
    "ask": "Actions that wait for a yes: list, yes, no.",
    "hook": "Calls from outside: create, list, rotate, delete.",
    "run": "What bots decided, and why: list, show, replay.",
    "order": "Orders: list, show.",
    "exits": "Exits: list, keep, drop presets; rules of an account; on, off for the fleet.",
    "position": "Positions: list, show, close, override, exits.",
    "market": "What is remembered of the market: volatility import, volatility show.",
    "broker": "Users' accounts at their brokers: connect, list, hours, disconnect.",
    "vault": "The keys that seal broker tokens: list, create, rotate.",
    "notify": "Where owners are told outside: add, list, test, remove.",
    "user": "Users: add, list, rotate (another token).",
    "pod": "Pods and their instances: list, plan, scale, drain, move, autoscale.",
    "db": "The database: migrate, version, size, trim.",
    "schedule": "When bots run: preview, ledger.",
    "calendar": "Which days trade: show, check, close, early, undo, changes.",
    "fleet": "The fleet as a whole: halt, reduce, resume, switches, verify, reconcile.",
}

_INTRODUCTION = """Runs options-trading bots for many users.

\b
Examples:
    botfleet demo            a trading day in minutes, and a page about it
    botfleet up              start a fleet here, Ctrl-C stops it
    botfleet up --detach     start it in the background
    botfleet status --json   its processes, for a program
    botfleet down            stop it, and wait until it has stopped
    botfleet --version       which botfleet this is

Settings are environment variables BOTFLEET_*; `botfleet COMMAND --help` tells more.
"""


class Commands(TyperGroup):
    """The commands by name; one that is only listed is not imported."""

    def list_commands(self, _ctx: Any) -> list[str]:
        """All names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, _ctx: Any, name: str) -> Any:
        """A stand-in that knows its name and what it does."""
        return TyperCommand(name=name, help=COMMANDS[name]) if name in COMMANDS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command itself."""
        name, stand_in, rest = super().resolve_command(ctx, args)
        if stand_in is None or name is None:
            return name, stand_in, rest
        module = importlib.import_module(f"botfleet.cli.{name.replace('-', '_')}")
        return name, get_command(module.app), rest


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave the process with its exit code."""
    sys.excepthook = _unforeseen
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words == ["--version"]:
        typer.echo(f"botfleet {__version__}")
        return
    if _is_hollow(words):
        typer.echo("botfleet: An empty word stands where a name or a file belongs.", err=True)
        sys.exit(2)
    commands = Commands(
        name="botfleet",
        help=_INTRODUCTION,
        commands={name: TyperCommand(name=name) for name in COMMANDS},
        no_args_is_help=True,
    )
    try:
        commands.main(args=arguments, prog_name="botfleet")
    except BotfleetError as error:
        typer.echo(f"botfleet: {brief('; '.join(str(error).splitlines()))}", err=True)
        sys.exit(1)


def _is_hollow(words: Sequence[str]) -> bool:
    """Say whether an empty word was given that is no option's value."""
    pairs = zip(("", *words), words, strict=False)
    return any(not word.strip() and not re.match("--?[a-z]", before) for before, word in pairs)


def _unforeseen(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Keep the traceback from the screen, and where it can be found."""
    if issubclass(kind, KeyboardInterrupt):
        return
    log = _log_of_errors()
    try:
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with log.open("a") as file:
            traceback.print_exception(kind, error, trace, file=file)
        where = f"; the details are in {log}"
    except OSError:
        where = ""
    words = str(error).partition("\n")[0]
    typer.echo(f"botfleet: unexpected {kind.__name__}: {words}{where}", err=True)


def _log_of_errors() -> Path:
    from botfleet.config import Settings  # noqa: PLC0415  # slow, and this is rare

    try:
        return Settings.read().logs / "errors.log"
    except BotfleetError:
        return Path(".botfleet") / "log" / "errors.log"


if __name__ == "__main__":
    main()
