"""`botfleet pod`: the places where bots run."""

from collections.abc import Mapping

import typer

from botfleet.adapters.system.loads import loads
from botfleet.application.ports.journal import InstanceLine
from botfleet.application.ports.machines import ProcessLoad
from botfleet.cli import pod_changes
from botfleet.cli.connected import connected
from botfleet.cli.listing import plain, show
from botfleet.cli.options import AsJson, Home, print_json
from botfleet.domain.figures import counted

app = typer.Typer(no_args_is_help=True, help="The places where bots run.")

_EXAMPLES = "Examples:  botfleet pod "
app.command(epilog=_EXAMPLES + "plan --pods 3   ·   … plan --users 100 --json")(pod_changes.plan)
app.command(epilog=_EXAMPLES + "scale --pods 3   ·   … scale --instances 4 --yes")(
    pod_changes.scale
)
app.command(epilog=_EXAMPLES + "drain 2   ·   … drain 2 --undo --yes")(pod_changes.drain)
app.command(epilog=_EXAMPLES + "move ann --to 2.1")(pod_changes.move)
app.command(epilog=_EXAMPLES + "autoscale   ·   … autoscale --every 30 --yes")(
    pod_changes.autoscale
)

_COLUMNS = {
    "instance": lambda one: f"pod.{one.pod}.{one.instance}",
    "users": lambda one: f"{one.users} of {one.users_max}",
    "free": lambda one: "drained" if one.is_drained else max(0, one.users_max - one.users),
    "bots": lambda one: one.bots,
    "on": lambda one: one.bots_on,
    "due": lambda one: one.due,
    "waiting": lambda one: f"{one.oldest_due_s:.1f} s" if one.due else "",
    "lag p50": lambda one: _milliseconds(one.lag_p50_ms),
    "lag p99": lambda one: _milliseconds(one.lag_p99_ms),
}


@app.callback()
def _group() -> None:
    """The places where bots run."""


@app.command("list", epilog="Examples:  botfleet pod list   ·   botfleet pod list --json")
def list_(*, home: Home = None, as_json: AsJson = False) -> None:
    """List instances: who sits there, what is due, how late marks were in the last hour."""
    wiring = connected(home)
    now = wiring.clock.now()
    instances, numbers = wiring.journal.instances(now), wiring.journal.numbers(now)
    told = wiring.loads.read(f"pod.{one.pod}.{one.instance}" for one in instances)
    measured = told | loads(wiring.settings.home)
    if as_json:
        lines = [plain(one) | {"process": plain(_load(one, measured))} for one in instances]
        print_json({"instances": lines, "fleet": plain(numbers)})
        return
    columns = _COLUMNS | {
        "memory": lambda one: _memory(_load(one, measured)),
        "cpu": lambda one: _cpu(_load(one, measured)),
    }
    show(instances, columns, as_json=False, none="There are no pods yet.")
    free = max(0, numbers.seats - numbers.users + numbers.users_unseated)
    pods = counted(len({one.pod for one in instances}), "pod")
    there = f"{pods}, {counted(len(instances), 'instance')}"
    users, unseated = counted(numbers.users, "user"), counted(numbers.users_unseated, "user")
    typer.echo(
        f"\n{there}; {numbers.bots_on} of {numbers.bots} bots on\n"
        f"{users}, {counted(free, 'seat')} free, {unseated} without a seat"
    )


def _load(one: InstanceLine, measured: Mapping[str, ProcessLoad]) -> ProcessLoad | None:
    """Give what the instance's process weighs: measured on this machine, told from others."""
    return measured.get(f"pod.{one.pod}.{one.instance}")


def _memory(load: ProcessLoad | None) -> str:
    return f"{load.memory_bytes / 2**20:.0f} MiB" if load else ""


def _cpu(load: ProcessLoad | None) -> str:
    """Show the share of a core it has used since it was born."""
    return f"{load.cpu_s / load.uptime_s:.0%}" if load and load.uptime_s > 0 else ""


def _milliseconds(value: float | None) -> str:
    return "" if value is None else f"{value:.0f} ms"
