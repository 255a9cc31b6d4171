"""The supervisor: processes come up in the order of need, come back, and go, all of them."""

import math
import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from botfleet.adapters.system import homes, keeper, nursery
from botfleet.adapters.system.keeper import Grounds, Happening
from botfleet.adapters.system.places import sockets_of
from botfleet.adapters.system.processes import ProcessSpec
from botfleet.adapters.system.supervision import Supervision
from botfleet.adapters.system.supervisor import ProcessState
from botfleet.errors import BadInput, Refusal
from tests.patience import PATIENCE_S

ENV = {"PATH": "/usr/bin:/bin"}
ANNOUNCE = (
    "import time; from botfleet.adapters.system.readiness import announce; "
    "announce(); time.sleep(600)"
)


def shell(name: str, script: str, after: tuple[str, ...] = ()) -> ProcessSpec:
    return ProcessSpec(name=name, argv=("/bin/sh", "-c", script), env=ENV, after=after)


def sleeper(name: str, after: tuple[str, ...] = ()) -> ProcessSpec:
    return shell(name, "exec sleep 600", after)


def grounds_of(home: Path) -> Grounds:
    sockets = sockets_of(home)
    return Grounds(home / "log", sockets / "notify", sockets / "nursery")


def record_of(home: Path) -> homes.FleetRecord:
    return homes.FleetRecord(
        pid=os.getpid(),
        started_at="2026-11-20T14:30:00+00:00",
        control=str(sockets_of(home) / "control"),
        logs=str(home / "log"),
        urls={"API": "http://127.0.0.1:1"},
        settings={"pods": "1"},
    )


@contextmanager
def supervised(
    home: Path, *specs: ProcessSpec, heard: list[Happening] | None = None
) -> Iterator[Supervision]:
    told = [] if heard is None else heard
    with Supervision(home, specs, grounds_of(home), record_of(home), told.append) as supervision:
        supervision.until_ready()
        yield supervision


def state_of(supervision: Supervision, name: str) -> ProcessState:
    return next(state for state in supervision.processes() if state.name == name)


def until(is_so: Callable[[], bool], *, within_s: float = PATIENCE_S) -> bool:
    deadline = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def came_back(supervision: Supervision, name: str, old: int | None) -> bool:
    def has() -> bool:
        state = state_of(supervision, name)
        return state.state == "ready" and state.pid != old

    return until(has)


def test_what_is_needed_starts_first_and_stops_last(home: Path) -> None:
    heard: list[Happening] = []
    specs = sleeper("store"), sleeper("worker", after=("store",)), sleeper("api", after=("worker",))
    with supervised(home, *specs, heard=heard):
        pass
    told = [(each.name, each.state) for each in heard]
    assert [name for name, state in told if state == "ready"] == ["store", "worker", "api"]
    assert [name for name, state in told if state == "stopped"] == ["api", "worker", "store"]


def test_what_a_process_writes_or_leaves_behind_is_nobody_elses_to_read(home: Path) -> None:
    written = home / "book"
    tells = f"ulimit -c > {written}; exec sleep 600"
    old = os.umask(0o022)
    try:
        with supervised(home, shell("book", tells)):
            assert until(lambda: written.exists() and written.read_text() != "")
    finally:
        os.umask(old)
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert written.read_text() == "0\n"


def test_what_runs_once_is_done_before_others_start(home: Path) -> None:
    migrate = replace(shell("migrate", "sleep 0.2; echo migrated > done"), once=True, cwd=home)
    worker = replace(shell("worker", "cat done; exec sleep 600", after=("migrate",)), cwd=home)
    with supervised(home, migrate, worker) as supervision:
        assert state_of(supervision, "migrate").state == "done"
        assert until(lambda: "migrated" in (home / "log" / "worker.log").read_text())


def test_a_crashed_process_is_started_again_at_once(home: Path) -> None:
    heard: list[Happening] = []
    with supervised(home, sleeper("worker"), heard=heard) as supervision:
        old = state_of(supervision, "worker").pid
        supervision.order("kill", "worker")
        assert came_back(supervision, "worker", old)
        assert state_of(supervision, "worker").restarts == 1
    (rest,) = (each.words for each in heard if each.state == "resting")
    assert rest == "ended by SIGKILL; starts again"


def test_a_process_that_dies_again_and_again_rests_longer_and_longer(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "_EARNED_S", math.inf)  # however long a machine makes a life last
    heard: list[Happening] = []
    with supervised(home, shell("worker", "sleep 0.05; exit 3"), heard=heard):
        assert until(lambda: sum(each.state == "resting" for each in heard) >= 3)
    rests = [each.words for each in heard if each.state == "resting"][:3]
    assert rests == [
        "ended with code 3; starts again",
        "ended with code 3; starts again in 0.1 s",
        "ended with code 3; starts again in 0.2 s",
    ]


