"""`botfleet demo`: a whole fleet lives through one trading day, and shows what came of it.

The day is played in lockstep by real processes; what is shown at the end is computed from the
stores and the broker's own book. Ctrl-C stops everything and loses nothing: the same command goes
on where the day stood.
"""

import datetime as dt
import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console

from botfleet.adapters.market.played import played_session, played_to
from botfleet.adapters.system.clock import RealClock
from botfleet.adapters.system.keeper import Happening
from botfleet.adapters.system.patience import patiently
from botfleet.bootstrap import BROKER, Wiring, check_recording
from botfleet.cli.demo_day import progress, summarize
from botfleet.cli.demo_operators import SHARES, Operators
from botfleet.cli.demo_people import populate
from botfleet.cli.files import expect_writable
from botfleet.cli.options import AsJson, Home, given
from botfleet.cli.processes import Fleet
from botfleet.cli.screen import DayProgress, DayScreen, print_summary
from botfleet.config import BROKERS, Settings
from botfleet.domain.market.calendar import Session
from botfleet.errors import BadInput, Refusal, StoreUnavailable
from botfleet.web.report import write_report
from botfleet.web.summary import DaySummary, Incident, to_json

app = typer.Typer()

Done = TypeVar("Done")

#: The session played where none is named: an ordinary Friday, with a weekly expiration.
SIMULATED_DAY = dt.date(2026, 3, 13)
LOOK_S = 0.5
_PATIENCE_S = 20.0
_INTERRUPTED = 130
#: The metronome that leads just then.
BEAT = "beat"
#: Where in the day `--break` kills, as a share of the session.
BREAKS = ((0.3, "pod.1.1"), (0.5, BEAT), (0.7, "orders"), (0.85, "postgres"))


@app.command(
    epilog="Examples:  botfleet demo   ·   botfleet demo --break --json   ·   "
    "botfleet demo --rescale   ·   botfleet demo --recording ../shared/market --date 2015-12-24"
)
def demo(
    *,
    home: Home = None,
    recording: Annotated[Path | None, typer.Option(help="Play a recorded day from here.")] = None,
    date: Annotated[
        dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The session to play.")
    ] = None,
    users: Annotated[int, typer.Option(min=1, max=500, help="How many users.")] = 50,
    bots: Annotated[int, typer.Option(min=1, max=5000, help="How many bots.")] = 300,
    pods: Annotated[int | None, typer.Option(help="How many pods.")] = None,
    instances: Annotated[int | None, typer.Option(help="How many instances a pod.")] = None,
    seed: Annotated[int | None, typer.Option(help="The simulated market's seed.")] = None,
    brokers: Annotated[
        list[str] | None,
        typer.Option(help="Whose wires users trade over: names, or all; again for more."),
    ] = None,
    breaks: Annotated[
        bool,
        typer.Option("--break", help="Kill -9 an instance, beat, orders and Postgres in mid-day."),
    ] = False,
    rescales: Annotated[
        bool, typer.Option("--rescale", help="Change the fleet's shape while the day goes on.")
    ] = False,
    report: Annotated[Path, typer.Option(help="Where to write the page.")] = Path("report.html"),
    as_json: AsJson = False,
) -> None:
    """Play one trading day with a whole fleet, and tell what came of it."""
    day = date.date() if date else SIMULATED_DAY
    settings = Settings.read(
        home=home or Settings.read().home / f"demo-{day}",
        clock="lockstep",
        market="recording" if recording else "simulated",
        date=day,
        is_held=True,
        **given(recording=recording, pods=pods, instances=instances, seed=seed),
    )
    session = played_session(settings)
    assert session is not None  # noqa: S101  a lockstep clock always plays one
    check_recording(settings)
    expect_writable(report)
    console = Console(stderr=as_json)
    played = Demo(settings, session, console, users, bots, _named(brokers), breaks, rescales)
    try:
        summary = played.play()
    except KeyboardInterrupt:
        console.print("Stopped, nothing is lost: the same command goes on where the day stood.")
        raise typer.Exit(_INTERRUPTED) from None
    write_report(summary, report)
    if as_json:
        typer.echo(json.dumps(to_json(summary), indent=2))
    else:
        print_summary(summary, console)
    console.print(f"The whole day on one page: {report.absolute()}", soft_wrap=True)
    if not summary.is_sound:
        raise typer.Exit(1)


def _named(wanted: list[str] | None) -> tuple[str, ...]:
    """Give the brokers that were named, or the usual one."""
    if wanted == ["all"]:
        return BROKERS
    unknown = sorted(set(wanted or ()) - set(BROKERS))
    if unknown:
        raise BadInput(f"There is no broker {unknown[0]}; there are {', '.join(BROKERS)}, or all.")
    return tuple(wanted or (BROKER,))


