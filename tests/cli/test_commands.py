"""The commands for bots, buttons and what came of them, as a person and as a program use them."""

import io
import json
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from botfleet.adapters.redis.clock import ReplayedClock
from botfleet.application import restrain
from botfleet.application.restrain import Restrain
from botfleet.bootstrap import Wiring
from botfleet.cli import connected
from botfleet.cli.main import main
from botfleet.config import Settings
from botfleet.domain.ids import WorkId
from tests.application.bots import bot, button, closer, scanner, spread
from tests.application.conftest import house, schema
from tests.application.house import DAY, MARK, OPEN, House

__all__ = ["house", "schema"]

FILE = bot(button("go", spread()))


class Shell:
    """Runs commands in this process, against the house's stores."""

    def __init__(self, capsys: pytest.CaptureFixture[str], house: House) -> None:
        self.capsys, self.house = capsys, house

    def __call__(self, *words: str) -> str:
        """Run a command that succeeds; give what it prints."""
        code, out, err = self.end(*words)
        assert (code, err) == (0, "")
        return out

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "--json"))

    def refused(self, *words: str) -> str:
        """Run a command that is refused; give its sentence."""
        code, _, err = self.end(*words)
        assert code == 1
        assert err.startswith("botfleet: ")
        assert err.count("\n") == 1
        return err.removeprefix("botfleet: ").strip()

    def end(self, *words: str) -> tuple[object, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(words)
        said = self.capsys.readouterr()
        return ended.value.code, said.out, said.err


@pytest.fixture
def shell(
    house: House,
    valkey_url: str,
    pool_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Shell]:
    url = house.database._engine.url.render_as_string(hide_password=False)
    given = {"DATABASE_URL": url, "BROKER_URL": valkey_url, "POOL_URL": pool_url}
    given |= {"HOME": str(tmp_path), "CLOCK": "replayed", "DATE": f"{DAY}"}
    for name, value in given.items():
        monkeypatch.setenv(f"BOTFLEET_{name}", value)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    wired: list[Wiring] = []

    def wire(settings: Settings) -> Wiring:
        wired.append(Wiring(settings))
        return wired[-1]

    monkeypatch.setattr(connected, "Wiring", wire)
    ReplayedClock(house.redis, wall_s=lambda: 0.0, recall=lambda: OPEN).set(MARK, speed=0)
    house.clock.at = MARK
    yield Shell(capsys, house)
    for wiring in wired:
        wiring.app.close()
        wiring.redis.close()
        wiring.database.close()


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "bot.yaml"
    path.write_text(FILE)
    return str(path)


def test_a_bot_goes_in_and_comes_out_the_same(shell: Shell, file: str) -> None:
    assert shell("bot", "import", file, "--user", "ann") == "Test of ann is kept, and off.\n"
    exported = shell("bot", "export", "Test")
    Path(file).write_text(exported)
    assert shell("bot", "import", file, "--user", "ann", "--on").endswith("and on.\n")
    assert shell("bot", "import", file, "--user", "ann").endswith("and on.\n")
    assert shell("bot", "export", "Test") == exported
    (line,) = shell.json("bot", "list")
    assert (line["name"], line["is_on"], line["allocation_cents"]) == ("Test", True, 1_000_000)
    assert shell("bot", "off", line["bot_id"]) == "Test of ann is off.\n"
    assert "off" in shell("bot", "list", "--user", "ann")
    assert shell.json("bot", "on", "Test")["is_on"] is True
    assert "SPY price is above 1" in shell("bot", "show", "Test")
    assert shell.json("bot", "show", "Test")["file"]["name"] == "Test"


def test_a_bot_is_described_listed_by_it_and_cloned(shell: Shell, file: str) -> None:
    shell("bot", "import", file, "--user", "ann", "--on")
    said = ("--icon", "🐂", "--group", "income", "--tags", "spy, weekly", "--alerts", "close,error")
    told = shell("bot", "describe", "Test", *said, "--notes", "[red]no markup[/red]")
    assert "[red]no markup[/red]" in told
    assert "🐂 Test" in shell("bot", "list", "--group", "income", "--tag", "spy")
    assert "There are no bots" in shell("bot", "list", "--group", "other")
    assert "group: income" in shell("bot", "export", "Test")
    assert shell.json("bot", "show", "Test")["alerts"] == ["close", "error"]
    assert shell("bot", "clone", "Test", "Twin") == "Twin of ann is kept, and off.\n"
    twin = shell.json("bot", "show", "Twin")
    assert (twin["group"], twin["tags"], twin["icon"]) == ("", [], "🐂")
    assert twin["allocation_cents"] == 100_000
    assert shell("bot", "describe", "Test", "--name", "First", "--group", "").startswith("bot ")
    assert [one["name"] for one in shell.json("bot", "list")] == ["First", "Twin"]


def test_a_scanner_moves_by_command(shell: Shell, file: str) -> None:
    two = bot(scanner(spread(), "First"), button("go", spread()), scanner(spread(), "Second"))
    Path(file).write_text(two)
    shell("bot", "import", file, "--user", "ann")
    words = ("automation", "move", "Test", "Second")
    assert shell(*words, "up") == "The scanners of Test run in this order: Second, First.\n"
    assert shell.json(*words, "1")["scanner"] == ["First", "Second"]
    assert "to a place from 0 to 1" in shell.refused(*words, "2")
    assert "only scanners and monitors" in shell.refused(
        "automation", "move", "Test", "Press go", "up"
    )


def test_a_users_presets_are_known_where_the_user_is_named(shell: Shell, file: str) -> None:
    text = bot(button("go", spread(exits="{preset: Careful}")))
    Path(file).write_text(text)
    code, _, err = shell.end("bot", "validate", file)
    assert (code, "say whose, with --user NAME" in err) == (1, True)
    code, _, err = shell.end("bot", "validate", file, "--user", "ann")
    assert (code, "is no preset of yours" in err) == (1, True)
    shell("exits", "keep", "Careful", "{profit: 50%}", "--user", "ann", "--class", "credit")
    assert "Test is valid" in shell("bot", "validate", file, "--user", "ann")
    assert "no user eve" in shell.refused("bot", "validate", file, "--user", "eve")


def test_what_cannot_be_described_or_cloned_is_refused(shell: Shell, file: str) -> None:
    shell("bot", "import", file, "--user", "ann")
    shell("user", "add", "eve")
    assert "Say what is to change" in shell.refused("bot", "describe", "Test")
    assert "at most 40" in shell.refused("bot", "describe", "Test", "--group", "x" * 41)
    assert "alerts" in shell.refused("bot", "describe", "Test", "--alerts", "ask")
    assert "There is a bot Test already." in shell.refused("bot", "clone", "Test", "Test")
    assert "There is no such bot." in shell.refused("bot", "clone", "Nobodys", "Twin")
    unknown = str(UUID(int=7))
    said = shell.refused("bot", "clone", "Test", "Twin", "--account", unknown)
    assert "no such account" in said
    with shell.house.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE accounts SET is_alive = false")
    assert "connect the account again" in shell.refused("bot", "clone", "Test", "Twin")
    assert len(shell.json("bot", "list")) == 1


def test_faults_are_all_named_and_the_exit_is_1(
    shell: Shell, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = FILE.replace("interval: 15", "interval: 7").replace("lane: button", "lane: knob")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(broken.encode())))
    code, out, err = shell.end("bot", "validate", file, "-")
    assert (code, out) == (1, f"{file}: Test is valid.\n")
    assert "-: interval: must be 1, 5 or 15" in err
    assert "-: automations[0].lane: must be one of" in err
    code, out, _ = shell.end("bot", "validate", "/nowhere.yaml", "--json")
    assert code == 1
    assert json.loads(out)[0]["faults"][0]["message"].startswith("/nowhere.yaml cannot be read")


