"""`botfleet user`: who the bots belong to."""

from dataclasses import dataclass
from typing import Annotated

import typer

from botfleet.application.ports.roster import User
from botfleet.cli.connected import connected, user_named
from botfleet.cli.listing import money_word, show
from botfleet.cli.options import AsJson, Home, print_json
from botfleet.errors import BadInput, Refusal

app = typer.Typer(no_args_is_help=True, help="Who the bots belong to.")

_NAME_CHARACTERS_MAX = 100
_ONCE = "Token for the API, shown this once:"


@dataclass(frozen=True, slots=True)
class Listed(User):
    """A user, and whether their account's orders fill on paper; null where there is no account."""

    is_paper: bool | None


_COLUMNS = {
    "user": lambda user: user.name,
    "seat": lambda user: _seat(user) or "none",
    "account": lambda user: user.account_id or "not connected",
    "money": lambda user: "" if user.is_paper is None else money_word(is_paper=user.is_paper),
    "id": lambda user: user.user_id,
}


@app.command(epilog="Examples:  botfleet user add ann")
def add(
    name: Annotated[str, typer.Argument(help="A name nobody has yet.")],
    *,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Add a user and seat it; its token for the API is shown this once only."""
    if not (name.isprintable() and 0 < len(name.strip()) <= _NAME_CHARACTERS_MAX):
        raise BadInput(f"A user's name has 1 to {_NAME_CHARACTERS_MAX} visible characters.")
    wiring = connected(home)
    token = wiring.roster.add_users([name], wiring.clock.now()).get(name)
    if token is None:
        raise Refusal(f"There is a user {name} already.")
    wiring.layouts.welcome()
    user = user_named(wiring, name)
    if as_json:
        print_json({"user_id": user.user_id, "name": name, "token": token, "seat": _seat(user)})
        return
    where = f"sits at {_seat(user)}" if user.seat else "has no seat yet"
    typer.echo(f"{name} {where}. {_ONCE}\n{token}")


@app.command(epilog="Examples:  botfleet user rotate ann")
def rotate(
    name: Annotated[str, typer.Argument(help="Whose token it is.")],
    *,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Make another token for a user; the old one is worth nothing from now on.

    Every browser that was signed in with it is signed out.
    """
    wiring = connected(home)
    user = user_named(wiring, name)
    token = wiring.roster.renew_token(user.user_id)
    if as_json:
        print_json({"user_id": user.user_id, "name": name, "token": token})
        return
    typer.echo(f"{name} is signed out everywhere. {_ONCE}\n{token}")


@app.command("list", epilog="Examples:  botfleet user list --json")
def list_(*, home: Home = None, as_json: AsJson = False) -> None:
    """List users, where they sit, whether a broker account is connected and money moves in it."""
    wiring = connected(home)
    lines = [_listed(one, is_paper=wiring.is_paper) for one in wiring.roster.users()]
    show(lines, _COLUMNS, as_json=as_json, none="There are no users; `botfleet user add` adds one.")


def _listed(user: User, *, is_paper: bool) -> Listed:
    known = is_paper if user.account_id else None
    return Listed(user.user_id, user.name, user.seat, user.account_id, known)


def _seat(user: User) -> str | None:
    return str(user.seat) if user.seat else None
