"""`botfleet pod plan|scale|drain|move|autoscale`: the fleet's shape, changed while it runs.

Every command shows what it would do first; nothing happens without a yes.
"""

import sys
import time
from math import ceil
from typing import Annotated, Any

import typer

from botfleet.adapters.system.clock import RealClock
from botfleet.application.ports.layouts import Arranged
from botfleet.application.seat import Plan, Seating
from botfleet.bootstrap import Wiring
from botfleet.cli.connected import connected, user_named
from botfleet.cli.listing import plain, show
from botfleet.cli.options import AsJson, Home, print_json
from botfleet.domain.figures import counted
from botfleet.domain.fleet.scaling import Load, Targets, wanted
from botfleet.domain.fleet.seating import Seat, Shape
from botfleet.errors import BadInput, Refusal, Transient

Pods = Annotated[int | None, typer.Option(min=1, max=1_000, help="How many pods.")]
Instances = Annotated[int | None, typer.Option(min=1, max=64, help="How many instances a pod.")]
Users = Annotated[
    int | None, typer.Option(min=1, max=100_000, help="How many users an instance serves at most.")
]
_INTERRUPTED = 130
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]

_COLUMNS = {
    "instance": lambda one: one["seat"],
    "users": lambda one: one["users"],
    "leave": lambda one: one["leave"] or "",
    "come": lambda one: one["come"] or "",
    "then": lambda one: one["then"],
    "": lambda one: one["process"],
}