def test_the_schema_is_json(shell: Shell) -> None:
    assert json.loads(shell("bot", "schema"))["title"] == "botfleet bot file"


def test_a_button_is_pressed_and_its_run_told(shell: Shell) -> None:
    shell.house.add(FILE)
    pressed = shell.json("button", "press", "Test", "go", "--click", "1")
    assert shell.json("button", "press", "Test", "go", "--click", "1") == pressed
    (work,) = shell.house.one("SELECT work_id FROM work")
    assert isinstance(work, UUID)
    shell.house.instance.do(WorkId(work))
    run = pressed["run_id"]
    told = shell("run", "show", run)
    assert "opening, caused by click 1" in told
    assert "SPY price is above 1  →  yes" in told
    assert "it comes to the same" in told
    assert shell("run", "replay", run) == "Decided again, the run comes to the same.\n"
    assert [one["run_id"] for one in shell.json("run", "list", "--bot", "Test")] == [run]
    (order,) = shell.json("order", "list")
    assert "open 1 of +1 SPY" in shell("order", "show", order["order_id"])
    (position,) = shell.json("position", "list", "--state", "opening")
    assert position["structure"] == "short_put_spread"
    with shell.house.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE runs SET path = 'n'")
    assert shell.refused("run", "replay", run).startswith("Decided again, the run comes to someth")


