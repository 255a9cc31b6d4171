"""`botfleet schedule ledger`: what became of every due slot of a day."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import typer

from botfleet.application.account import Account, End, Slot, account
from botfleet.application.ports.slots import Lateness
from botfleet.cli.connected import connected
from botfleet.cli.listing import plain, show
from botfleet.cli.options import AsJson, Home, print_json
from botfleet.domain.eastern import day_of, wall
from botfleet.domain.schedules.agenda import TRIGGER_OF, Kind, TriggerKind


def named(slot: Slot) -> str:
    """Name what was due: `mark 15`, `event repeating`."""
    if slot.interval_min:
        return f"{slot.kind.value} {slot.interval_min}"
    return slot.kind.value if slot.kind in TRIGGER_OF else f"{slot.kind.value} {slot.trigger.value}"


_SLOTS: dict[str, Any] = {
    "Eastern": lambda run: " to ".join(dict.fromkeys(f"{wall(at):%H:%M}" for at in _ends(run))),
    "due": lambda run: named(run[0]),
    "slots": len,
    "ended": lambda run: run[0].end.value,
    "rows": lambda run: _worded(slot.ends for slot in run),
    "bots": lambda run: _worded(slot.bots_ended for slot in run),
    "late": lambda run: seconds(max(slot.late_s or 0 for slot in run) or None),
    "waited": lambda run: seconds(max(slot.waited_s or 0 for slot in run) or None),
    "why": lambda run: "; ".join(run[0].why),
}
_KINDS: dict[str, Any] = {
    "due": lambda line: line["due"],
    "slots": lambda line: line["slots"],
    **{end.value: lambda line, end=end: line["ends"].get(end.value, "") for end in End},
}
LATENESS = {
    "trigger": lambda one: one.trigger.value,
    "done": lambda one: one.done,
    "skipped": lambda one: one.skipped or "",
    "missed": lambda one: one.missed or "",
    "failed": lambda one: one.failed or "",
    "late p50": lambda one: seconds(one.late_p50_s),
    "p99": lambda one: seconds(one.late_p99_s),
    "max": lambda one: seconds(one.late_max_s),
    "waited p50": lambda one: seconds(one.waited_p50_s),
    "p99 ": lambda one: seconds(one.waited_p99_s),
    "max ": lambda one: seconds(one.waited_max_s),
}
#: A slot later than this is listed without being asked for.
_LATE_S = 60.0


def ledger(
    *,
    day: Annotated[
        dt.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="An Eastern date; else the fleet's today."),
    ] = None,
    kind: Annotated[Kind | None, typer.Option(help="Only work of this kind.")] = None,
    trigger: Annotated[
        TriggerKind | None, typer.Option(help="Only what this brought about.")
    ] = None,
    whole: Annotated[
        bool, typer.Option("--all", help="List every slot, not only what did not simply run.")
    ] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Account for every due slot of a day: done, skipped, missed or failed, and how late.

    Marks and the like by the calendar, events by what was in force when they were due. A slot is
    done where all of it was; rows and bots are counted by how each of them ended. Late is market
    time, waited real time, by trigger of each bot. Exit 1 if anything was passed over without a
    trace.
    """
    with connected(home) as wiring:
        wanted = day.date() if day else day_of(wiring.clock.now())
        found = account(wanted, wiring.slots)
    slots = [
        slot
        for slot in found.slots
        if kind in {None, slot.kind} and trigger in {None, slot.trigger}
    ]
    if as_json:
        told: dict[str, Any] = {
            "day": wanted,
            "routed_at": found.routed_at,
            "forgotten": len(found.forgotten),
        }
        told |= {"is_trimmed": found.is_trimmed, "slots": slots, "lateness": found.lateness}
        print_json(plain(told))
    else:
        _tell(found, slots, whole=whole)
    if found.forgotten:
        raise typer.Exit(1)


def show_lateness(found: Sequence[Lateness]) -> None:
    """Print what came of each trigger's slots, bot by bot, and how late."""
    show(found, LATENESS, as_json=False, none="Nothing was done yet.")


def seconds(value: float | None) -> str:
    """Show seconds to the tenth; none as nothing."""
    return "" if value is None else f"{value:.1f} s"


def _tell(found: Account, slots: Sequence[Slot], *, whole: bool) -> None:
    show(_lines(slots), _KINDS, as_json=False, none=f"Nothing was due on {found.day}.")
    typer.echo()
    show_lateness(found.lateness)
    typer.echo()
    show([[slot] for slot in slots] if whole else _runs(slots), _SLOTS, as_json=False, none="")
    if found.is_trimmed:
        typer.echo(
            f"{found.day} was taken away with the days that are over; so much is left of it."
        )
        return
    count = len(found.forgotten)
    until = f"{wall(found.routed_at):%Y-%m-%d %H:%M} Eastern"
    words = f"{count} of them left no trace" if count else "each is accounted for"
    typer.echo(f"{len(found.slots)} slots of {found.day}: {words}.\nRouted up to {until}.")


def _lines(slots: Sequence[Slot]) -> list[dict[str, Any]]:
    counts: dict[str, Counter[str]] = {}
    for slot in slots:
        counts.setdefault(named(slot), Counter())[slot.end.value] += 1
    return [{"due": due, "slots": ends.total(), "ends": ends} for due, ends in counts.items()]


def _runs(slots: Sequence[Slot]) -> list[list[Slot]]:
    """Join what did not simply run with the one before it that came to just the same."""
    runs, last = list[list[Slot]](), dict[str, list[Slot]]()
    for slot in slots:
        before = last.get(named(slot))
        if not _is_news(slot):
            last.pop(named(slot), None)
        elif before and _likeness(before[0]) == _likeness(slot):
            before.append(slot)
        else:
            last[named(slot)] = [slot]
            runs.append(last[named(slot)])
    return runs


def _ends(run: Sequence[Slot]) -> tuple[dt.datetime, dt.datetime]:
    return run[0].due_at, run[-1].due_at


def _likeness(slot: Slot) -> tuple[object, ...]:
    return slot.end, slot.ends.keys(), slot.bots_ended.keys(), slot.why


def _worded(counts: Iterable[Mapping[str, int]]) -> str:
    """Say how many ended how, all slots of a run together."""
    ends = sum(map(Counter, counts), Counter[str]())
    return ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))


def _is_news(slot: Slot) -> bool:
    is_idle = slot.end is End.SKIPPED and slot.why == ("nobody",)
    is_plain = slot.end is End.DONE and (slot.late_s or 0) < _LATE_S
    return not is_idle and not is_plain