@dataclass
class Demo:
    """One played day."""

    settings: Settings
    session: Session
    console: Console
    users: int
    bots: int
    brokers: tuple[str, ...] = (BROKER,)
    breaks: bool = False
    rescales: bool = False
    began_s: float = field(default_factory=time.monotonic)
    incidents: list[Incident] = field(default_factory=list)
    broken: dict[str, tuple[float, Incident]] = field(default_factory=dict)

    def play(self) -> DaySummary:
        """Start the fleet, fill it, let the day go, and sum it up while the stores still run."""
        played_at = RealClock().now()
        self._make_room()
        with DayScreen(self.console) as screen:
            fleet = Fleet(self.settings, self._hear)
            screen.update(DayProgress("starting the fleet"))
            with fleet.running(), Wiring(fleet.settings) as wiring:
                screen.update(DayProgress(f"seating {self.users} users, {self.bots} bots"))
                _patiently(screen, lambda: self._populate(wiring, fleet))
                operators = _patiently(screen, lambda: self._operators(wiring, fleet))
                operators.let_go()
                for now in self._watched(wiring, fleet, operators):
                    screen.update(now)
                screen.update(replace(self._look(wiring, fleet), phase="checking invariants"))
                summary = _patiently(
                    screen,
                    lambda: summarize(
                        wiring,
                        fleet.settings,
                        wall_seconds=time.monotonic() - self.began_s,
                        played_at=played_at,
                        incidents=tuple(self.incidents),
                        changes=operators.changes(),
                        seats=tuple(operators.seats),
                    ),
                )
                (self.settings.home / "played").touch()
        return summary

    def _make_room(self) -> None:
        """Begin afresh after a day that was played to its end; go on with one that was not."""
        if (self.settings.home / "played").exists():
            shutil.rmtree(self.settings.home)

    def _populate(self, wiring: Wiring, fleet: Fleet) -> None:
        """Have its people there; what a try left undone the next one does."""
        populate(
            wiring,
            fleet.settings,
            recorded=self.settings.market == "recording",
            users=self.users,
            bots=self.bots,
            brokers=self.brokers,
        )

    def _operators(self, wiring: Wiring, fleet: Fleet) -> Operators:
        """Give those who change the fleet, or would."""
        return Operators(fleet, wiring, self.session, self.users, SHARES if self.rescales else ())

    def _watched(self, wiring: Wiring, fleet: Fleet, operators: Operators) -> Iterator[DayProgress]:
        """Look at the day until it is over."""
        breaks = list(BREAKS) if self.breaks else []
        ends_at = played_to(self.session)
        while True:
            now = self._look(wiring, fleet)
            yield now
            if now.market_at is not None and now.market_at >= ends_at:
                return
            if self._is_due(operators.next_at, now.market_at):
                operators.act()
            if breaks and self._share(now.market_at) >= breaks[0][0]:
                name = breaks.pop(0)[1]
                victim = _leading(wiring, fleet) if name == BEAT else name
                self._kill(fleet, victim, now.market_at)
            if fleet.supervision.ended(LOOK_S):
                raise Refusal("The fleet ended before the day did; see `botfleet status`.")

    def _is_due(self, at: dt.datetime | None, now: dt.datetime | None) -> bool:
        """Say whether operators act now: not while what was killed is away."""
        return at is not None and now is not None and now >= at and not self.broken

    def _look(self, wiring: Wiring, fleet: Fleet) -> DayProgress:
        states = fleet.processes()
        try:
            now = progress(wiring)
        except StoreUnavailable as reason:
            now = DayProgress(str(reason))
        lasting = [state for state in states if state.state != "done"]
        return replace(
            now,
            processes_up=sum(state.state in {"ready", "running"} for state in lasting),
            processes_total=len(lasting),
            restarts=sum(state.restarts for state in states),
        )

    def _share(self, at: dt.datetime | None) -> float:
        session = self.session
        length = session.closes_at - session.opens_at
        return ((at or session.opens_at) - session.opens_at) / length

    def _kill(self, fleet: Fleet, name: str, at: dt.datetime | None) -> None:
        incident = Incident(at or self.session.opens_at, name, "killed with kill -9")
        self.broken[name] = (time.monotonic(), incident)
        fleet.kill(name)

    def _hear(self, happening: Happening) -> None:
        """Note when a process that was killed is back."""
        if happening.state in {"ready", "running"} and happening.name in self.broken:
            killed_s, incident = self.broken.pop(happening.name)
            back_s = time.monotonic() - killed_s
            self.incidents.append(replace(incident, recovered_s=round(back_s, 2)))


def _patiently(screen: DayScreen, do: Callable[[], Done]) -> Done:
    """Do what bears being done again, though a store is silent for a moment."""
    return patiently(do, _PATIENCE_S, lambda why: screen.update(DayProgress(why)))


def _leading(wiring: Wiring, fleet: Fleet) -> str:
    """Name the metronome that leads; the first where none does just then."""
    leader = wiring.journal.numbers(wiring.clock.now()).beat or ""
    pids = {f"/{state.pid}": state.name for state in fleet.processes()}
    named = (name for pid, name in pids.items() if leader.endswith(pid))
    return next(named, "beat.1")
