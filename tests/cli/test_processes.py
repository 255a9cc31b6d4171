"""A fleet as the command line runs it: what it is made of, and up, status, down for real."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from botfleet.cli.processes import PRELOADED, Plan, attached, plan
from botfleet.config import Settings
from botfleet.errors import BadInput
from tests.patience import PATIENCE_S

GIVEN = {
    "database_url": "postgresql://u@db/botfleet",
    "broker_url": "redis://queue/0",
    "pool_url": "redis://pool/0",
}
# The real servers, without the fleet's own processes: they have tests of their own.
SERVERS_ONLY = (
    "from botfleet.cli import processes as fleet; fleet._Programs.all = lambda _: iter(()); "
    "from botfleet.cli.main import main; main()"
)


def planned(home: Path, **given: object) -> Plan:
    return plan(Settings.read(home=home, **{**GIVEN, **given}))


def names(fleet: Plan) -> list[str]:
    return [spec.name for spec in fleet.specs]


def test_a_fleet_with_servers_of_its_own_is_made_of_these(home: Path) -> None:
    fleet = plan(Settings.read(home=home, pods=2, instances=2))
    assert names(fleet) == [
        *("postgres", "valkey", "nursery", "migrate", "sandbox", "api", "router", "orders"),
        *("pod.1.1", "pod.1.2", "pod.2.1", "pod.2.2", "beat.1", "beat.2"),
    ]
    assert fleet.settings.broker_url != fleet.settings.pool_url


def test_given_servers_are_used_and_a_live_market_needs_no_sandbox(home: Path) -> None:
    fleet = planned(home, pods=1, instances=1, market="http", market_url="https://feed.example")
    beats = ["beat.1", "beat.2"]
    assert names(fleet) == ["nursery", "migrate", "api", "router", "orders", "pod.1.1", *beats]
    assert fleet.settings.market_url == "https://feed.example"
    assert fleet.settings.pool_url == "redis://pool/0"


def test_whatever_a_process_needs_comes_before_it(home: Path) -> None:
    seen: set[str] = set()
    for spec in plan(Settings.read(home=home)).specs:
        assert set(spec.after) <= seen
        seen.add(spec.name)


def test_each_process_is_told_what_it_is_and_no_more(home: Path) -> None:
    specs = {spec.name: spec for spec in planned(home).specs}
    assert specs["pod.2.1"].env["BOTFLEET_INSTANCE"] == "2.1"
    assert "pod.2.1" in specs["pod.2.1"].argv
    assert "BOTFLEET_INSTANCE" not in specs["orders"].env
    told = {name for name, spec in specs.items() if "BOTFLEET_SANDBOX_ADMIN" in spec.env}
    assert told == {"sandbox"}
    assert specs["api"].env["BOTFLEET_MARKET_URL"] == specs["api"].env["BOTFLEET_BROKER_BASE_URL"]


def told(home: Path, setting: str) -> set[str]:
    """The kinds of processes that are told a setting."""
    specs = planned(home, schwab_client_id="us", schwab_client_secret="canary").specs
    return {spec.name.partition(".")[0] for spec in specs if f"BOTFLEET_{setting}" in spec.env}


def test_secrets_are_told_only_to_those_who_work_with_them(home: Path) -> None:  # T3, S42
    everyone = {spec.name.partition(".")[0] for spec in planned(home).specs}
    assert told(home, "VAULT_KEY_FILE") == {"api", "orders"}
    assert told(home, "SCHWAB_CLIENT_SECRET") == {"api", "orders"}
    assert told(home, "OAUTH_CLIENT_SECRET") == {"api", "orders", "sandbox"}
    assert told(home, "DATABASE_URL") == everyone - {"nursery", "sandbox"}
    assert told(home, "BROKER_URL") == everyone - {"nursery", "sandbox"}
    assert told(home, "POOL_URL") == everyone - {"nursery"}
    assert told(home, "MARKET_TOKEN") == {"api", "migrate", "pod", "sandbox"}


def test_an_api_with_a_login_of_its_own_never_hears_of_the_fleets(home: Path) -> None:  # T3
    fleet = planned(home, door_url="postgresql+psycopg://door@db/fleet")
    env = {spec.name: spec.env for spec in fleet.specs}
    told = {name for name in env if "BOTFLEET_DOOR_URL" in env[name]}
    assert told == {"api"}
    assert "BOTFLEET_DATABASE_URL" not in env["api"]
    assert fleet.settings.database_url not in env["api"].values()
    assert "BOTFLEET_DATABASE_URL" in env["courier"]  # who carries and counts for all in its place
    assert "BOTFLEET_METRICS_PORT" not in env["api"]
    assert "BOTFLEET_SCHWAB_CLIENT_SECRET" not in env["courier"]


def test_ports_and_secrets_stay_over_a_restart(home: Path) -> None:
    first, second = planned(home).settings, planned(home).settings
    assert first == second
    assert len({first.api_port, first.sandbox_port, first.metrics_port, 0}) == 4
    assert stat.S_IMODE((home / "secrets.json").stat().st_mode) == 0o600


def test_a_taken_port_is_refused_before_anything_starts(home: Path, valkey_url: str) -> None:
    port = valkey_url.rpartition(":")[2].partition("/")[0]
    with pytest.raises(BadInput, match=f"Port {port} is taken"):
        planned(home, api_port=port)


def test_what_is_imported_before_a_fork_is_inert() -> None:
    """A setting, thread or connection alive at a fork would be shared by every process."""
    program = (
        f"import importlib, os; [importlib.import_module(each) for each in {PRELOADED!r}]; "
        "print(len(os.listdir('/proc/self/task')), len(os.listdir('/proc/self/fd')))"
    )
    env = {"PATH": os.environ["PATH"], "OPENBLAS_NUM_THREADS": "1", "BOTFLEET_NONSENSE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True
    )
    threads, descriptors = done.stdout.split()
    assert threads == "1"
    assert descriptors == "4", "standard input, output, error, and the listing itself"


def botfleet(
    home: Path, *words: str, program: str = SERVERS_ONLY
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *words],
        env={**os.environ, "BOTFLEET_HOME": str(home), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )


def test_a_fleet_behind_is_shown_refuses_a_second_and_goes_down(home: Path) -> None:
    up = botfleet(home, "up", "--detach")
    assert up.returncode == 0, up.stderr
    assert "The fleet is up" in up.stdout
    status = json.loads(botfleet(home, "status", "--json").stdout)
    processes = [psutil.Process(each["pid"]) for each in status["processes"]]
    assert [each["name"] for each in status["processes"]] == ["postgres", "valkey"]
    assert all(each["memory_bytes"] > 0 for each in status["processes"])
    settings = attached(Settings.read(home=home))
    assert settings.database_url is not None
    second = botfleet(home, "up")
    assert second.returncode == 1
    assert "A fleet already runs in" in second.stderr
    doctor = botfleet(home, "doctor", "--json")
    wrong = [one["name"] for one in json.loads(doctor.stdout) if not one["is_ok"]]
    assert wrong == ["schema"]  # servers are all there is
    assert botfleet(home, "down").returncode == 0
    assert not any(process.is_running() for process in processes)
    assert not (home / "fleet.json").exists()
    assert botfleet(home, "down").returncode == 1


@pytest.mark.parametrize("words", [["up"], ["up", "--detach"]], ids=" ".join)
def test_a_fleet_that_cannot_start_says_why_once_and_leaves_nothing(
    home: Path, words: list[str]
) -> None:
    hopeless = SERVERS_ONLY.replace(
        "iter(())",
        "iter([ProcessSpec(name='api', argv=('/bin/sh', '-c', 'echo no way; exit 1'), "
        "env={}, ready=lambda: False)])",
    )
    imports = "from botfleet.adapters.system.processes import ProcessSpec\n"
    up = botfleet(home, *words, program=imports + hopeless)
    assert up.returncode == 1
    assert up.stderr == (
        "botfleet: api died 5 times in a row at its start (ended with code 1): no way "
        f"(see {home / 'log' / 'api.log'})\n"
    )
    assert botfleet(home, "status").returncode == 1


@pytest.mark.parametrize(
    "made", ["fleet.lock", "log/valkey.log", "postgres/data.new", "log/postgres.log"]
)
def test_ctrl_c_ends_it_in_order_at_any_moment(home: Path, made: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVERS_ONLY, "up"],
        env={**os.environ, "BOTFLEET_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (home / made).exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, complaints = process.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in complaints
    assert process.returncode in {0, 130, -signal.SIGINT}
    again = botfleet(home, "up", "--detach")
    assert again.returncode == 0, again.stderr
    assert botfleet(home, "down", "--now").returncode == 0
