"""`botfleet automation`: try an automation without an order or a trace of it."""

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from botfleet.adapters import botfile
from botfleet.adapters.botfile.trial import with_inputs
from botfleet.adapters.calendars.file import CalendarFile
from botfleet.adapters.market.recording import RecordingMarket
from botfleet.adapters.market.simulated import SimulatedMarket
from botfleet.adapters.market.volatilities import SimulatedVolatilities
from botfleet.adapters.memory.pools import MemoryPools
from botfleet.adapters.memory.volatilities import MemoryVolatilities
from botfleet.adapters.pricing.american import models_of
from botfleet.adapters.volatilities.file import read_volatilities
from botfleet.application.gather import Gatherer
from botfleet.application.ports.batches import CloseIntent, OpenIntent
from botfleet.application.ports.market import Market
from botfleet.application.ports.volatilities import Volatilities
from botfleet.application.rehearse import Rehearsal, Stage, newcomer, rehearse
from botfleet.cli.connected import connected
from botfleet.cli.files import definition_named, is_file, text_of
from botfleet.cli.listing import console, eastern, money, plain
from botfleet.cli.options import AsJson, Home, print_json
from botfleet.cli.telling import tell_ends, tell_numbers
from botfleet.config import Settings
from botfleet.domain.bots.bot import Definition
from botfleet.domain.eastern import day_of, instant
from botfleet.domain.market.calendar import cause_of, session_on
from botfleet.domain.orders.ladder import Rung
from botfleet.domain.trees.sightings import legs_words
from botfleet.errors import BadInput

app = typer.Typer(no_args_is_help=True, help="Try automations.")

_EXAMPLES = (
    "Examples:  botfleet automation test wheel.yaml --simulated --date 2026-03-10 --at 10:00   ·   "
    "… test Scalper --automation Open"
)


@dataclass(frozen=True, slots=True)
class Fixed:
    """A clock that stands."""

    at: dt.datetime

    def now(self) -> dt.datetime:
        """See the port."""
        return self.at


@dataclass(frozen=True, slots=True)
class Scene:
    """Where an automation is tried: a bot as it stands, a market, an instant, and its name."""

    stage: Stage
    market: Market
    at: dt.datetime
    named: str
    volatilities: Volatilities


@app.callback()
def _group() -> None:
    """Try automations."""


@app.command("test", epilog=_EXAMPLES)
def try_(
    bot: Annotated[str, typer.Argument(metavar="FILE|BOT", help="A bot file, or a bot's name.")],
    *,
    automation: Annotated[str, typer.Option(help="Only this automation, by name.")] = "",
    recording: Annotated[Path | None, typer.Option(help="On the recorded day(s) of this.")] = None,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="On the simulated market.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Which simulated market.", min=0)] = 0,
    date: Annotated[
        dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The session, YYYY-MM-DD.")
    ] = None,
    at: Annotated[
        dt.datetime,
        typer.Option(formats=["%H:%M"], help="The time of day, Eastern.", show_default="10:00"),
    ] = dt.datetime(1900, 1, 1, 10, 0),  # noqa: DTZ001  an Eastern wall time
    volatility: Annotated[
        Path | None, typer.Option(help="Past implied volatilities, CSV, for IV rank.")
    ] = None,
    inputs: Annotated[
        list[str] | None, typer.Option("--input", help="name=value: try an input at this value.")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Run automations on the fleet's live data, on recorded or on simulated data: no orders."""
    if recording is not None and simulated:
        raise BadInput("Give --recording or --simulated, not both.")
    if recording is None and not simulated:
        scene = _live(bot, home)
    else:
        scene = _played(bot, home, recording, seed, date, at.time())
    if volatility is not None:
        known = read_volatilities(volatility, today=day_of(scene.at))
        scene = replace(scene, volatilities=MemoryVolatilities(known))
    scene.stage.definition_ = with_inputs(scene.stage.definition_, _given(inputs or []))
    chosen = _chosen(scene.stage.definition_, automation)
    done = [_rehearsed(scene, index) for index in chosen]
    if as_json:
        print_json([_plain(one) | {"data": scene.named} for one in done])
        return
    for one in done:
        _print(one, scene.named)


def _rehearsed(scene: Scene, index: int) -> Rehearsal:
    path = Settings.read().calendar
    calendars = CalendarFile(path) if path else None
    gatherer = Gatherer(scene.market, calendars, scene.volatilities)
    return rehearse(scene.stage, index, scene.at, pools=MemoryPools(), gatherer=gatherer)


def _live(bot: str, home: Path | None) -> Scene:
    """A bot of the fleet as it stands now, or a file's as new, on the fleet's own feed."""
    wiring = connected(home)
    at = wiring.clock.now()
    if is_file(bot):
        definition = botfile.read(text_of(Path(bot)))
        stage = Stage(definition, newcomer(definition, at))
        return Scene(stage, wiring.market, at, "live data", wiring.volatilities)
    line = wiring.journal.bot(None, bot)
    state = wiring.batches.load([line.bot_id])[line.bot_id]
    stage = Stage(wiring.batches.definition(line.version), state, store=wiring.batches)
    return Scene(stage, wiring.market, at, "live data", wiring.volatilities)


def _played(
    bot: str,
    home: Path | None,
    recording: Path | None,
    seed: int,
    date: dt.datetime | None,
    clock: dt.time,
) -> Scene:
    """A bot as new, on data of another day."""
    if recording is None:
        fixed = Fixed(_instant(date.date() if date else None, clock))
        market: Market = SimulatedMarket(seed, fixed)
        volatilities: Volatilities = SimulatedVolatilities(seed)
        named = f"the simulated market {seed}"
    else:
        day = date.date() if date else RecordingMarket(recording, Fixed(_EPOCH)).days()[-1]
        fixed = Fixed(_instant(day, clock))
        recorded = RecordingMarket(recording, fixed, models_of(Settings.read()))
        recorded.check(day)
        market, named, volatilities = recorded, "recorded data", MemoryVolatilities()
    definition = definition_named(bot, home)
    stage = Stage(definition, newcomer(definition, fixed.at))
    return Scene(stage, market, fixed.at, named, volatilities)


_EPOCH = dt.datetime(2000, 1, 3, tzinfo=dt.UTC)


def _instant(day: dt.date | None, clock: dt.time) -> dt.datetime:
    if day is None:
        raise BadInput("Give the session's --date.")
    session = session_on(day)
    if session is None:
        raise BadInput(f"The market is closed on {day}: {cause_of(day)}.")
    at = instant(day, clock)
    if not session.opens_at <= at <= session.closes_at:
        hours = f"{eastern(session.opens_at)} and {eastern(session.closes_at)}"
        raise BadInput(f"--at must lie between {hours} Eastern.")
    return at


def _given(inputs: list[str]) -> dict[str, str]:
    for one in inputs:
        if "=" not in one:
            raise BadInput(f"--input takes name=value, not {one}.")
    parted = (one.partition("=") for one in inputs)
    return {name: value for name, _, value in parted}


def _chosen(definition: Definition, name: str) -> list[int]:
    names = [one.name for one in definition.automations]
    if name and name not in names:
        raise BadInput(f"There is no automation {name}; there are {', '.join(names)}.")
    return [index for index, one in enumerate(names) if name in {"", one}]


def _plain(one: Rehearsal) -> dict[str, Any]:
    explanation = plain(one.explanation)
    return {
        "automation": one.explanation.run.automation,
        "at": one.explanation.run.at.isoformat(),
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


def _print(one: Rehearsal, named: str) -> None:
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
