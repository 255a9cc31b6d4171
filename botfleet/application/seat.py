"""Seat: give the fleet another shape while it runs, and everybody a seat in it.

A plan is shown before it is done, and done in an order that may break off anywhere: new instances
take work before anybody sits there; nobody sits on an instance that ends, and what waited there has
another place. Planning the same change again finishes what a crash left. One operator at a time: a
second is told so, lest one ends the instances on which the other has just seated users.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from botfleet.application.ports.layouts import Arranged, Layout, Layouts
from botfleet.application.ports.machines import Machines
from botfleet.application.ports.messages import Messages
from botfleet.domain.fleet.seating import Flow, Seat, Shape, flows
from botfleet.errors import Refusal


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change would do: from `layout` to `shape`, who moves, which instances come and go."""

    layout: Layout
    shape: Shape
    flows: tuple[Flow, ...]
    starts: tuple[Seat, ...]
    stops: tuple[Seat, ...]

    @property
    def moved(self) -> int:
        """How many users get another seat; those without one get theirs besides."""
        return sum(flow.users for flow in self.flows)

    @property
    def is_empty(self) -> bool:
        """Whether the fleet already stands like this."""
        is_same = self.layout.shape == self.shape
        return is_same and not (self.flows or self.starts or self.stops or self.layout.unseated)


@dataclass(frozen=True, slots=True)
class Seating:
    """What seating takes."""

    layouts: Layouts
    machines: Machines
    messages: Messages

    def layout(self) -> Layout:
        """Give the fleet as it stands."""
        return self.layouts.layout()

    def plan(
        self,
        layout: Layout,
        *,
        pods: int | None = None,
        instances: int | None = None,
        users_per_instance: int | None = None,
        drained: Collection[int] | None = None,
    ) -> Plan:
        """Say what turning these knobs would do; those not given stay.

        Raises:
            Refusal: so small a fleet has not seats for everyone, or there are no pods to drain.
        """
        shape = _turned(layout.shape, pods, instances, users_per_instance, drained)
        if layout.users > shape.capacity:
            raise Refusal(
                f"{layout.users} users need seats; that fleet would have {shape.capacity}."
            )
        starts, stops = self._instances(shape)
        return Plan(layout, shape, flows(layout.taken, shape.open_seats), starts, stops)

    def do(self, plan: Plan) -> Arranged:
        """Carry a plan out: its users as planned, and whichever instances lack or are over by now.

        Raises:
            Refusal: the fleet has changed since or is being changed, or an instance will not start.
        """
        with self.layouts.changing(plan.layout.version):
            starts, stops = self._instances(plan.shape)
            arranged = self._arranged(plan, starts)
            self.machines.intend(plan.shape)
            self.messages.work(arranged.pointers)
            self.machines.stop(stops)
            return arranged

    def _arranged(self, plan: Plan, starts: Collection[Seat]) -> Arranged:
        """Seat everyone once the new instances take work; end those again if that cannot be."""
        try:
            self.machines.start(starts)
            return self.layouts.arrange(plan.shape, version=plan.layout.version, is_evened=True)
        except Refusal:
            shape = self.layouts.layout().shape
            needed = frozenset(shape.everywhere if shape else ())
            self.machines.stop([seat for seat in starts if seat not in needed])
            raise

    def _instances(self, shape: Shape) -> tuple[tuple[Seat, ...], tuple[Seat, ...]]:
        """Give those that a fleet of this shape lacks, and those it has no use for."""
        running, everywhere = self.machines.running(), frozenset(shape.everywhere)
        return tuple(sorted(everywhere - running)), tuple(sorted(running - everywhere))


def _turned(
    shape: Shape | None,
    pods: int | None,
    instances: int | None,
    users_per_instance: int | None,
    drained: Collection[int] | None,
) -> Shape:
    if shape is None:
        raise Refusal("The fleet has no pods yet; `botfleet up` starts some.")
    turned = replace(
        shape,
        pods=shape.pods if pods is None else pods,
        instances=shape.instances if instances is None else instances,
        users_per_instance=users_per_instance or shape.users_per_instance,
        drained=shape.drained if drained is None else frozenset(drained),
    )
    unknown = sorted(pod for pod in turned.drained if pod > turned.pods)
    if drained is not None and unknown:
        raise Refusal(f"There is no pod {unknown[0]}; there are {turned.pods}.")
    return replace(turned, drained=frozenset(pod for pod in turned.drained if pod <= turned.pods))