def test_a_process_that_never_gets_ready_is_given_up_with_its_last_words(home: Path) -> None:
    hopeless = shell("worker", "echo no such module >&2; exit 1")
    hopeless = replace(hopeless, ready=lambda: False, start_s_max=PATIENCE_S)
    needing = sleeper("api", after=("worker",))
    with (
        pytest.raises(
            Refusal, match=r"worker died 5 times in a row .*code 1\): no such module \(see .*log\)"
        ),
        supervised(home, hopeless, needing),
    ):
        pass


def test_what_cannot_get_better_is_not_tried_again(home: Path) -> None:
    def refuse() -> None:
        raise BadInput("another version wrote it")

    heard: list[Happening] = []
    with (
        pytest.raises(BadInput, match="another version wrote it"),
        supervised(home, replace(sleeper("store"), prepare=refuse), heard=heard),
    ):
        pass
    assert [each.state for each in heard] == ["waiting", "starting", "failed"]


def test_what_is_not_ready_in_time_is_killed_and_tried_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "_DEATHS_MAX", math.inf)  # nor is a second life always quick enough
    heard: list[Happening] = []

    def is_another_life() -> bool:
        return any(each.state == "resting" for each in heard)

    spec = replace(sleeper("worker"), ready=is_another_life, start_s_max=0.2)
    with supervised(home, spec, heard=heard):
        pass
    told = [each.words for each in heard]
    assert "was not ready in 0.2 s" in told
    assert any(words.startswith("ended by SIGKILL; starts again") for words in told)


def test_a_process_that_will_not_stop_is_killed(home: Path) -> None:
    stubborn = shell("worker", "trap '' TERM; touch deaf; while true; do sleep 0.05; done")
    stubborn = replace(stubborn, cwd=home, stop_grace_s=0.2, ready=(home / "deaf").exists)
    heard: list[Happening] = []
    with supervised(home, stubborn, heard=heard) as supervision:
        process = psutil.Process(state_of(supervision, "worker").pid)
    assert "would not stop in 0.2 s" in [each.words for each in heard]
    assert not process.is_running()


def test_hurrying_waits_for_nobody(home: Path) -> None:
    stubborn = shell("worker", "trap '' TERM; touch deaf; while true; do sleep 0.05; done")
    stubborn = replace(stubborn, cwd=home, stop_grace_s=600, ready=(home / "deaf").exists)
    heard: list[Happening] = []
    with supervised(home, stubborn, heard=heard) as supervision:
        supervision.end()
        supervision.hurry()
        supervision.until_over()
    assert "would not stop in 600 s" not in [each.words for each in heard]


def test_a_process_announces_that_it_is_ready(home: Path) -> None:
    spec = ProcessSpec(
        name="worker",
        argv=(sys.executable, "-c", ANNOUNCE),
        env=ENV,
        ready="announced",
        start_s_max=PATIENCE_S,
    )
    heard: list[Happening] = []
    with supervised(home, spec, heard=heard):
        pass
    assert Happening("worker", "ready") in heard


def test_a_process_that_never_announces_itself_is_taken_to_run(home: Path) -> None:
    spec = replace(sleeper("worker"), ready="announced", start_s_max=0.1)
    with supervised(home, spec) as supervision:
        assert state_of(supervision, "worker").words == "has not announced itself"


@pytest.fixture
def warm(home: Path) -> tuple[ProcessSpec, ProcessSpec]:
    return nursed(home)


def nursed(home: Path) -> tuple[ProcessSpec, ProcessSpec]:
    """A nursery, and a process to be forked by it that writes down who it is."""
    (home / "whoami.py").write_text(
        textwrap.dedent("""
        import json, os, sys, time
        print("PRELOADED" if "tomllib" in sys.modules else "COLD", os.getppid(), flush=True)
        print(sys.argv[1:], os.environ["WHO"], os.getcwd(), os.getsid(0) == os.getpid(), flush=True)
        if sys.argv[1] == "leave":
            sys.exit(9)
        time.sleep(600)
        """)
    )
    door = grounds_of(home).nursery
    nurse = ProcessSpec(
        name="nursery",
        argv=(sys.executable, "-m", "botfleet.adapters.system.nursery", str(door), "tomllib"),
        env=ENV,
        ready=lambda: nursery.is_open(door),
    )
    child = ProcessSpec(
        name="child",
        argv=(sys.executable, "-m", "whoami", "stay"),
        env=ENV | {"WHO": "me"},
        cwd=home,
        warm=True,
        after=("nursery",),
    )
    return nurse, child


def test_a_warm_process_is_a_child_like_any_other(
    home: Path, warm: tuple[ProcessSpec, ProcessSpec]
) -> None:
    said = home / "log" / "child.log"
    with supervised(home, *warm) as supervision:
        assert until(lambda: said.read_text().count("\n") == 2)
        assert said.read_text().splitlines() == [
            f"PRELOADED {os.getpid()}",
            f"['stay'] me {home} True",
        ]
        old = state_of(supervision, "child").pid
        supervision.order("kill", "child")
        assert came_back(supervision, "child", old)
        assert not psutil.pid_exists(old or 0)


def test_the_end_of_a_warm_process_is_known(
    home: Path, warm: tuple[ProcessSpec, ProcessSpec]
) -> None:
    nurse, child = warm
    leaving = replace(child, argv=(*child.argv[:3], "leave"), once=True)
    with pytest.raises(Refusal, match="child ended with code 9"), supervised(home, nurse, leaving):
        pass


