"""Options and output that several commands share."""

import json
import re
from pathlib import Path
from typing import Annotated, Any

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a program.")]
Home = Annotated[
    Path | None,
    typer.Option(help="Where the fleet keeps its data; BOTFLEET_HOME, or .botfleet."),
]


#: A word of somebody's that would fill the screen.
_LONG = re.compile(r"(\S{100})\S{200,}")


def brief(said: str) -> str:
    """Tell what is said with its longest words by their beginnings."""
    return _LONG.sub(r"\1…", said)


def given(**options: object) -> dict[str, object]:
    """The options that were given, as settings: the others are left to the environment."""
    return {name: value for name, value in options.items() if value is not None}


def print_json(value: Any) -> None:
    """Print a value as one JSON document."""
    typer.echo(json.dumps(value, indent=2, default=str))
