"""The operators of a demo day: they turn the three knobs, drain a pod, and act two at a time; and
one instance is killed. All of it while bots trade, by what `botfleet pod` does.

The session is let go up to the next change while one is made: every change has a day around it.
On a day without `shares` nobody acts.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Barrier

from botfleet.adapters.market.played import played_to
from botfleet.adapters.postgres.days import PostgresDays
from botfleet.adapters.system.clock import RealClock
from botfleet.application.seat import Plan, Seating
from botfleet.bootstrap import Wiring
from botfleet.cli.processes import Fleet
from botfleet.domain.fleet.seating import Seat, Shape
from botfleet.domain.market.calendar import Session
from botfleet.errors import Refusal
from botfleet.web.summary import Change, SeatCount, SeatsPoint

#: Where in the day they act, as shares of the session.
SHARES = (0.10, 0.19, 0.28, 0.36, 0.44, 0.53, 0.62, 0.70, 0.79, 0.88)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Made:
    """A change that was made, and where to look for the first work after it."""

    at: datetime
    real_at: datetime
    what: str
    moved: int
    seats: Collection[Seat]
    killed: str = ""


@dataclass
class Operators:
    """Who changes the fleet of a demo day, and what they did."""

    fleet: Fleet
    wiring: Wiring
    session: Session
    users: int
    shares: Sequence[float] = SHARES
    made: list[_Made] = field(default_factory=list)
    seats: list[SeatsPoint] = field(default_factory=list)

    def __post_init__(self) -> None:
        now = self.wiring.clock.now()
        acts = zip(map(self._instant, self.shares), self._acts(), strict=False)
        self._left = [(at, act) for at, act in acts if at > now]
        self._note(self.session.opens_at)

    def _instant(self, share: float) -> datetime:
        length = self.session.closes_at - self.session.opens_at
        return self.session.opens_at + share * length // _MINUTE * _MINUTE

    @property
    def next_at(self) -> datetime | None:
        """When they act next; None once they have done all."""
        return self._left[0][0] if self._left else None

    def let_go(self) -> None:
        """Let the session go up to the next change, or to its end."""
        self.wiring.fleet_row.play_to(self.next_at or played_to(self.session))

    def act(self) -> None:
        """Make the next change, the session going on up to the one after it."""
        at, act = self._left.pop(0)
        self.let_go()
        real_at = RealClock().now()
        self.made.append(_Made(at, real_at, *act()))
        self._note(at)

    def changes(self) -> tuple[Change, ...]:
        """Tell what was done, and how soon the first work was committed after each."""
        days = PostgresDays(self.wiring.database)
        told = []
        for one in self.made:
            first = days.first_work(one.real_at, one.seats)
            after_s = None if first is None else round((first - one.real_at).total_seconds(), 2)
            told.append(Change(one.at, one.what, one.moved, after_s, one.killed))
        return tuple(told)

    def _note(self, at: datetime) -> None:
        layout = self.wiring.layouts.layout()
        shape = layout.shape
        if shape is not None:
            taken = (SeatCount(str(seat), layout.taken.get(seat, 0)) for seat in shape.everywhere)
            self.seats.append(SeatsPoint(at, tuple(taken)))

    def _acts(self) -> Iterator[Callable[[], "_Done"]]:
        """List what they do, in order: each knob there and back, the fleet as before at the end."""
        settings = self.fleet.settings
        shape = Shape(settings.pods, settings.instances, settings.users_per_instance)
        pods, instances = shape.pods + 1, shape.instances + 1
        tight = -(-self.users // (shape.pods * instances))
        yield lambda: self._turn(pods=pods)
        yield lambda: self._turn(instances=instances)
        yield lambda: self._turn(drained=[1])
        yield self._kill
        yield lambda: self._turn(users=tight)
        yield lambda: self._both(pods + 1, instances + 1)
        yield lambda: self._turn(drained=[])
        yield lambda: self._turn(pods=shape.pods)
        yield lambda: self._turn(users=shape.users_per_instance)
        yield lambda: self._turn(instances=shape.instances)

    def _turn(
        self,
        *,
        pods: int | None = None,
        instances: int | None = None,
        users: int | None = None,
        drained: Collection[int] | None = None,
    ) -> "_Done":
        seating = self.wiring.seating
        plan = seating.plan(
            seating.layout(),
            pods=pods,
            instances=instances,
            users_per_instance=users,
            drained=drained,
        )
        return _turned(plan), seating.do(plan).moved, _touched(plan)

    def _kill(self) -> "_Done":
        """Kill -9 the instance where most users sit."""
        taken = self.wiring.layouts.layout().taken
        seat = max(sorted(taken), key=lambda one: taken[one])
        self.fleet.kill(str(seat))
        return f"{seat} killed with kill -9", 0, [seat], str(seat)

    def _both(self, pods: int, instances: int) -> "_Done":
        """Let two operators carry out plans that both made for the fleet as it stands."""
        seating = self.wiring.seating
        layout, start = seating.layout(), Barrier(2)
        plans = [seating.plan(layout, pods=pods), seating.plan(layout, instances=instances)]

        def carried_out(plan: Plan) -> int | None:
            with Wiring(self.fleet.settings) as own:
                start.wait()
                return _tried(own.seating, plan)

        with ThreadPoolExecutor(len(plans)) as operators:
            moved = list(operators.map(carried_out, plans))
        done = [(plan, n) for plan, n in zip(plans, moved, strict=True) if n is not None]
        won = " and ".join(_turned(plan) for plan, _ in done)
        lost = [_turned(plan) for plan, n in zip(plans, moved, strict=True) if n is None]
        again = "".join(f"; who wanted {wish} was told to plan again" for wish in lost)
        seats = [seat for plan, _ in done for seat in _touched(plan)]
        return f"two operators at once: {won}{again}", sum(n for _, n in done), seats


_Done = tuple[str, int, Collection[Seat]] | tuple[str, int, Collection[Seat], str]


def _tried(seating: Seating, plan: Plan) -> int | None:
    """Carry a plan out; give how many moved, None where somebody else was first."""
    try:
        return seating.do(plan).moved
    except Refusal:
        return None


def _turned(plan: Plan) -> str:
    """Word what a plan changes."""
    before, after = plan.layout.shape, plan.shape
    if before is None:
        return "begun"
    knobs = {
        "pods": (before.pods, after.pods),
        "instances a pod": (before.instances, after.instances),
        "users an instance": (before.users_per_instance, after.users_per_instance),
    }
    words = [f"{name} {a} to {b}" for name, (a, b) in knobs.items() if a != b]
    words += [f"pod {pod} drained" for pod in sorted(after.drained - before.drained)]
    words += [f"pod {pod} opened again" for pod in sorted(before.drained - after.drained)]
    return ", ".join(words)


def _touched(plan: Plan) -> list[Seat]:
    """Name where users came to; of those the new instances, if there are any."""
    came = sorted({flow.target for flow in plan.flows})
    return [seat for seat in came if seat in plan.starts] or came