def test_runs_are_listed_by_kind_day_and_trouble(shell: Shell) -> None:
    shell.house.add(bot(scanner(spread()), closer(), limits="250, 1, 1"))
    shell.house.run(MARK)
    lines = shell.json("run", "list")
    assert {one["kind"] for one in lines} == {"scanner", "monitor"}
    assert {one["at"] for one in lines} == {"2026-03-10T09:45:00-04:00"}
    (refused,) = shell.json("run", "list", "--level", "warning", "--kind", "scanner")
    assert (refused["outcome"], refused["level"]) == ("refused:no_capital", "warning")
    assert shell.json("run", "list", "--from", f"{DAY + timedelta(1)}") == []
    assert len(shell.json("run", "list", "--from", f"{DAY}", "--to", f"{DAY}")) == 2
    assert "lies before" in shell.refused("run", "list", "--from", "2026-03-11", "--to", f"{DAY}")
    assert shell.end("run", "list", "--kind", "exit")[0] == 2


def test_what_cannot_be_done_is_one_sentence(shell: Shell, file: str) -> None:
    nobody = "There is no user bob; `botfleet user add bob` adds one."
    assert shell.refused("bot", "import", file, "--user", "bob") == nobody
    assert shell.refused("bot", "show", "Test") == "There is no such bot."
    assert shell.refused("run", "show", str(UUID(int=1))) == "There is no such run."
    shell.house.add(FILE)
    assert shell.refused("button", "press", "Test", "stop") == "There is no such button."
    shell("bot", "off", "Test")
    assert shell.refused("button", "press", "Test", "go").startswith("The bot is off")
    assert shell.refused("user", "add", "ann") == "There is a user ann already."
    assert shell.refused("user", "add", "a\x1bb").startswith("A user's name has")


def test_a_closed_market_names_its_next_opening(shell: Shell) -> None:
    shell.house.add(FILE)
    closed = OPEN + timedelta(hours=8)
    ReplayedClock(shell.house.redis, wall_s=lambda: 0.0, recall=lambda: OPEN).set(closed, speed=0)
    said = shell.refused("button", "press", "Test", "go")
    assert said == "The market is closed; it opens Wednesday, 11 March 2026, 09:30 Eastern."


def test_a_user_is_added_seated_and_knows_its_token(shell: Shell) -> None:
    added = shell.json("user", "add", "bob")
    assert added["seat"] == "pod.1.1"
    known = shell.house.roster.user_of(added["token"])
    assert known is not None
    assert known.name == "bob"
    assert "bob" in shell("user", "list")
    listed = shell.json("pod", "list")
    assert listed["instances"][0]["users"] == listed["fleet"]["users"] == 2
    assert "2 of 10" in shell("pod", "list")


