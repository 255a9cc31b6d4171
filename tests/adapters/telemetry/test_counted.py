"""What passes through is counted once, and passes unchanged."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

import prometheus_client
import pytest

from botfleet.adapters.telemetry.counted import counted, counted_orders
from botfleet.adapters.telemetry.meters import Meters
from botfleet.application.sweep import Drift
from botfleet.domain.bots.safeguards import Mode
from botfleet.domain.market.quotes import Quote
from botfleet.domain.schedules.agenda import Kind
from tests.application.bots import bot, scanner, spread
from tests.application.house import MARK, House
from tests.application.test_switches import impose


@pytest.fixture
def meters() -> Meters:
    registry = prometheus_client.CollectorRegistry()

    def counter(name: str, *labels: str) -> prometheus_client.Counter:
        return prometheus_client.Counter(name, name, labels, registry=registry)

    return Meters(
        prometheus_client.Histogram("mark_lag", "mark_lag", registry=registry),
        prometheus_client.Histogram("lag", "lag", ["trigger"], registry=registry),
        prometheus_client.Histogram("batch", "batch", ["kind"], registry=registry),
        counter("runs", "kind", "outcome"),
        counter("draws", "result"),
        counter("orders", "broker", "state"),
        counter("recoveries", "what"),
        counter("tasks", "task", "end"),
        counter("statements"),
        prometheus_client.Histogram("age", "age", registry=registry),
        counter("drift", "side"),
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
    ended = {"sending": 2, "rejected": 1, "working": 1, "filled": 1}
    assert counts(meters.orders) == {("tradier", state): n for state, n in ended.items()}


def test_an_open_that_is_withdrawn_instead_of_sent_is_counted_at_its_broker(
    house: House, meters: Meters
) -> None:
    house.add(bot(scanner(spread())))
    house.run(MARK)
    house.orders = counted_orders(house.orders, meters)  # type: ignore[assignment]
    impose(house, Mode.HALTED)
    house.send()
    assert counts(meters.orders) == {("tradier", "cancelled"): 1}


def test_every_quote_is_counted_by_its_age_stale_ones_too(house: House, meters: Meters) -> None:
    house.add(bot(scanner(spread())))
    instance = counted(house.instance, meters)
    fresh = house.market.quotes

    def stale(symbols: Collection[str]) -> dict[str, Quote]:
        old = house.clock.at - timedelta(seconds=40)
        return {name: replace(quote, at=old) for name, quote in fresh(symbols).items()}

    house.market.quotes = stale  # type: ignore[method-assign]
    (pointer,) = house.route(MARK)
    assert instance.do(pointer.work_id)
    assert house.one("SELECT outcome FROM runs") == ("no_data",)
    (age,) = meters.quote_age.collect()
    found = {one.name.rpartition("_")[2]: one.value for one in age.samples}
    assert (found["count"], found["sum"]) == (1, 40)


def test_a_pool_that_was_mended_is_counted_by_the_side_it_was_wrong_on(meters: Meters) -> None:
    meters.mended(Drift(2, 300, 50))
    meters.mended(Drift())
    assert counts(meters.drift) == {("generous",): 300, ("strict",): 50}
    assert counts(meters.recoveries) == {("pools",): 2}
