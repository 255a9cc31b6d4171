"""`botfleet status`: how the fleet stands; once, or on a screen that stays."""

import time
from typing import Annotated, Any

import typer
from rich.console import Console

from botfleet.cli.fleet_screen import draw, line, places
from botfleet.cli.fleet_view import Eye, FleetView, ProcessRow
from botfleet.cli.listing import plain
from botfleet.cli.looks import Looks, as_known
from botfleet.cli.options import AsJson, Home, given, print_json
from botfleet.cli.recovery import recovery_of
from botfleet.cli.watching import Woken, watching
from botfleet.config import Settings
from botfleet.domain.eastern import day_of
from botfleet.domain.market.calendar import horizon_warning

app = typer.Typer()

#: Nothing needs more columns than this.
_WIDTH_MAX = 200


@app.command(
    epilog="Examples:  botfleet status   ·   botfleet status --watch   ·   botfleet status --json"
)
def status(
    *,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Stay, and look again and again; q leaves.")
    ] = False,
    every: Annotated[float, typer.Option(min=0.2, help="Seconds between two looks.")] = 2,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show how the fleet stands: alarms, figures, how late its work was, its processes.

    Once, or with --watch on a screen that stays until q or Ctrl-C; into a file, a line a look.
    """
    with Eye(Settings.read(**given(home=home))) as eye:
        if watch and not as_json:
            _watch(eye, every)
        else:
            _show(eye.look(), as_json=as_json)


def _show(view: FleetView, *, as_json: bool) -> None:
    if as_json:
        print_json(_told(view))
        return
    console = Console(highlight=False)
    console.print(draw(view, min(console.width, _WIDTH_MAX), None))
    console.print(places(view), soft_wrap=True)
    if warning := horizon_warning(day_of(view.looked_at)):
        console.print(warning, style="yellow", soft_wrap=True)


def _watch(eye: Eye, every_s: float) -> None:
    console = Console(highlight=False)
    try:
        if console.is_terminal:
            _stay(eye, console, every_s)
        else:
            while True:
                typer.echo(line(eye.look()))
                time.sleep(every_s)
    except KeyboardInterrupt:
        return


def _stay(eye: Eye, console: Console, every_s: float) -> None:
    before, view, looks = None, eye.look(), Looks(eye.look)
    with watching(console) as screen:
        while True:
            width, height = screen.size()
            known = as_known(view, looks.waited_s())
            screen.show(draw(known, min(width, _WIDTH_MAX), height, before))
            match screen.rest(every_s):
                case Woken.QUIT:
                    return
                case Woken.TIME:
                    if newer := looks.next(min(every_s, 1.0)):
                        before, view = view, newer
                case Woken.RESIZED:
                    continue


def _told(view: FleetView) -> dict[str, Any]:
    """Tell all of a look, for a program."""
    stores = view.stores
    asked: dict[str, Any] = {"beat": "", "switches": (), "lateness": (), "recovery": None}
    asked["logins_ending"] = {}
    if stores is not None:
        beat, recovery = stores.numbers.beat or "", recovery_of(stores.numbers)
        asked |= plain(stores) | {"beat": beat, "recovery": recovery}
        ending = {one.broker: one.logins_ending for one in stores.brokers if one.logins_ending}
        asked["logins_ending"] = ending
    return {
        "pid": view.pid,
        "started_at": view.started_at,
        "clock": view.clock,
        "urls": view.urls,
        "logs": view.logs,
        "silent": view.silent,
        "alarms": plain(view.alarms),
        "processes": [_row(row) for row in view.processes],
        **asked,
    }


def _row(row: ProcessRow) -> dict[str, Any]:
    state, load = row.state, row.load
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
        "leads": row.leads,
    }
