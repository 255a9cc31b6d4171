"""What passes through is counted once, and passes unchanged."""

import prometheus_client
import pytest

from botfleet.adapters.telemetry.counted import counted, counted_orders
from botfleet.adapters.telemetry.meters import Meters
from botfleet.domain.schedules.agenda import Kind
from tests.application.bots import bot, scanner, spread
from tests.application.house import MARK, House


@pytest.fixture
def meters() -> Meters:
    registry = prometheus_client.CollectorRegistry()

    def counter(name: str, *labels: str) -> prometheus_client.Counter:
        return prometheus_client.Counter(name, name, labels, registry=registry)

    return Meters(
        prometheus_client.Histogram("lag", "lag", registry=registry),
        prometheus_client.Histogram("batch", "batch", ["kind"], registry=registry),
        counter("runs", "kind", "outcome"),
        counter("draws", "result"),
        counter("orders", "state"),
        counter("recoveries", "what"),
        counter("tasks", "task", "end"),
    )


def counts(meter: prometheus_client.Counter) -> dict[tuple[str, ...], float]:
    return {
        tuple(sample.labels.values()): sample.value
        for metric in meter.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    }


def test_runs_draws_and_orders_are_counted_as_they_are_committed(
    house: House, meters: Meters
) -> None:
    for name in ("One", "Two"):
        house.add(bot(scanner(spread()), name=name))
    house.add(bot(scanner(spread(size="{amount: 1}")), name="Poor"))
    (pointer,) = house.route(MARK)
    instance = counted(house.instance, meters)
    assert instance.do(pointer.work_id)
    assert instance.do(pointer.work_id) is None
    assert house.one("SELECT count(*) FROM runs") == (3,)
    kind = Kind.MARK.value
    assert counts(meters.runs) == {(kind, "opening"): 2, (kind, "refused"): 1}
    assert counts(meters.draws) == {("cold",): 3, ("granted",): 2, ("no_capital",): 1}
    house.broker.mood = ["refuse"]
    book = counted_orders(house.orders, meters)
    house.orders = book  # type: ignore[assignment]  # it keeps the same port
    house.send()
    house.broker.fill("1", 1, "-0.49")
    house.look(after_s=6)
    ended = {("sending",): 2, ("rejected",): 1, ("working",): 1, ("filled",): 1}
    assert counts(meters.orders) == ended
