"""`botfleet fleet reconcile`: hold accounts beside their brokers now, and show every break."""

import time
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import typer

from botfleet.application.ports.passes import BreakLine, PassLine
from botfleet.bootstrap import Wiring
from botfleet.cli.connected import connected
from botfleet.cli.listing import plain, show
from botfleet.cli.options import AsJson, Home, print_json
from botfleet.domain.ids import AccountId
from botfleet.errors import NotFound

app = typer.Typer()

_LOOK_S = 0.2

_BREAKS = {
    "since": lambda one: one.found_at,
    "user": lambda one: one.user,
    "account": lambda one: f"{one.broker} …{one.number_end}",
    "break": lambda one: one.kind.value,
    "": lambda one: one.detail,
}


def _standing(one: PassLine) -> str:
    if one.is_restored:
        words = "sends nothing until it is: the database was restored"
    else:
        words = "may not open until it is" if one.is_recovering else ""
    unknown = f"orders nobody knows the fate of: {one.unknown}" if one.unknown else ""
    return "; ".join(part for part in (words, unknown, one.failure) if part)


_PASSES = {
    "user": lambda one: one.user,
    "account": lambda one: f"{one.broker} …{one.number_end}",
    "compared": lambda one: one.passed_at or "never",
    "": _standing,
}


@app.command(
    epilog="Examples:  botfleet fleet reconcile   ·   botfleet fleet reconcile --json   ·   "
    "botfleet fleet reconcile --account 5d1c…   ·   botfleet fleet reconcile --wait 0"
)
def reconcile(
    *,
    account: Annotated[UUID | None, typer.Option(help="Only this account, idle or not.")] = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for the passes.")] = 30,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Have accounts held beside their brokers now, and tell every break; exit 1 if there is one.

    The fleet's orders worker asks the brokers; this command asks only for it to be done. Accounts
    without live orders or open positions are not asked about.
    """
    wiring = connected(home)
    only = AccountId(account) if account else None
    late = _compared(wiring, only, wait) if wait else ()
    breaks, passes = wiring.passes.breaks(only), wiring.passes.lines(only)
    if as_json:
        print_json(
            {"breaks": plain(breaks), "accounts": plain(passes), "not_compared": plain(late)}
        )
    else:
        _tell(breaks, passes, late)
    if breaks or late:
        raise typer.Exit(1)


def _compared(wiring: Wiring, only: AccountId | None, wait_s: float) -> Sequence[AccountId]:
    """Ask for passes and wait for them; give the accounts whose pass did not come in time."""
    wanted = wiring.passes.want(only)
    if only and not wanted:
        raise NotFound("No such account is connected.")
    ends_s = time.monotonic() + wait_s
    wiring.messages.reconcile()
    while left := wiring.passes.waiting(wanted):
        if time.monotonic() > ends_s:
            return left
        time.sleep(_LOOK_S)
    return ()


def _tell(
    breaks: Sequence[BreakLine], passes: Sequence[PassLine], late: Sequence[AccountId]
) -> None:
    troubled = [one for one in passes if one.failure or one.is_recovering or one.unknown]
    if troubled:
        show(troubled, _PASSES, as_json=False, none="")
    for one in late:
        typer.echo(f"account {one} was not compared in time; is the orders worker up?")
    compared = sum(one.passed_at is not None for one in passes)
    what = "1 account was" if compared == 1 else f"{compared} accounts were"
    alright = f"{what} compared; their books agree with their brokers'."
    show(breaks, _BREAKS, as_json=False, none="" if late else alright)
