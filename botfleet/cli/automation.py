"""`botfleet automation`: try an automation without an order or a trace of it."""

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

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
from botfleet.application.ports.market import Market
from botfleet.application.ports.volatilities import Volatilities
from botfleet.application.rehearse import Rehearsal, Stage, newcomer, rehearse
from botfleet.cli.connected import connected
from botfleet.cli.files import definition_named, definition_of, is_file
from botfleet.cli.listing import eastern
from botfleet.cli.options import AsJson, Home, print_json
from botfleet.cli.rehearsed import plain_rehearsal, tell_rehearsal
from botfleet.cli.starting import called, carriers, position_of, transition_of
from botfleet.config import Settings
from botfleet.domain.bots.bot import Definition
from botfleet.domain.bots.sequence import lane_of, moved
from botfleet.domain.eastern import day_of, instant
from botfleet.domain.market.calendar import session_on, why_closed
from botfleet.domain.positions.position import Position
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
    """Where an automation is tried: a bot as it stands, a market, an instant, and its name.

    `carried` is the position that opened, or closed, and so started it.
    """

    stage: Stage
    market: Market
    at: dt.datetime
    named: str
    volatilities: Volatilities
    carried: Position | None = None


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
    position: Annotated[
        UUID | None, typer.Option(help="A position of the bot's, as if it opened or closed now.")
    ] = None,
    payload: Annotated[
        str | None, typer.Option(help="A call's payload, JSON or a file: as if it came now.")
    ] = None,
    user: Annotated[
        str | None, typer.Option(help="Whose presets a file may name, of a fleet.")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Run automations on the fleet's live data, on recorded or on simulated data: no orders.

    Nothing is kept of it: it counts toward no limit, tags nothing, tells nobody.
    """
    is_live = recording is None and not simulated
    _check(is_both=recording is not None and simulated, is_live=is_live, bot=bot, position=position)
    if is_live:
        scene = _live(bot, home, user, position)
    else:
        definition = definition_named(bot, home, user)
        scene = _played(definition, recording, seed, date, at.time())
    if volatility is not None:
        known = read_volatilities(volatility, today=day_of(scene.at))
        scene = replace(scene, volatilities=MemoryVolatilities(known))
    scene.stage.definition_ = with_inputs(scene.stage.definition_, _given(inputs or []))
    done = _done(scene, _chosen(scene.stage.definition_, automation), payload)
    if as_json:
        print_json([plain_rehearsal(one) | {"data": scene.named} for one in done])
        return
    for one in done:
        tell_rehearsal(one, scene.named)


@app.command(
    epilog="Examples:  botfleet automation move Scalper Entry up   ·   … move Scalper Entry 0"
)
def move(
    bot: Annotated[str, typer.Argument(metavar="BOT", help="The bot's name or id.")],
    automation: Annotated[str, typer.Argument(help="The scanner or monitor, by its name.")],
    to: Annotated[str, typer.Argument(help="up, down, first, last, or a place from 0 on.")],
    *,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Move a scanner or a monitor within its lane; what runs now ends in the order it began."""
    wiring = connected(home)
    line = wiring.journal.bot(None, bot)
    definition = wiring.batches.definition(line.version)
    lane = lane_of(definition, automation)
    names = moved(definition, automation, int(to) if to.isdecimal() else to)
    after = wiring.reorder.reorder(line, lane, names, by="The operator")
    if as_json:
        print_json({"bot_id": after.bot_id, "version": after.version, str(lane): list(names)})
    else:
        typer.echo(f"The {lane}s of {after.name} run in this order: {', '.join(names)}.")


def _check(*, is_both: bool, is_live: bool, bot: str, position: UUID | None) -> None:
    if is_both:
        raise BadInput("Give --recording or --simulated, not both.")
    if position is not None and (is_file(bot) or not is_live):
        raise BadInput("A --position is one of a bot of the fleet, on its live data: name the bot.")


def _done(scene: Scene, chosen: list[int], payload: str | None) -> list[Rehearsal]:
    """Run what was chosen, of it only what such a position or payload starts, if one is given."""
    definition = scene.stage.definition_
    if scene.carried is not None:
        chosen = carriers(definition, chosen, scene.carried)
    if payload is None:
        return [_rehearsed(scene, index) for index in chosen]
    done = []
    for index, fed in zip(chosen, called(definition, chosen, payload), strict=True):
        if fed is not None:
            scene.stage.definition_ = fed
            done.append(_rehearsed(scene, index))
    return done


def _rehearsed(scene: Scene, index: int) -> Rehearsal:
    carried, definition = scene.carried, scene.stage.definition_
    transition = None if carried is None else transition_of(definition, index, carried)
    path = Settings.read().calendar
    calendars = CalendarFile(path) if path else None
    gatherer = Gatherer(scene.market, calendars, scene.volatilities)
    return rehearse(
        scene.stage,
        index,
        scene.at,
        pools=MemoryPools(),
        gatherer=gatherer,
        carried=(transition, carried) if transition and carried else None,
    )


def _live(bot: str, home: Path | None, user: str | None, position: UUID | None) -> Scene:
    """A bot of the fleet as it stands now, or a file's as new, on the fleet's own feed."""
    wiring = connected(home)
    at = wiring.clock.now()
    if is_file(bot):
        definition = definition_of(Path(bot), user, home)
        stage = Stage(definition, newcomer(definition, at))
        return Scene(stage, wiring.market, at, "live data", wiring.volatilities)
    line = wiring.journal.bot(None, bot)
    state = wiring.batches.load([line.bot_id])[line.bot_id]
    stage = Stage(wiring.batches.definition(line.version), state, store=wiring.batches)
    held = None if position is None else position_of(wiring, line.bot_id, position, day_of(at))
    return Scene(stage, wiring.market, at, "live data", wiring.volatilities, held)


def _played(
    definition: Definition,
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
    stage = Stage(definition, newcomer(definition, fixed.at))
    return Scene(stage, market, fixed.at, named, volatilities)


_EPOCH = dt.datetime(2000, 1, 3, tzinfo=dt.UTC)


def _instant(day: dt.date | None, clock: dt.time) -> dt.datetime:
    if day is None:
        raise BadInput("Give the session's --date.")
    session = session_on(day)
    if session is None:
        raise BadInput(f"The market is closed on {day}: {why_closed(day)}.")
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
