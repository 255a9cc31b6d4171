"""The image, built from its own file and run as it is meant to be: nobody's, read-only."""

import json
import time
from collections.abc import Iterator

import pytest

from tests.containers.engine import Engine

LOCKED = ("--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges")
LAST_S = 60


@pytest.fixture
def part(engine: Engine, image: str) -> Iterator[str]:
    """The sandbox, the one part that needs no server beside it."""
    given = {
        "BOTFLEET_SANDBOX_HOST": "0.0.0.0",  # noqa: S104
        "BOTFLEET_SANDBOX_PORT": "8100",
        "BOTFLEET_SANDBOX_ADMIN": "an-admin-of-this-test",
        "BOTFLEET_OAUTH_CLIENT_ID": "botfleet",
        "BOTFLEET_OAUTH_CLIENT_SECRET": "a-secret-of-this-test",
        "BOTFLEET_MARKET_TOKEN": "a-token-of-this-test",
    }
    env = [f"--env={name}={value}" for name, value in given.items()]
    ask = "import urllib.request as u; u.urlopen('http://127.0.0.1:8100/healthz', timeout=8)"
    health = ("--health-cmd", json.dumps(["python", "-c", ask]))
    run = ("run", "--detach", *LOCKED, *env, *health, "--entrypoint", '["python"]')
    name = engine(*run, image, "-m", "botfleet.sandbox")
    yield name
    engine("rm", "--force", "--time", "1", name)


def healthy(engine: Engine, name: str) -> None:
    """Wait until a container answers as its health is asked."""
    ends_s = time.monotonic() + LAST_S * 5
    while engine("healthcheck", "run", name, is_checked=False):
        assert engine.seen(name)["State"]["Running"], engine("logs", name)
        assert time.monotonic() < ends_s, engine("logs", name)


def test_a_part_runs_as_nobody_without_rights_and_writes_nowhere_but_its_home(
    engine: Engine, part: str
) -> None:
    healthy(engine, part)
    status = engine("exec", part, "cat", "/proc/1/status")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert fields["Uid"].split() == ["10001"] * 4
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(fields[kind], 16) == 0
    assert fields["NoNewPrivs"] == "1"
    for place in ("/", "/opt/botfleet", "/usr/bin", "/etc"):
        told = engine("exec", part, "touch", f"{place}/x", is_checked=False)
        assert "Read-only file system" in told
    assert "sandbox.sqlite" in engine("exec", part, "ls", "/var/lib/botfleet/home")


def test_a_part_asked_to_end_ends_in_order(engine: Engine, part: str) -> None:
    healthy(engine, part)
    engine("stop", "--time", str(LAST_S), part)
    assert engine.seen(part)["State"]["ExitCode"] == 0


def test_the_image_holds_no_tool_to_build_with_and_nothing_of_where_it_was_built(
    engine: Engine, image: str
) -> None:
    run = ("run", "--rm", "--network", "none", *LOCKED, "--entrypoint", '["python"]', image)
    found = (
        "import importlib.util as i; print([n for n in ('pip', 'setuptools') if i.find_spec(n)])"
    )
    assert engine(*run, "-c", found) == "[]"
    assert "None" in engine(*run, "-c", "import shutil; print(shutil.which('gcc'))")
    history = engine("history", "--no-trunc", "--format", "{{.CreatedBy}}", image)
    assert "index-url" not in history
    assert engine(*run, "-c", "import os; print(os.path.exists('/etc/pip.conf'))") == "False"


def test_the_image_adds_little_to_its_base(engine: Engine, image: str) -> None:
    """The figure is told; what it may grow to is a bound, not a wish."""
    sizes = [
        int(engine("image", "inspect", "--format", "{{.Size}}", name))
        for name in (image, "localhost/python:3.11-slim-bookworm")
    ]
    added_mb = (sizes[0] - sizes[1]) / 1e6
    print(f"\nthe image is {added_mb:.0f} MB over its base")  # noqa: T201  a figure to be told
    assert 0 < added_mb < 400