def test_no_fleet_is_a_sentence_that_says_what_to_do(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BOTFLEET_DATABASE_URL")
    for words in (("bot", "list"), ("run", "list"), ("db", "migrate"), ("pod", "list")):
        said = shell.refused(*words)
        assert said == f"No fleet is running under {tmp_path}; start one with `botfleet up`."


def test_marks_are_shown_on_both_clocks_and_stop_early_where_the_market_does(shell: Shell) -> None:
    # 2026-11-27, after Thanksgiving, closes at 13:00: its last mark is 12:45.
    marks = shell.json("schedule", "preview", "--from", "2026-11-27T17:40", "--count", "2")
    assert [mark["utc"] for mark in marks] == ["2026-11-27T17:45Z", "2026-11-30T14:45Z"]
    assert marks[0]["eastern"] == "Fri 2026-11-27 12:45 EST"
    assert marks[0]["remark"].startswith("early close")
    assert shell.refused("schedule", "preview", "--interval", "7").startswith("The interval is")


def test_the_fleet_is_halted_seen_to_be_and_resumed(shell: Shell) -> None:
    shell.house.add(FILE)
    agreed = "0 accounts were compared; their books agree with their brokers'.\n"
    assert shell("fleet", "reconcile", "--wait", "0") == agreed
    nobody = "5d1c0000-0000-0000-0000-000000000000"
    assert "No such account" in shell.refused("fleet", "reconcile", "--account", nobody)
    assert shell("fleet", "switches") == "Nothing is halted or reducing.\n"
    said = shell("fleet", "halt", "--reason", "bad quotes")
    assert said.startswith("The fleet is halted: nothing is sent: exits and expiration closes")
    assert "on, halted" in shell("bot", "list")
    (line,) = shell.json("fleet", "switches")
    assert (line["scope"], line["reason"], line["held_by"]) == ("fleet", "bad quotes", "operator")
    asked = shell.refused("fleet", "resume")
    assert asked == "Let all of 1 bots trade again? Say --yes where nobody can be asked."
    assert shell.json("fleet", "switches") != []
    assert shell("fleet", "resume", "--yes") == "The fleet goes on.\n"
    again = shell.refused("fleet", "resume", "--yes")
    assert again == "The operator holds no switch over the fleet."


def test_a_part_of_the_fleet_is_named_by_what_it_is(shell: Shell) -> None:
    bot_id = shell.house.add(FILE)
    account = str(shell.house.account)
    for target in (("--user", "ann"), ("--bot", "Test"), ("--account", account)):
        assert shell.json("fleet", "reduce", "--reason", "r", *target)["orders"] == []
    assert [one["scope"] for one in shell.json("fleet", "switches")] == ["user", "account", "bot"]
    assert shell("fleet", "resume", "--user", "ann").endswith("Other switches that stand: 2.\n")
    two = shell.refused("fleet", "halt", "--reason", "r", "--user", "ann", "--bot", str(bot_id))
    assert two == "Name one of --user, --bot and --account, or none for the whole fleet."
    assert shell.refused("fleet", "halt", "--reason", "r", "--account", "7").startswith("An accou")
    nobody = shell.refused("fleet", "halt", "--reason", "r", "--account", str(UUID(int=3)))
    assert nobody == "There is no such account."
    assert shell.refused("fleet", "halt", "--reason", " ").startswith("A reason has 1 to 200")


def test_a_halt_tells_of_each_order_it_ends(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.house.add(FILE)
    shell("button", "press", "Test", "go", "--click", "1")
    (work,) = shell.house.one("SELECT work_id FROM work")
    shell.house.instance.do(WorkId(work))  # type: ignore[arg-type]
    handed, shell.house.messages.orders = shell.house.messages.orders, []

    is_set, impose = threading.Event(), Restrain.impose

    def watched(*given: Any, **more: Any) -> Any:
        ended = impose(*given, **more)
        is_set.set()
        return ended

    monkeypatch.setattr(Restrain, "impose", watched)

    def send() -> None:
        is_set.wait()
        shell.house.messages.orders = handed
        shell.house.send()

    sender = threading.Thread(target=send)
    sender.start()
    said = shell("fleet", "halt", "--reason", "r", "--bot", "Test", "--wait")
    sender.join()
    assert said.splitlines()[0].endswith("Orders that end with it: 1.")
    assert said.splitlines()[1] == "open SPY of Test (ann): cancelled"


def test_a_halt_names_what_may_still_be_accepted(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restrain, "WORD_S_MAX", 0.0)
    shell.house.add(FILE)
    shell("button", "press", "Test", "go", "--click", "1")
    (work,) = shell.house.one("SELECT work_id FROM work")
    shell.house.instance.do(WorkId(work))  # type: ignore[arg-type]
    (order,) = shell.house.messages.orders
    shell.house.orders.begin_sending([order], shell.house.clock.now())  # and its sender dies
    code, said, told = shell.end("fleet", "halt", "--reason", "r")
    assert code == 1
    assert said.endswith("Orders that end with it: 1.\n")
    waits, doubt = told.splitlines()
    assert waits == "Waiting for the brokers' word on 1 on their way …"
    assert doubt.startswith(f"botfleet: The fleet is halted, but of {order} no broker's word")
    code, shown, _ = shell.end("fleet", "halt", "--reason", "r", "--json")
    assert (code, json.loads(shown)["doubtful"]) == (1, [str(order)])
    assert shell.house.one("SELECT mode FROM switches") == ("halted",)


def test_accounts_are_listed_and_disconnected_and_keys_turned(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BOTFLEET_VAULT_KEY_FILE", str(tmp_path / "vault.json"))
    (line,) = shell.json("broker", "list")
    assert (line["user"], line["broker"], line["is_alive"]) == ("ann", "tradier", True)
    assert "lasts" in shell("broker", "list", "--user", "ann")
    assert shell("broker", "list", "--user", "eve") == "No account is connected.\n"
    account = line["account_id"]
    assert "There is no user" in shell.refused("broker", "connect", "nobody")
    assert shell("broker", "disconnect", account, "--yes").endswith("are gone.\n")
    assert "has ended; connect again" in shell("broker", "list")
    assert shell.json("fleet", "switches")[0]["held_by"] == "login"
    assert shell.json("vault", "rotate") == {"key": "k2", "moved": 0, "retired": []}
    keys = [(one["key"], one["secrets"], one["is_current"]) for one in shell.json("vault", "list")]
    assert keys == [("k1", 0, False), ("k2", 0, True)]
    assert shell("vault", "rotate").endswith("Forgotten: k1.\n")


def test_what_asks_is_listed_and_answered(shell: Shell) -> None:
    shell.house.add(bot(button("go", spread() + "            ask: true\n")))
    assert shell("ask", "list") == "Nothing waits for a yes.\n"
    shell("button", "press", "Test", "go", "--click", "1")
    (work,) = shell.house.one("SELECT work_id FROM work")
    shell.house.instance.do(WorkId(work))  # type: ignore[arg-type]
    (line,) = shell.json("ask", "list", "--user", "ann")
    assert line["words"].startswith("Open SPY short put spread")
    assert "short put spread" in shell("ask", "list")
    assert shell("ask", "no", line["ask_id"]) == "Declined; nothing happens.\n"
    assert shell.refused("ask", "yes", line["ask_id"]) == "It was answered no already."
    assert shell.json("ask", "list", "--all")[0]["answer"] == "no"
    for nothing in ("7", str(UUID(int=5))):
        assert shell.refused("ask", "yes", nothing) == "There is no such ask."


def test_channels_are_added_by_their_address_from_stdin_and_never_show_it(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BOTFLEET_VAULT_KEY_FILE", str(tmp_path / "vault.json"))
    canary = "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js-canary"

    def given(address: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(address.encode())))

    assert shell("notify", "list") == "There are no channels.\n"
    add = ("notify", "add", "phone", "--user", "ann", "--on", "error", "--on", "ask")
    given(canary)
    assert shell(*add) == "ann is told of ask, error at phone (discord://).\n"
    assert "canary" not in shell("notify", "list") + str(shell.json("notify", "list"))
    for wrong, why in (
        ("json://localhost", "not allowed"),
        ("", "no address"),
        ("discord://x", "no a"),
    ):
        given(wrong)
        assert why in shell.refused(*add)
    given(canary)
    assert "There is no user bob" in shell.refused(
        "notify", "add", "p", "--user", "bob", "--on", "ask"
    )
    assert shell("notify", "remove", "phone", "--user", "ann") == "phone is forgotten.\n"
    assert shell.refused("notify", "test", "phone", "--user", "ann") == "There is no such channel."


def test_an_accounts_hours_are_shown_changed_and_checked(shell: Shell) -> None:
    account = str(shell.house.account)
    said = "Bots run from 09:40 until 10 minutes before the close.\n"
    assert shell("broker", "hours", account) == said
    changed = shell.json("broker", "hours", account, "--begins", "10:15", "--ends", "45")
    assert changed == {"begins": "10:15:00", "ends_min": 45}
    assert "from 10:15 until 45" in shell("broker", "hours", account)
    for words in (("--begins", "09:30"), ("--begins", "noon"), ("--ends", "11")):
        assert shell.refused("broker", "hours", account, *words)
    assert "no such account" in shell.refused("broker", "hours", str(UUID(int=3)))
    assert "from 10:15 until 45" in shell("broker", "hours", account)


EARLY = bot(scanner(spread()) + "    trigger: {between: ['09:45', '10:00']}\n", name="Early")


def test_a_window_outside_its_accounts_hours_is_told(shell: Shell, tmp_path: Path) -> None:
    """At 09:45 and at 10:00 the usual hours let it run; from 10:15 on they never do."""
    path = tmp_path / "early.yaml"
    path.write_text(EARLY)
    account, user = str(shell.house.account), ("--user", "ann")
    assert shell.end("bot", "validate", str(path), *user)[2] == ""
    shell("broker", "hours", account, "--begins", "10:15")
    where = "automations[0].trigger.between: its account lets bots run from 10:15 until 10 minutes"
    assert shell.end("bot", "validate", str(path))[2] == ""  # whose account is not known
    code, said, told = shell.end("bot", "validate", str(path), *user)
    assert (code, said) == (0, f"{path}: Early is valid.\n")
    assert told.startswith(f"{path}: warning: {where}")
    assert shell.end("bot", "import", str(path), *user)[2].startswith(f"warning: {where}")
    code, said, told = shell.end("schedule", "preview", "Early")
    assert (code, said) == (0, "Nothing comes any more.\n")
    assert told.startswith(f"warning: {where}")
