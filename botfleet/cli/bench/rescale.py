"""`botfleet bench rescale`: an instance more, one less, and one killed, while marks follow one
another without a pause.

The operator is a thread beside the marks, and acts in their midst. What is told: how soon the first
work was committed at the new instance, how soon a killed one's users were served again, and how
late bots were at the marks meanwhile, beside those before.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer
from rich.console import Console

from botfleet.adapters.system.clock import wall_s
from botfleet.bootstrap import Wiring
from botfleet.cli.bench.crowd import BOTS_A_USER, Crowd, crowd, scanners
from botfleet.cli.bench.figures import percentile, tell
from botfleet.cli.options import AsJson
from botfleet.domain.fleet.seating import Seat

app = typer.Typer()

INSTANCES, AUTOMATIONS, WARMING, CALM = 2, 2, 3, 3
NEWCOMER = Seat(1, INSTANCES + 1)
_FIRST = """
SELECT extract(epoch FROM min(ended_real))::float8 - %(since)s AS s FROM work
WHERE (pod, instance) = (%(pod)s, %(instance)s) AND state = 'done' AND cardinality(bots) > 0
  AND begun_real > to_timestamp(%(after)s)
"""


@app.command("rescale", epilog="Examples:  botfleet bench rescale   ·   … --kills 20 --json")
def bench_rescale(
    *,
    bots: Annotated[int, typer.Option(min=BOTS_A_USER, help="How many bots.")] = 2_000,
    scalings: Annotated[int, typer.Option(min=1, max=50, help="Times up and down.")] = 5,
    kills: Annotated[int, typer.Option(min=0, max=100, help="How many kills -9.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Scale up and down and kill instances under load; tell how soon work went on, how late."""
    console = Console(stderr=as_json)
    with crowd(instances=INSTANCES) as one, Wiring(one.fleet.settings) as operators:
        console.print(f"Adding {bots:,} bots …")
        one.add(bots // BOTS_A_USER, scanners(BOTS_A_USER, AUTOMATIONS))
        day = _Day(one, operators)
        for n in range(scalings):
            console.print(f"  scaling {n + 1} of {scalings}")
            day.scale()
        for n in range(kills):
            console.print(f"  kill {n + 1} of {kills}")
            day.kill(Seat(1, 1 + n % INSTANCES), pause_s=n / max(kills, 1) * 0.2)
    tell("rescale", {"bots": bots, "instances": INSTANCES} | day.figures(), as_json=as_json)


@dataclass
class _Day:
    """Marks without a pause, and what operators did in their midst; seconds throughout."""

    crowd: Crowd
    operators: Wiring
    lags: dict[str, list[float]] = field(default_factory=dict)
    worked: list[float] = field(default_factory=list)
    resumed: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        for _ in range(WARMING):
            self.crowd.mark()

    def scale(self) -> None:
        """Add an instance, wait for its first work, and take it away again."""
        self._calm()
        began_s = wall_s()
        self._meanwhile("adding", lambda: self._shape(INSTANCES + 1))
        self.worked.append(self._first(NEWCOMER, since=began_s, after=began_s))
        self._meanwhile("removing", lambda: self._shape(INSTANCES))

    def kill(self, seat: Seat, *, pause_s: float) -> None:
        """Kill an instance somewhere in a mark; wait for the first work of its users after that."""
        self._calm()
        killed = self._meanwhile("killing", lambda: self._killed(seat, pause_s))
        self.resumed.append(self._first(seat, since=killed[0], after=killed[1]))

    def _killed(self, seat: Seat, pause_s: float) -> tuple[float, float]:
        time.sleep(pause_s)  # kills hit marks at different points
        before_s = wall_s()
        self.crowd.fleet.kill(str(seat))
        return before_s, wall_s()

    def _shape(self, instances: int) -> None:
        seating = self.operators.seating
        seating.do(seating.plan(seating.layout(), instances=instances))

    def _calm(self) -> None:
        for _ in range(CALM):
            self._mark("before")

    def _mark(self, name: str) -> None:
        self.lags.setdefault(name, []).extend(self.crowd.mark().lags_s())

    def _meanwhile(self, name: str, act: Callable[[], Any]) -> Any:
        """Play marks while an operator acts, and one after that: what was begun is in them."""
        with _beside(act) as acting:
            while not acting.done():
                self._mark(name)
            self._mark(name)
        return acting.result()

    def _first(self, seat: Seat, *, since: float, after: float) -> float:
        """Say how soon a row that was begun there `after` was committed, from `since` on."""
        place = {"pod": seat.pod, "instance": seat.instance}
        found: float | None = self.crowd.ask(_FIRST, since=since, after=after, **place)[0]["s"]
        while found is None:
            self._mark("waiting")
            found = self.crowd.ask(_FIRST, since=since, after=after, **place)[0]["s"]
        return found

    def figures(self) -> dict[str, Any]:
        """Sum up."""
        found: dict[str, Any] = {}
        for name, waits in (("first_work", self.worked), ("resumed", self.resumed)):
            if waits:
                found[f"{name}_p50_s"] = round(percentile(waits, 0.5), 2)
                found[f"{name}_max_s"] = round(max(waits), 2)
        for name, lags in self.lags.items():
            found[f"lag_{name}_p50_s"] = round(percentile(lags, 0.5), 3)
            found[f"lag_{name}_p99_s"] = round(percentile(lags, 0.99), 3)
            found[f"lag_{name}_max_s"] = round(max(lags), 3)
        return found


@contextmanager
def _beside(act: Callable[[], Any]) -> "Iterator[Future[Any]]":
    with ThreadPoolExecutor(1) as operator:
        yield operator.submit(act)
