"""What of a bot is no tree: another after it, what stands beside it, how it stands."""

import secrets
from typing import Annotated
from uuid import UUID

import typer
from rich.text import Text

from botfleet.adapters import botfile
from botfleet.application.clone import Wish
from botfleet.application.ports.journal import BotLine
from botfleet.cli.connected import connected
from botfleet.cli.listing import console, eastern, money, plain
from botfleet.cli.options import AsJson, Home, print_json
from botfleet.domain.bots.safeguards import Mode
from botfleet.domain.ids import AccountId
from botfleet.errors import BadInput

Name = Annotated[str, typer.Argument(metavar="BOT", help="The bot's name or id.")]


def clone(
    bot: Name,
    name: Annotated[str, typer.Argument(help="What the clone is called.")],
    *,
    account: Annotated[
        UUID | None, typer.Option(help="Where the clone trades; else where the bot does.")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Make another bot that does the same, maybe in another account; its owner is the same.

    The clone is off and holds nothing; its allocation is 1,000 dollars, its group and tags are
    empty. Hooks that start the bot start the clone too.
    """
    wiring = connected(home)
    trades_in = None if account is None else AccountId(account)
    named = botfile.read_name(name)
    made = wiring.clone.clone(None, Wish(bot, named, secrets.token_hex(16), trades_in))
    if as_json:
        print_json(plain(made))
    else:
        typer.echo(f"{made.name} of {made.user} is kept, and off.")


def describe(
    bot: Name,
    *,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    icon: Annotated[str | None, typer.Option(help="A sign it is known by; empty for none.")] = None,
    group: Annotated[str | None, typer.Option(help="Its group; empty for none.")] = None,
    notes: Annotated[str | None, typer.Option(help="What there is to say; empty for none.")] = None,
    tags: Annotated[
        str | None, typer.Option(help="All its tags, with commas between; empty for none.")
    ] = None,
    alerts: Annotated[
        str | None, typer.Option(help="What channels are told: open,close,warning,error; or empty.")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Say what stands beside a bot's trees; what is left out stays, and what the bot does."""
    given: dict[str, object] = {"icon": icon, "group": group, "notes": notes}
    given |= {"tags": _words(tags), "alerts": _words(alerts)}
    said = botfile.read_about({key: value for key, value in given.items() if value is not None})
    if not said and name is None:
        raise BadInput("Say what is to change: --name, --icon, --group, --notes, --tags, --alerts.")
    wiring = connected(home)
    named = None if name is None else botfile.read_name(name)
    line = wiring.describe.describe(wiring.journal.bot(None, bot), said, named)
    if as_json:
        print_json(plain(line))
    else:
        tell_bot(line, {})


def _words(text: str | None) -> list[str] | None:
    return None if text is None else [one.strip() for one in text.split(",") if one.strip()]


def switch_words(bot: BotLine) -> str:
    """Say whether a bot is on, and what is allowed where that is not all."""
    standing = "on" if bot.is_on else "off"
    return standing if bot.mode == Mode.ACTIVE else f"{standing}, {bot.mode}"


def tell_bot(bot: BotLine, more: dict[str, str]) -> None:
    """Print how a bot stands, a line each."""
    out = console()
    for name, value in (_standing(bot) | _said(bot) | more).items():
        out.print(Text(f"{name:<12} {value}"))


def _standing(bot: BotLine) -> dict[str, object]:
    in_use = money(bot.committed_cents + bot.pending_cents)
    return {
        "bot": f"{bot.name} ({bot.bot_id})",
        "user": bot.user,
        "account": bot.account_id,
        "switch": switch_words(bot),
        "marks": f"every {bot.interval_min} minutes",
        "capital": f"{in_use} in use of {money(bot.allocation_cents)}",
        "positions": f"{bot.open_positions} of {bot.open_positions_max}",
        "opened": f"{bot.opened_count} of {bot.opened_max} on {bot.opened_on}",
        "gains": money(bot.gains_cents),
        "since": eastern(bot.created_at),
    }


def _said(bot: BotLine) -> dict[str, object]:
    said = {"icon": bot.icon, "group": bot.group, "tags": ", ".join(bot.tags), "notes": bot.notes}
    shown: dict[str, object] = {name: value for name, value in said.items() if value}
    return shown | {"alerts": ", ".join(bot.alerts) or "none"}
