"""Counts of many processes are one: a death loses none, doubles none and leaves no file behind."""

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest
from prometheus_client import generate_latest

from botfleet.adapters.system.ports import choose
from botfleet.adapters.telemetry import scrape
from botfleet.application.ports.broker_lines import BrokerLine
from botfleet.application.ports.journal import FleetNumbers, InstanceLine
from botfleet.application.ports.machines import ProcessLoad
from botfleet.application.ports.passes import BreakKind
from botfleet.application.ports.slots import Lateness
from botfleet.domain.schedules.agenda import TriggerKind
from botfleet.errors import StoreUnavailable
from tests import metrics
from tests.metrics import Told
from tests.patience import PATIENCE_S

COUNTING = """
import sys
from pathlib import Path
import prometheus_client  # before the counts have a place, as in the nursery
from botfleet.adapters.telemetry.meters import measure
from botfleet.domain.schedules.agenda import Kind, TriggerKind
meters = measure(Path(sys.argv[1]))
for line in sys.stdin:
    meters.ran(Kind.MARK, {line.strip(): 1})
    meters.worked(Kind.MARK, [TriggerKind.INTERVAL], took_s=0.2, lag_s=1.5)
    print("counted", flush=True)
"""
CAPITAL = {"free": 600, "committed": 300, "pending": 100}
NUMBERS = FleetNumbers(
    8, 1, 20, 5, 4, 3, 2, 1, 90.0, 6, 12.0, beat="host/7", beat_changes=3, capital=CAPITAL
)
BROKER = BrokerLine("tradier", 5, 2, 1, 4, 1, 90.0, logins_lapsing=2, logins_stranded=1)
LATE = Lateness(TriggerKind.EXITS, 9, 0.5, 4.5, 6.0, 0.1, 0.2, 0.3, skipped=1, missed=2, failed=3)


class Worker:
    """A process that counts something for each word it is told, a run if nothing else."""

    def __init__(self, home: Path, program: str = COUNTING) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def count(self, word: str) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "counted\n"

    def end(self, how: signal.Signals) -> None:
        self.process.send_signal(how)
        self.process.communicate()


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[list[Worker]]:
    started = [Worker(tmp_path), Worker(tmp_path)]
    yield started
    for worker in started:
        if worker.process.poll() is None:
            worker.end(signal.SIGKILL)


def numbers() -> FleetNumbers:
    return NUMBERS


def silent() -> NoReturn:
    raise StoreUnavailable


def scraped(home: Path) -> dict[str, float]:
    fleet = scrape.FleetCollector(
        numbers,
        lambda: {"router": 2, "pod.1.1": 0},
        lambda: [LATE],
        brokers=lambda: [BROKER],
        calendar_days=lambda: 400,
        unsafe={"postgres": lambda: ["fsync = off"], "pool": silent},
    )
    text = generate_latest(scrape.registry(home, fleet)).decode()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_counts_of_processes_add_up_over_kills_and_restarts(
    tmp_path: Path, workers: list[Worker]
) -> None:
    one, two = workers
    for worker in workers:
        worker.count("opening")
        worker.count("refused:no_capital")
    two.count("refused:open_positions")
    files = sorted((tmp_path / "metrics").iterdir())
    one.end(signal.SIGKILL)
    again = Worker(tmp_path)
    workers.append(again)
    again.count("opening")
    counts = scraped(tmp_path)
    assert counts['botfleet_runs_total{kind="mark",outcome="opening"}'] == 3
    assert counts['botfleet_runs_total{kind="mark",outcome="refused"}'] == 3
    assert counts["botfleet_mark_lag_seconds_count"] == 6
    assert counts['botfleet_lag_seconds_count{trigger="interval"}'] == 6
    assert counts['botfleet_mark_lag_seconds_bucket{le="2.0"}'] == 6
    assert counts['botfleet_mark_lag_seconds_bucket{le="1.0"}'] == 0
    assert sorted((tmp_path / "metrics").iterdir()) == files


def test_a_word_of_somebody_elses_becomes_no_label(tmp_path: Path, workers: list[Worker]) -> None:
    workers[0].count("ann's secret bot")
    assert scraped(tmp_path)['botfleet_runs_total{kind="mark",outcome="other"}'] == 1