def test_without_its_nursery_a_process_starts_cold(
    home: Path, warm: tuple[ProcessSpec, ProcessSpec]
) -> None:
    with supervised(home, *warm) as supervision:
        supervision.order("stop", "nursery")
        old = state_of(supervision, "child").pid
        supervision.order("kill", "child")
        assert came_back(supervision, "child", old)
        assert until(lambda: f"COLD {os.getpid()}" in (home / "log" / "child.log").read_text())


def test_orders_are_taken_over_a_socket(home: Path) -> None:
    control = record_of(home).control
    with supervised(home, sleeper("worker")) as supervision:
        old = state_of(supervision, "worker").pid
        homes.order(control, {"do": "stop", "name": "worker"})
        assert state_of(supervision, "worker").state == "stopped"
        homes.order(control, {"do": "start", "name": "worker"})
        assert came_back(supervision, "worker", old)
        old = state_of(supervision, "worker").pid
        homes.order(control, {"do": "restart", "name": "worker"})
        assert came_back(supervision, "worker", old)
        (listed,) = homes.order(control, {"do": "list"})
        assert (listed["name"], listed["restarts"]) == ("worker", 0)
        with pytest.raises(Refusal, match="no process nobody; there are worker"):
            homes.order(control, {"do": "stop", "name": "nobody"})
        with pytest.raises(Refusal, match="no such order"):
            homes.order(control, {"do": "dance"})
        homes.order(control, {"do": "down"})
        supervision.until_over()
    with pytest.raises(Refusal, match="does not answer"):
        homes.order(control, {"do": "list"})


def test_a_home_has_one_fleet_and_says_where_it_is(home: Path) -> None:
    assert homes.holder(home) is None
    with homes.claimed(home), supervised(home, sleeper("worker")):
        assert homes.holder(home) == os.getpid()
        with (
            pytest.raises(Refusal, match=f"already runs .*process {os.getpid()}"),
            homes.claimed(home),
        ):
            pass

        def is_published() -> bool:
            record = homes.found(home)
            return bool(record and record.processes and record.processes[0].state == "ready")

        assert until(is_published)
        assert stat.S_IMODE((home / "fleet.json").stat().st_mode) == 0o600
    assert homes.holder(home) is None
    assert homes.found(home) is None


def test_nothing_is_left_when_the_supervisor_is_killed(home: Path) -> None:
    """Cold children and warm ones, which were born elsewhere."""
    program = f"""
        import signal, sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from pathlib import Path
        from test_supervision import *
        home = Path({str(home)!r})
        with supervised(home, *nursed(home), sleeper("cold")) as supervision:
            print(*(state.pid for state in supervision.processes()), flush=True)
            signal.pause()
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    with parent.stdout as told:
        children = [psutil.Process(int(pid)) for pid in told.readline().split()]
    assert len(children) == 3
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    assert psutil.wait_procs(children, timeout=PATIENCE_S)[1] == []


def test_resting_never_grows_without_bound() -> None:
    assert keeper.rest_s(deaths=1) == 0
    assert keeper.rest_s(deaths=2) == 0.1
    assert keeper.rest_s(deaths=10_000) == 30


def test_processes_come_and_go_while_others_run(home: Path) -> None:
    told: list[Happening] = []
    record = record_of(home)
    with Supervision(
        home, [sleeper("first")], grounds_of(home), record, told.append, sleeper
    ) as supervision:
        supervision.until_ready()
        first = state_of(supervision, "first").pid
        homes.order(record.control, {"do": "add", "names": ["second", "third"]})
        second = state_of(supervision, "second").pid
        homes.order(record.control, {"do": "add", "names": ["second"]})
        assert state_of(supervision, "second").pid == second
        homes.order(record.control, {"do": "remove", "names": ["second"]})
        assert [state.name for state in supervision.processes()] == ["first", "third"]
        assert state_of(supervision, "first").pid == first
        assert second is not None
        assert not psutil.pid_exists(second)


def test_who_waits_for_what_is_taken_away_is_told_so(home: Path) -> None:
    def slow(name: str) -> ProcessSpec:
        return replace(sleeper(name), ready=lambda: False)

    record = record_of(home)
    with Supervision(home, [], grounds_of(home), record, lambda _: None, slow) as supervision:
        supervision.until_ready()
        with ThreadPoolExecutor(1) as threads:
            waits = threads.submit(supervision.add, ["second"])
            assert until(lambda: any(each.pid for each in supervision.processes()))
            homes.order(record.control, {"do": "remove", "names": ["second"]})
            with pytest.raises(Refusal, match="second was taken away before it was ready"):
                waits.result(10)
        assert supervision.processes() == []


def test_nothing_is_added_that_nobody_can_make(home: Path) -> None:
    with (
        supervised(home, sleeper("first")),
        pytest.raises(Refusal, match="Nothing can be added"),
    ):
        homes.order(record_of(home).control, {"do": "add", "names": ["second"]})
