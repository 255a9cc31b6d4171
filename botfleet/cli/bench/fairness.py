"""`botfleet bench fairness`: how much later one heavy user makes everybody else's bots.

The same fleet judges the same bots at mark after mark, without the heavy user, with a thousand
bots of theirs, and with their one bot that loops over a hundred symbols; the three take turns, and
each round is compared with itself, so that what else the machine does meets all three alike.
"""

from collections.abc import Sequence
from statistics import median
from typing import Annotated, Any

import typer
from rich.console import Console

from botfleet.adapters.botfile import read
from botfleet.adapters.market.sketches import SKETCHES
from botfleet.application.ports.roster import User
from botfleet.cli.bench.crowd import BOTS_A_USER, Crowd, crowd, scanners
from botfleet.cli.bench.figures import percentile, tell
from botfleet.cli.options import AsJson
from botfleet.domain.bots.bot import Definition
from botfleet.domain.ids import UserId

app = typer.Typer()

AUTOMATIONS, LOOP, WARMING = 2, 100, 3
WITHOUT = "without"

_LOOP = """
botfleet: 1
name: Loops
limits: {{allocation: 10000, daily_positions: 3, open_positions: 3}}
symbols: [SPY]
interval: 1
automations:
  - name: Scanner
    lane: scanner
    tree:
      loop: {{symbols: [{symbols}]}}
      do:
        if:
          all:
            - {{recipe: stock_price, symbol: $symbol, relation: above, value: 1}}
            - {{recipe: indicator_value, symbol: $symbol, indicator: RSI, period: 14,
                relation: above, value: 101}}
        "yes": {{notify: up}}
        "no": nothing
"""


@app.command("fairness", epilog="Examples:  botfleet bench fairness   ·   … --rounds 10 --json")
def bench_fairness(
    *,
    users: Annotated[int, typer.Option(min=2, max=500, help="How many other users.")] = 50,
    bots: Annotated[int, typer.Option(min=1, max=10_000, help="The heavy user's bots.")] = 1_000,
    rounds: Annotated[int, typer.Option(min=1, max=100, help="Marks of each kind.")] = 30,
    as_json: AsJson = False,
) -> None:
    """Measure other users' lag with and without one who has a thousand bots, or a long loop."""
    console = Console(stderr=as_json)
    with crowd() as one:
        console.print(f"Seating {users} users of {BOTS_A_USER} bots, and the heavy ones …")
        others = one.add(users, scanners(BOTS_A_USER, AUTOMATIONS))
        kinds = {
            WITHOUT: [],
            f"with_{bots}_bots": one.add(1, scanners(bots, AUTOMATIONS)),
            f"with_a_{LOOP}_symbol_loop": one.add(1, [_looping()]),
        }
        told = _Told(one, others, kinds)
        for n in range(-WARMING, rounds):
            told.round(n, is_counted=n >= 0)
            console.print(f"  round {n + 1} of {rounds}", end="\r")
    tell("fairness", {"other_users": users, "rounds": rounds} | told.figures(), as_json=as_json)


class _Told:
    """The others' lag, round by round and kind by kind."""

    def __init__(self, one: Crowd, others: Sequence[User], kinds: dict[str, list[User]]) -> None:
        self._crowd, self._kinds = one, kinds
        self._others: frozenset[UserId] = frozenset(user.user_id for user in others)
        self._heavy = [user for some in kinds.values() for user in some]
        self._rounds: list[dict[str, tuple[float, float]]] = []

    def round(self, n: int, *, is_counted: bool) -> None:
        """Play one mark of each kind, in an order that turns from round to round."""
        names = list(self._kinds)
        turned = names[n % len(names) :] + names[: n % len(names)]
        lags = {kind: self._lags(kind) for kind in turned}
        if is_counted:
            self._rounds.append(lags)

    def _lags(self, kind: str) -> tuple[float, float]:
        self._crowd.switch(self._heavy, is_on=False)
        self._crowd.switch(self._kinds[kind], is_on=True)
        lags = self._crowd.mark().lags_s(self._others)
        return percentile(lags, 0.5), percentile(lags, 0.99)

    def figures(self) -> dict[str, Any]:
        """Sum up: the medians of rounds, and the median of each round's shifts, per cent."""
        found: dict[str, Any] = {}
        for kind in self._kinds:
            for place, share in enumerate(("p50", "p99")):
                lags = [one[kind][place] for one in self._rounds]
                shifts = [(one[kind][place] / one[WITHOUT][place] - 1) for one in self._rounds]
                found[f"lag_{share}_{kind}_s"] = round(median(lags), 3)
                if kind != WITHOUT:
                    found[f"lag_{share}_{kind}_shift_pct"] = round(median(shifts) * 100, 1)
        return found


def _looping() -> Definition:
    """Give a bot that goes through very many symbols: all that the market has, and some more."""
    symbols = [*SKETCHES, *(f"ZZ{n:02}" for n in range(LOOP))][:LOOP]
    return read(_LOOP.format(symbols=", ".join(symbols)))