def test_gauges_are_how_the_fleet_stands_as_it_is_asked(tmp_path: Path) -> None:
    found = scraped(tmp_path)
    assert found['botfleet_seats{state="used"}'] == 7
    assert found['botfleet_seats{state="free"}'] == 13
    assert found['botfleet_orders_unknown_age_seconds{broker="tradier"}'] == 90
    assert found['botfleet_orders_live{broker="tradier"}'] == 4
    assert found['botfleet_logins{broker="tradier",state="ending"}'] == 2
    assert found['botfleet_logins{broker="tradier",state="lapsing"}'] == 2
    assert found['botfleet_logins{broker="tradier",state="stranded"}'] == 1
    assert found['botfleet_capital_cents{state="free"}'] == 600
    assert found["botfleet_calendar_days"] == 400
    assert found['botfleet_queue_depth{queue="router"}'] == 2
    assert found['botfleet_up{store="postgres"}'] == 1
    assert found['botfleet_store_unsafe{store="postgres"}'] == 1
    assert found['botfleet_up{store="pool"}'] == 0
    assert 'botfleet_store_unsafe{store="pool"}' not in found
    assert (found["botfleet_beat_leader"], found["botfleet_beat_changes"]) == (1, 3)
    assert found['botfleet_lateness_seconds{quantile="0.99",trigger="exits"}'] == 4.5
    ends = ("done", "skipped", "missed", "failed")
    slots = [found[f'botfleet_slots{{end="{end}",trigger="exits"}}'] for end in ends]
    assert slots == [9, 1, 2, 3]


@pytest.mark.parametrize(("beat", "leads"), [(None, 0), ("stand-in host/7", 0), ("host/7", 1)])
def test_a_worker_that_stands_in_is_no_metronome(
    tmp_path: Path, beat: str | None, leads: int
) -> None:
    numbers = replace(NUMBERS, beat=beat)
    fleet = scrape.FleetCollector(lambda: numbers, dict)
    text = generate_latest(scrape.registry(tmp_path, fleet)).decode()
    assert f"botfleet_beat_leader {leads}.0" in text


def test_a_store_that_does_not_answer_is_said_so_and_the_rest_is_there(tmp_path: Path) -> None:
    def silent() -> dict[str, int]:
        raise StoreUnavailable

    text = generate_latest(scrape.registry(tmp_path, scrape.FleetCollector(numbers, silent)))
    assert b'botfleet_up{store="queue"} 0.0' in text
    assert b"botfleet_positions_open 3.0" in text
    assert b"botfleet_queue_depth" not in text


METERS = """
import json, sys
from dataclasses import fields
from pathlib import Path
from botfleet.adapters.telemetry import beat, door, meters
kinds = [kind.measure(Path(sys.argv[1])) for kind in (meters, door, beat)]
made = [getattr(one, field.name) for one in kinds for field in fields(one)]
print(json.dumps([[one._name, one._type, one._labelnames] for one in made]))
"""


def test_the_page_tells_of_every_metric_with_its_type_and_labels(tmp_path: Path) -> None:
    words = [sys.executable, "-c", METERS, str(tmp_path)]
    told = subprocess.run(words, capture_output=True, text=True, check=True)
    made: Told = {name: (kind, frozenset(labels)) for name, kind, labels in json.loads(told.stdout)}
    fleet = scrape.FleetCollector(
        numbers,
        lambda: {"router": 2},
        lambda: [LATE],
        lambda: [InstanceLine(1, 1, 1, 1, False, 1, 1, 1, 1.0, 1.0, 1.0)],
        lambda: [ProcessLoad("router", 1.0, 1, 1.0, 1)],
        lambda: {BreakKind.ORPHAN: 1},
        lambda: [BROKER],
        lambda: 400,
        lambda: True,
        {"postgres": tuple},
    )
    for family in fleet.collect():
        (labels,) = {frozenset(sample.labels) for sample in family.samples}
        made[family.name] = (family.type, labels)
    assert made == metrics.told()


def test_it_is_served_on_this_machine(tmp_path: Path) -> None:
    (port,) = choose([0], near="metrics")
    scrape.serve(scrape.registry(tmp_path, scrape.FleetCollector(numbers, dict)), port)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE_S) as answer:
        assert b"botfleet_bots" in answer.read()


STANDING = """
import sys
from pathlib import Path
from botfleet.adapters.telemetry import beat, door
meters, metronome = door.measure(Path(sys.argv[1])), beat.measure(Path(sys.argv[1]))
for line in sys.stdin:
    meters.streams.set(int(line))
    metronome.ticked(is_leading=True)
    meters.problems.labels("too_often").inc()
    print("counted", flush=True)
"""


def test_how_a_process_stands_dies_with_it_and_what_it_counted_does_not(tmp_path: Path) -> None:
    """One is killed with a successor, one without; a slot is another's after that."""
    first, second = (Worker(tmp_path, STANDING) for _ in range(2))
    first.count("5")
    second.count("2")
    assert scraped(tmp_path)["botfleet_api_streams"] == 7
    assert scraped(tmp_path)["botfleet_beat_leads"] == 2
    first.end(signal.SIGKILL)
    counts = scraped(tmp_path)
    assert (counts["botfleet_api_streams"], counts["botfleet_beat_leads"]) == (2, 1)
    successor = Worker(tmp_path)  # of another kind, in the slot that is free
    successor.count("opening")
    second.end(signal.SIGKILL)
    counts = scraped(tmp_path)
    assert "botfleet_api_streams" not in counts
    assert counts['botfleet_api_problems_total{code="too_often"}'] == 2
    successor.end(signal.SIGKILL)