def plan(
    *,
    pods: Pods = None,
    instances: Instances = None,
    users: Users = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show what `pod scale` with the same options would do: who moves, what starts and ends."""
    seating = connected(home).seating
    made = seating.plan(seating.layout(), pods=pods, instances=instances, users_per_instance=users)
    _tell_plan(made, as_json=as_json)


def scale(
    *,
    pods: Pods = None,
    instances: Instances = None,
    users: Users = None,
    yes: Yes = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Give the fleet this shape while it runs; options left out stay as they are.

    Broken off half-way, the same command finishes it. Nothing due is lost or done twice.
    """
    seating = connected(home).seating
    made = seating.plan(seating.layout(), pods=pods, instances=instances, users_per_instance=users)
    _carry_out(seating, made, yes=yes, as_json=as_json)


def drain(
    pod: Annotated[int, typer.Argument(min=1, help="The pod's number.")],
    *,
    undo: Annotated[bool, typer.Option("--undo", help="Let users sit there again.")] = False,
    yes: Yes = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Move everyone off a pod, which goes on standing; `--undo` opens it again."""
    seating = connected(home).seating
    layout = seating.layout()
    drained = layout.shape.drained if layout.shape else frozenset()
    if layout.shape and pod > layout.shape.pods:
        raise Refusal(f"There is no pod {pod}; `botfleet pod list` shows what there is.")
    change = drained - {pod} if undo else drained | {pod}
    _carry_out(seating, seating.plan(layout, drained=change), yes=yes, as_json=as_json)


def move(
    user: Annotated[str, typer.Argument(help="The user's name.")],
    to: Annotated[str, typer.Option("--to", help="The instance, like 2.1.")],
    *,
    home: Home = None,
) -> None:
    """Give one user another seat, from its next mark on."""
    wiring = connected(home)
    wiring.layouts.move(user_named(wiring, user).user_id, _seat(to))
    typer.echo(f"{user} sits at {_seat(to)} now.")


def autoscale(
    *,
    fill: Annotated[float, typer.Option(min=0.1, max=1.0, help="Share of seats to take.")] = 0.8,
    lag_ms: Annotated[float, typer.Option(min=1, help="How late marks may be, p99.")] = 3_000,
    pods_min: Annotated[int, typer.Option(min=1, help="Never fewer pods.")] = 1,
    pods_max: Annotated[int, typer.Option(min=1, max=1_000, help="Never more pods.")] = 100,
    every: Annotated[float | None, typer.Option(min=1, help="Look again so often, s.")] = None,
    cool_down: Annotated[float, typer.Option(min=0, help="Rest after a change, s.")] = 120,
    yes: Yes = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Fit the number of pods to users and lag, once, or `--every` so many seconds until Ctrl-C."""
    if pods_min > pods_max:
        raise BadInput("--pods-min is more than --pods-max.")
    if every is not None and not yes:
        raise BadInput("A loop has nobody to ask; add --yes.")
    wiring = connected(home)
    targets = Targets(fill, lag_ms, pods_min, pods_max)
    if every is None:
        return _fit(wiring, targets, cool_down, yes=yes, as_json=as_json)
    while True:
        try:
            _fit(wiring, targets, cool_down, yes=yes, as_json=as_json)
        except (Refusal, Transient) as error:
            typer.echo(f"{str(error).rstrip('.')}; looking again in {every:g} s.", err=True)
        time.sleep(every)


def _fit(wiring: Wiring, targets: Targets, cool_down: float, *, yes: bool, as_json: bool) -> None:
    seating = wiring.seating
    layout = seating.layout()
    shape = layout.shape
    if shape is None:
        raise Refusal("The fleet has no pods yet; `botfleet up` starts some.")
    rested_s = (RealClock().now() - layout.changed_at).total_seconds()
    if rested_s < cool_down:
        rest = f"rests for {ceil(cool_down - rested_s)} s more"
        return _leave(seating, f"Changed {rested_s:.0f} s ago; {rest}.", as_json=as_json)
    within_s = max(cool_down, 60)
    load = Load(layout.users, wiring.journal.lag_ms(within_s))
    aim = wanted(shape, load, targets)
    late = f"no mark in {within_s:.0f} s"
    lag = late if load.lag_ms is None else f"lag p99 {load.lag_ms:.0f} ms"
    now = f"{counted(load.users, 'user')}, {lag}: {counted(shape.pods, 'pod')} now"
    if aim.pods == shape.pods:
        return _leave(seating, f"{now}, as many as are wanted.", as_json=as_json)
    typer.echo(f"{now}, {aim.pods} wanted.", err=as_json)
    return _carry_out(seating, seating.plan(layout, pods=aim.pods), yes=yes, as_json=as_json)


def _leave(seating: Seating, why: str, *, as_json: bool) -> None:
    """Say why nothing is done; to a program, the plan that changes nothing."""
    typer.echo(why, err=as_json)
    if as_json:
        print_json(_plain(seating.plan(seating.layout())))


def _carry_out(seating: Seating, made: Plan, *, yes: bool, as_json: bool) -> None:
    if made.is_empty:
        if as_json:
            print_json(_plain(made))
        else:
            typer.echo("The fleet stands like that already.")
        return
    if not (yes and as_json):
        _tell_plan(made, as_json=as_json)
    if not yes:
        _ask()
    try:
        done = seating.do(made)
    except KeyboardInterrupt:
        typer.echo("Broken off half-way; the same command again finishes it.", err=True)
        raise typer.Exit(_INTERRUPTED) from None
    if as_json:
        print_json({**_plain(made), "moved": done.moved, "rehomed": len(done.pointers)})
    else:
        typer.echo(_ending(made, done))


def _ask() -> None:
    if not sys.stdin.isatty():
        raise Refusal("There is nobody to ask; add --yes to do it.")
    try:
        if typer.confirm("Do it?"):
            return
    except typer.Abort:
        typer.echo()
    raise Refusal("Nothing was changed.")


def _ending(made: Plan, done: Arranged) -> str:
    waiting = f"; {counted(len(done.pointers), 'row')} of waiting work went along"
    return (
        f"Done: {counted(done.moved, 'user')} moved, {counted(len(made.starts), 'instance')} "
        f"started, {len(made.stops)} ended{waiting if done.pointers else ''}."
    )


def _tell_plan(made: Plan, *, as_json: bool) -> None:
    if as_json:
        print_json(_plain(made))
        return
    show(_lines(made), _COLUMNS, as_json=False, none="")
    before, after = made.layout.shape, made.shape
    typer.echo(
        f"\n{_words(before) if before else 'nothing'}  ->  {_words(after)}\n"
        f"{counted(made.moved, 'user')} of {made.layout.users} will move, the fewest possible"
        f"{_new(made)}; "
        f"{counted(len(made.starts), 'instance')} will start, {len(made.stops)} will end."
    )


def _new(made: Plan) -> str:
    unseated = made.layout.unseated
    return f", {unseated} without a seat will get one" if unseated else ""


def _words(shape: Shape) -> str:
    drained = f", {len(shape.drained)} drained" if shape.drained else ""
    pods, instances = counted(shape.pods, "pod"), counted(shape.instances, "instance")
    return f"{pods} x {instances} x {counted(shape.users_per_instance, 'user')}{drained}"


def _plain(made: Plan) -> dict[str, Any]:
    return {
        "from": plain(made.layout.shape),
        "to": plain(made.shape),
        "users": made.layout.users,
        "moves": made.moved,
        "instances": _lines(made),
    }


def _lines(made: Plan) -> list[dict[str, Any]]:
    """Give every instance of before or after, with who leaves and who comes."""
    before = made.layout.taken
    known = {*made.shape.everywhere, *made.stops, *before}
    return [_line(made, seat, before.get(seat, 0)) for seat in sorted(known)]


def _line(made: Plan, seat: Seat, users: int) -> dict[str, Any]:
    leave = sum(flow.users for flow in made.flows if flow.source == seat)
    come = sum(flow.users for flow in made.flows if flow.target == seat)
    process = "starts" if seat in made.starts else "ends" if seat in made.stops else ""
    if not process and seat.pod in made.shape.drained:
        process = "drained"
    return {
        "seat": str(seat),
        "users": users,
        "leave": leave,
        "come": come,
        "then": users - leave + come,
        "process": process,
    }


def _seat(text: str) -> Seat:
    pod, _, instance = text.removeprefix("pod.").partition(".")
    if not (pod.isdecimal() and instance.isdecimal()):
        raise BadInput(f"'{text}' is no instance; write it like 2.1.")
    return Seat(int(pod), int(instance))
