"""`botfleet recipe`: the catalogue of what a decision may ask."""

from dataclasses import asdict
from typing import Annotated, Any

import typer
import yaml
from rich.text import Text

from botfleet.adapters.botfile.descriptions import catalogue_version, description, descriptions
from botfleet.adapters.botfile.served import lines, page
from botfleet.cli.listing import console, show
from botfleet.cli.options import AsJson, print_json
from botfleet.domain.trees.recipes.catalogue import CATEGORIES
from botfleet.errors import BadInput

app = typer.Typer(no_args_is_help=True, help="What a decision may ask: the recipes.")

_COLUMNS = {
    "category": lambda recipe: recipe["category"],
    "recipe": lambda recipe: recipe["id"],
    "serves": lambda recipe: " ".join(recipe["serves"]),
    "example": lambda recipe: recipe["example_sentence"],
}


@app.callback()
def _group() -> None:
    """What a decision may ask."""


@app.command(
    "list", epilog="Examples:  botfleet recipe list --category stock   ·   … list --json > r.json"
)
def list_(
    *,
    category: Annotated[str, typer.Option(help="Only this category's.")] = "",
    as_json: AsJson = False,
) -> None:
    """List recipes; as JSON with everything an editor needs."""
    if category and category not in CATEGORIES:
        raise BadInput(f"There is no such category; there are {', '.join(CATEGORIES)}.")
    show(list(descriptions(category)), _COLUMNS, as_json=as_json, none="There are no recipes.")


@app.command("show", epilog="Examples:  botfleet recipe show stock_price")
def show_(
    recipe: Annotated[str, typer.Argument(metavar="ID", help="The recipe's id.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Show a recipe: its sentence, its parameters, and an example as it stands in a bot file."""
    described = description(recipe)
    if as_json:
        print_json(described)
    else:
        _print(described)


@app.command(epilog="Examples:  botfleet recipe version")
def version() -> None:
    """Show the catalogue's version: another one means that some recipe is another."""
    typer.echo(catalogue_version())


@app.command(epilog="Examples:  botfleet recipe served > docs/served.md")
def served(*, as_json: AsJson = False) -> None:
    """Show which lines of the specification are served, by what, and which are ruled out."""
    if as_json:
        print_json([asdict(line) for line in lines()])
    else:
        typer.echo(page(), nl=False)


def _print(described: dict[str, Any]) -> None:
    out = console()
    more = f", serves {', '.join(described['serves'])}" if described["serves"] else ""
    out.print(Text(f"{described['id']} ({described['category']}{more})", style="bold"))
    out.print(Text(f"{described['sentence']}\n"))
    for one in described["parameters"]:
        optional = " (may be left out)" if one["is_optional"] else ""
        out.print(Text(f"  {one['name']:<14} {one['description']}{optional}"))
    written = yaml.safe_dump({"if": described["example"]}, sort_keys=False, width=100)
    out.print(Text(f"\n{written}", style="cyan"))
    out.print(Text(described["example_sentence"]))
