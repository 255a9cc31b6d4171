"""`botfleet status`: the processes of the fleet that lives in a home."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from botfleet.adapters.brokers.brokers import LOGIN_LIVES
from botfleet.adapters.system import homes
from botfleet.adapters.system.clock import RealClock
from botfleet.adapters.system.loads import weighed
from botfleet.adapters.system.supervisor import ProcessState
from botfleet.application.account import lateness_today
from botfleet.application.ports.journal import FleetNumbers
from botfleet.application.ports.machines import ProcessLoad
from botfleet.application.ports.slots import Lateness
from botfleet.application.ports.switches import SwitchLine
from botfleet.bootstrap import Wiring
from botfleet.cli.listing import plain
from botfleet.cli.options import AsJson, Home, given, print_json
from botfleet.cli.restraint import told
from botfleet.cli.slots import show_lateness
from botfleet.config import Settings
from botfleet.domain.eastern import day_of
from botfleet.domain.market.calendar import horizon_warning
from botfleet.errors import NotFound, Transient

app = typer.Typer()

_COLOURS = {"ready": "green", "done": "green", "failed": "red", "stopped": "dim"}
_MIB = 1024 * 1024


@app.command(epilog="Examples:  botfleet status   ·   botfleet status --json")
def status(*, home: Home = None, as_json: AsJson = False) -> None:
    """Show the processes of the fleet, where it listens, and how late its work was today."""
    settings = Settings.read(**given(home=home))
    record = homes.found(settings.home)
    if record is None:
        raise NotFound(f"No fleet runs in {settings.home}; start one with `botfleet up`.")
    states = [ProcessState(**each) for each in homes.order(record.control, {"do": "list"})]
    measured = weighed(states)
    now, switches, lateness, ending = _standing(Settings.read(**record.settings))
    beat = now.beat or "" if now else ""
    rows = [_row(state, measured.get(state.name), beat) for state in states]
    fleet = {"pid": record.pid, "started_at": record.started_at, "urls": record.urls}
    if as_json:
        asked = {"beat": beat, "switches": plain(switches), "lateness": plain(lateness)}
        asked["recovery"] = recovery_of(now) if now else None
        asked["logins_ending"] = dict(ending)
        print_json({**fleet, "logs": record.logs, "processes": rows, **asked})
        return
    console = Console()
    console.print(_table(rows))
    for name, url in record.urls.items():
        console.print(f"  {name:<8} {url}", highlight=False)
    console.print(f"  {'logs':<8} {record.logs}", highlight=False)
    if warning := horizon_warning(day_of(RealClock().now())):
        console.print(f"[yellow]{warning}[/yellow]")
    for one in switches:
        console.print(f"  [red]{one.mode:<8}[/red] {escape(told(one))}", highlight=False)
    for words in unfit(now) if now else ():
        console.print(f"  [red]{escape(words)}[/red]", highlight=False)
    for broker, count in ending.items():
        many = f"{count} logins at {broker} end" if count > 1 else f"a login at {broker} ends"
        console.print(f"  [yellow]{many} within two days: `botfleet broker list`[/yellow]")
    if lateness:
        console.print("\nToday's work, how late it was begun (market time) and waited (real time)")
        show_lateness(lateness)


def recovery_of(now: FleetNumbers) -> dict[str, Any]:
    """Give what a program reads of accounts that are to be compared, and of brokers."""
    return {
        "accounts_recovering": now.accounts_recovering,
        "accounts_restored": now.accounts_restored,
        "restored_at": plain(now.restored_at),
        "brokers_down": list(now.brokers_down),
    }


def unfit(now: FleetNumbers) -> Iterator[str]:
    """Say which accounts and brokers cannot be traded on just now."""
    if now.accounts_restored:
        yield (
            f"the database was restored: {now.accounts_restored} accounts send nothing until each"
            " was compared with its broker"
        )
    if now.accounts_recovering:
        yield f"{now.accounts_recovering} accounts only close until each was compared"
    for broker in now.brokers_down:
        yield f"{broker} does not answer: nothing is opened there, closes wait"


def _standing(
    settings: Settings,
) -> tuple[FleetNumbers | None, Sequence[SwitchLine], Sequence[Lateness], Mapping[str, int]]:
    """Give the fleet's numbers, the switches, today's lateness; nothing while a store is silent."""
    try:
        with Wiring(settings) as wiring:
            now = wiring.clock.now()
            numbers = wiring.journal.numbers(now)
            lines = wiring.journal.brokers(now, LOGIN_LIVES)
            ending = {one.broker: one.logins_ending for one in lines if one.logins_ending}
            switches = wiring.switches.standing(None)
            return numbers, switches, lateness_today(now, wiring.slots), ending
    except (Transient, NotFound):
        return None, (), (), {}


def _row(state: ProcessState, load: ProcessLoad | None, beat: str) -> dict[str, Any]:
    """A process with what the kernel knows of it."""
    return {
        "name": state.name,
        "state": state.state,
        "pid": state.pid,
        "uptime_s": load and load.uptime_s,
        "memory_bytes": load and load.memory_bytes,
        "cpu_s": load and load.cpu_s,
        "restarts": state.restarts,
        "words": state.words,
        "log": state.log,
        "leads": beat.endswith(f"/{state.pid}"),
    }


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table("process", "state", "pid", "uptime", "memory", "cpu", "restarts", "", box=None)
    for row in rows:
        colour = _COLOURS.get(row["state"], "yellow")
        table.add_row(
            row["name"],
            f"[{colour}]{row['state']}[/{colour}]",
            str(row["pid"] or ""),
            _duration(row["uptime_s"]),
            _memory(row),
            "" if row["cpu_s"] is None else f"{row['cpu_s']:.1f} s",
            str(row["restarts"] or ""),
            row["words"] or ("leads" if row["leads"] else ""),
        )
    total = sum(row["memory_bytes"] or 0 for row in rows)
    table.add_row("", "", "", "", f"{total / _MIB:.0f} MiB", "", "", "")
    return table


def _memory(row: Mapping[str, Any]) -> str:
    known = row["memory_bytes"]
    return "" if known is None else f"{known / _MIB:.0f} MiB"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{rest:02}s"
