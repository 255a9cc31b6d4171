"""`botfleet up`: a whole fleet from nothing, saying what it does as it does it."""

import datetime as dt
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from botfleet.adapters.system.keeper import Happening
from botfleet.cli.options import Home, given
from botfleet.cli.processes import Fleet
from botfleet.config import Settings

app = typer.Typer()

_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STARTED = b"\0"


class Market(StrEnum):
    """Markets that `up` can bring with it."""

    SIMULATED = "simulated"
    RECORDING = "recording"


class Clock(StrEnum):
    """How the fleet's time passes."""

    REAL = "real"
    REPLAYED = "replayed"
    LOCKSTEP = "lockstep"


@dataclass(slots=True)
class Narrator:
    """Tells a person what the processes do, one line a change worth telling."""

    console: Console
    began_at: float = field(default_factory=time.monotonic)

    def tell(self, happening: Happening) -> None:
        """Print what happened, if it is news."""
        news = self._news(happening)
        if news:
            after_s = time.monotonic() - self.began_at
            self.console.print(f"{after_s:6.1f} s  {happening.name:<10} {news}", highlight=False)

    def _news(self, happening: Happening) -> str:
        match happening.state:
            case "ready" | "done":
                return f"[green]{happening.state}[/green] {happening.words}"
            case "resting":
                return f"[yellow]{happening.words}[/yellow]"
            case "failed":
                return f"[red]{happening.words}[/red]"
            case "starting" | "stopping" if happening.words:
                return f"[yellow]{happening.words}[/yellow]"
            case "stopped":
                return "stopped"
            case _:
                return ""


@app.command(
    epilog="Examples:  botfleet up --detach   ·   "
    "botfleet up --clock replayed --speed 60 --date 2026-11-20"
)
def up(
    *,
    home: Home = None,
    pods: Annotated[int | None, typer.Option(help="How many pods.")] = None,
    instances: Annotated[int | None, typer.Option(help="How many instances a pod.")] = None,
    detach: Annotated[bool, typer.Option(help="Leave it running in the background.")] = False,
    market: Annotated[Market | None, typer.Option(help="What the sandbox trades.")] = None,
    recording: Annotated[Path | None, typer.Option(help="Where a recorded day lies.")] = None,
    date: Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"])] = None,
    clock: Annotated[Clock | None, typer.Option(help="How time passes.")] = None,
    speed: Annotated[float | None, typer.Option(help="Replayed seconds a second.")] = None,
) -> None:
    """Start a whole fleet, and keep it up until Ctrl-C or `botfleet down`."""
    settings = Settings.read(
        **given(
            home=home,
            pods=pods,
            instances=instances,
            market=market,
            recording=recording,
            date=date and date.date(),
            clock=clock,
            speed=speed,
        )
    )
    if detach:
        _start_behind(settings)
    else:
        _keep_up(settings, Console(soft_wrap=True))


def _keep_up(settings: Settings, console: Console, started: int | None = None) -> None:
    """Run the fleet until someone asks for its end; Ctrl-C twice does not wait."""
    narrator = Narrator(console)
    fleet = Fleet(settings, narrator.tell)
    with fleet.starting():
        console.print(f"Starting a fleet in {settings.home}", highlight=False)
        supervision = fleet.supervision
        asked = iter((supervision.end,))

        def end(_number: int, _frame: object) -> None:
            next(asked, supervision.hurry)()

        before = {each: signal.signal(each, end) for each in _ENDS}
        try:
            supervision.until_ready()
            if supervision.is_up:
                _say_where(fleet, console, narrator, is_behind=started is not None)
            if started is not None:
                _let_go(started, settings.logs)
            supervision.until_over()
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)
    console.print("The fleet has stopped.")


def _say_where(fleet: Fleet, console: Console, narrator: Narrator, *, is_behind: bool) -> None:
    after_s = time.monotonic() - narrator.began_at
    console.print(f"\nThe fleet is up, after {after_s:.1f} s.", highlight=False)
    for name, url in fleet.urls.items():
        console.print(f"  {name:<8} {url}", highlight=False)
    console.print(f"  {'logs':<8} {fleet.settings.logs}", highlight=False)
    ends = "`botfleet down`" if is_behind else "`botfleet down` or Ctrl-C"
    console.print("Open the API's address in a browser: that is the desk.")
    console.print(f"`botfleet status` shows the fleet, {ends} stops it.\n")


def _start_behind(settings: Settings) -> None:
    """Fork the fleet away; tell what it tells until it is up, or has failed and said why."""
    hearing, telling = os.pipe()
    sys.stdout.flush()
    if os.fork() == 0:
        os.close(hearing)
        os.setsid()
        os.dup2(telling, 1)
        _keep_up(settings, Console(soft_wrap=True), started=telling)
        sys.exit(0)
    os.close(telling)
    with os.fdopen(hearing, "rb") as told:
        has_started = False
        for line in told:
            has_started = has_started or _STARTED in line
            sys.stdout.write(line.replace(_STARTED, b"").decode(errors="replace"))
            sys.stdout.flush()
    if not has_started:
        raise typer.Exit(1)


def _let_go(telling: int, logs: Path) -> None:
    """Tell the program that started us that we are up, and write to a log from here on."""
    os.write(telling, _STARTED + b"\n")
    with (logs / "up.log").open("ab") as log, Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    os.close(telling)
