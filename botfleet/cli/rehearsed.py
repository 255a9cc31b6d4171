"""What came of an automation that was tried, for a person and for a program."""

from typing import Any

from rich.console import Console
from rich.text import Text

from botfleet.application.ports.batches import CloseIntent, OpenIntent
from botfleet.application.rehearse import Rehearsal
from botfleet.cli.listing import console, eastern, money, plain
from botfleet.cli.telling import tell_ends, tell_numbers
from botfleet.domain.orders.ladder import Rung
from botfleet.domain.trees.sightings import legs_words


def plain_rehearsal(one: Rehearsal) -> dict[str, Any]:
    """Give a rehearsal as JSON has it."""
    explanation = plain(one.explanation)
    return {
        "automation": one.explanation.run.automation,
        "at": plain(one.explanation.run.at),
        "outcome": one.explanation.run.outcome,
        "ends": explanation["ends"],
        "remark": one.explanation.remark,
        "is_same": one.explanation.is_same,
        "numbers": plain(one.facts),
        "free_cents": one.free_cents,
        "opens": [_plain_open(each) for each in one.opens],
        "closes": [_plain_close(each) for each in one.closes],
        "notices": [{"code": each.code, "message": each.message} for each in one.notices],
    }


def _plain_open(one: OpenIntent) -> dict[str, Any]:
    return {
        "symbol": one.order.symbol,
        "structure": one.position.structure,
        "legs": legs_words(one.order.legs),
        "units": one.granted.units,
        "ladder": plain(one.order.rungs),
        "worst_case_cents": one.ask.unit_cost,
        "held_cents": one.granted.amount,
        "tags": list(one.position.tags),
    }


def _plain_close(one: CloseIntent) -> dict[str, Any]:
    order = one.order
    return {
        "position_id": order.position_id,
        "symbol": order.symbol,
        "legs": legs_words(order.legs),
        "units": order.quantity,
        "ladder": plain(order.rungs),
        "why": one.why,
    }


def tell_rehearsal(one: Rehearsal, named: str) -> None:
    """Print a rehearsal: why, what would be done, and on which numbers it rests."""
    out, run = console(), one.explanation.run
    title = f"{run.bot}: “{run.automation}”, {eastern(run.at)} ET, on {named}"
    out.print(Text(title, style="bold"))
    tell_ends(out, one.explanation)
    for notice in one.notices:
        out.print(Text(f"  {notice.code}: {notice.message}", style="yellow"))
    for opened in one.opens:
        _print_open(out, opened, one.free_cents)
    for closed in one.closes:
        order = closed.order
        out.print(Text(f"\nWould close {order.quantity} x {order.symbol}", style="bold"))
        out.print(Text(f"  legs      {legs_words(order.legs)}\n  prices    {_rungs(order.rungs)}"))
    if one.facts:
        out.print(Text("\nNumbers it rests on", style="bold"))
        tell_numbers(out, one.facts, run.at)
    out.print(Text("\nNothing was sent, nothing is kept.\n", style="dim"))


def _print_open(out: Console, one: OpenIntent, free_cents: int) -> None:
    structure = one.position.structure.replace("_", " ")
    cost, held = money(one.ask.unit_cost), money(one.granted.amount)
    title = f"Would open {one.granted.units} x {structure} on {one.order.symbol}"
    out.print(Text(f"\n{title}", style="bold"))
    out.print(Text(f"  legs      {legs_words(one.order.legs)}"))
    out.print(Text(f"  prices    {_rungs(one.order.rungs)}"))
    out.print(
        Text(f"  capital   {one.granted.units} x {cost} at worst = {held}, of {_free(free_cents)}")
    )


def _free(cents: int) -> str:
    return f"{money(cents)} free"


def _rungs(rungs: tuple[Rung, ...]) -> str:
    """Say a ladder's prices and how long each is held: `0.98 credit 10 s, then 0.96 credit …`."""
    said = (
        f"{abs(rung.limit)} {'credit' if rung.limit < 0 else 'debit'} for {rung.hold_s} s"
        for rung in rungs
    )
    return ", then ".join(said)
