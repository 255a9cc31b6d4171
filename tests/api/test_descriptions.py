"""What stands beside a bot's trees, and bots made after others (spec 5.1)."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from botfleet.adapters import botfile
from botfleet.adapters.postgres.database import execute
from botfleet.adapters.postgres.notices import add_notices
from botfleet.application.ports.batches import Notice
from botfleet.domain.bots.description import ALERTS, NOTES_CHARACTERS_MAX
from botfleet.domain.bots.mishaps import Level
from botfleet.domain.ids import BotId
from tests.api.door import Door
from tests.api.test_transport import code
from tests.application.bots import bot, button, scanner, spread
from tests.application.house import MARK

YAML = {"Content-Type": "application/yaml"}
BOT, CLONES = "/v1/bots/Test", "/v1/bots/Test/clones"
ALL = [str(one) for one in ALERTS]
SAID: dict[str, Any] = {
    "icon": "🐂",
    "group": "income",
    "notes": "Sells puts.\nNever more than <b>three</b>.",
    "tags": ["spy", "weekly"],
    "alerts": ["close", "error"],
}


def shown(door: Door, path: str = BOT) -> dict[str, Any]:
    told: dict[str, Any] = door("GET", path).json()["bot"]
    return told


def test_what_stands_beside_the_trees_changes_and_the_version_does_not(door: Door) -> None:
    before = shown(door)
    assert [before[name] for name in SAID] == ["", "", "", [], ALL]
    assert door("PATCH", BOT, json=SAID).status_code == 200
    assert shown(door) == before | SAID
    assert door("PATCH", BOT, json={"group": "", "tags": ["spy"]}).status_code == 200
    assert shown(door) == before | SAID | {"group": "", "tags": ["spy"]}
    assert door.house.one("SELECT epoch FROM pools") == (1,)


def test_a_description_goes_out_with_its_bot_and_comes_in_again(door: Door) -> None:
    door("PATCH", BOT, json=SAID)
    for accept in ("application/yaml", "application/json"):
        file = door("GET", f"{BOT}/file", headers={"Accept": accept})
        plain = {"icon": "", "group": "", "notes": "", "tags": [], "alerts": ALL}
        door("PATCH", BOT, json=plain)
        kind = {"Content-Type": file.headers["content-type"]}
        taken = door("POST", "/v1/bots", content=file.content, headers=kind).json()["bot"]
        assert {name: taken[name] for name in SAID} == SAID
        again = door("GET", f"{BOT}/file", headers={"Accept": accept})
        assert again.content == file.content


def test_a_file_that_says_nothing_of_it_leaves_it(door: Door) -> None:
    door("PATCH", BOT, json=SAID)
    door("POST", "/v1/bots", content=bot(button("go", spread()), name="Test"), headers=YAML)
    assert {name: shown(door)[name] for name in SAID} == SAID


def test_a_bots_tags_are_those_its_trees_see(door: Door) -> None:
    door("PATCH", BOT, json={"tags": ["by hand"]})
    assert door.house.all("SELECT mark, subject, name FROM memories") == [
        ("tag", "bot", "by hand"),
    ]


@pytest.mark.parametrize(
    ("said", "pointer", "word"),
    [
        ({"icon": "123456789"}, "/icon", "at most 8"),
        ({"group": "x" * 41}, "/group", "at most 40"),
        ({"group": "a\nb"}, "/group", "control"),
        ({"notes": "x" * (NOTES_CHARACTERS_MAX + 1)}, "/notes", "at most 2000"),
        ({"notes": "a\x07b"}, "/notes", "control"),
        ({"notes": "a\u202eb"}, "/notes", "control"),
        ({"tags": [f"t{n}" for n in range(11)]}, "/tags", "at most 10"),
        ({"tags": ["x" * 33]}, "/tags/0", "at most 32"),
        ({"tags": ["a", "a"]}, "/tags", "once"),
        ({"tags": [""]}, "/tags/0", "must be text"),
        ({"alerts": ["open", "open"]}, "/alerts", "once"),
        ({"alerts": ["ask"]}, "/alerts/0", "must be one of"),
        ({"name": ""}, "/name", "must be text"),
        ({"name": "a\tb"}, "/name", "control"),
        ({"nmae": "x"}, "/nmae", "not known"),
        ({}, "", "say what is to change"),
    ],
    ids=str,
)
def test_what_cannot_stand_there_is_refused(
    door: Door, said: dict[str, Any], pointer: str, word: str
) -> None:
    before = shown(door)
    answer = door("PATCH", BOT, json=said | ({"is_on": False} if said else {}))
    assert code(answer) == (422, "bad_input")
    (fault,) = answer.json()["errors"]
    assert fault["pointer"] == pointer
    assert word in fault["detail"]
    assert shown(door) == before


def test_a_bot_bears_another_name_and_is_the_same(door: Door) -> None:
    before = shown(door)
    after = door("PATCH", BOT, json={"name": "Other"}).json()["bot"]
    assert (after["bot_id"], after["name"]) == (before["bot_id"], "Other")
    assert code(door("GET", BOT)) == (404, "not_found")
    file = door("GET", "/v1/bots/Other/file")
    assert file.text == botfile.write(botfile.read(bot(button("go", spread()), name="Other")))
    again = door("POST", "/v1/bots", content=file.content, headers=YAML).json()["bot"]
    assert (again["bot_id"], again["version"]) == (before["bot_id"], after["version"])
    first = door("POST", "/v1/bots", content=bot(button("go", spread())), headers=YAML)
    assert first.json()["bot"]["bot_id"] != before["bot_id"]  # the old name is free
    assert code(door("PATCH", BOT, json={"name": "Other"})) == (409, "refused")
    assert len(door("GET", "/v1/bots").json()["items"]) == 2


def test_bots_are_listed_by_group_and_tag(door: Door) -> None:
    door("PATCH", BOT, json=SAID)
    door("POST", "/v1/bots", content=bot(scanner(spread()), name="Plain"), headers=YAML)

    def names(query: str) -> list[str]:
        return [one["name"] for one in door("GET", f"/v1/bots{query}").json()["items"]]

    assert names("") == ["Plain", "Test"]
    assert names("?group=income") == names("?tag=spy") == names("?tag=spy&group=income") == ["Test"]
    assert names("?group=") == ["Plain"]
    assert names("?tag=nothing") == []


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (ALL, ["ask", "close", "error", "info", "open", "warning"]),
        (["close", "error"], ["ask", "close", "error", "info"]),
        ([], ["ask", "info"]),
    ],
)
def test_flags_decide_what_goes_to_channels_and_all_is_told_inside(
    door: Door, flags: list[str], expected: list[str]
) -> None:
    levels = [str(one) for one in Level]
    door("PATCH", BOT, json={"alerts": flags})
    channels = door.operator.channels
    channels.add(door.house.user, "all", "json", "json://127.0.0.1:9", levels, MARK)
    (named,) = door.house.one("SELECT bot_id FROM bots")
    named = BotId(UUID(str(named)))
    notices = [Notice(door.house.user, named, one, "x", one, one) for one in levels]
    with door.house.database.transaction() as connection:
        add_notices(connection, notices, MARK)
    channels.enlist()
    sent = door.house.all("SELECT level FROM deliveries JOIN notices USING (notice_id) ORDER BY 1")
    assert [level for (level,) in sent] == expected
    assert len(door("GET", "/v1/notices").json()["items"]) == len(levels)


def traded(door: Door) -> None:
    """Have the bot draw, open and remember."""
    door("POST", f"{BOT}/buttons/go/clicks")
    (work,) = door.house.one("SELECT work_id FROM work")
    door.house.instance.do(work)  # type: ignore[arg-type]


def test_a_clone_does_the_same_and_has_done_nothing(door: Door) -> None:
    door("PATCH", BOT, json=SAID | {"exits_on": False})
    traded(door)
    answer = door("POST", CLONES, json={"name": "Twin"})
    assert answer.status_code == 201
    twin, first = answer.json()["bot"], shown(door)
    reset = {"group": "", "tags": [], "allocation_cents": 100_000, "is_on": False}
    kept = ("icon", "notes", "alerts", "account_id", "interval_min", "opened_max")
    assert {name: twin[name] for name in reset} == reset
    assert {name: twin[name] for name in kept} == {name: first[name] for name in kept}
    fresh = ("committed_cents", "pending_cents", "gains_cents", "open_positions", "opened_count")
    assert first["open_positions"] == first["opened_count"] == 1
    assert {twin[name] for name in fresh} == {0}
    mine = door.house.all("SELECT name, exits_on FROM bots ORDER BY name")
    assert mine == [("Test", False), ("Twin", True)]
    assert door("GET", "/v1/positions?bot=Twin").json()["items"] == []
    memory = """SELECT count(*) FROM memories JOIN bots USING (bot_id) WHERE bots.name = 'Twin'"""
    assert door.house.one(memory) == (0,)
    assert answer.json()["automations"] == door("GET", BOT).json()["automations"]


def test_hooks_go_on_driving_the_clone(door: Door) -> None:
    hooked = bot(
        """
  - name: Called
    lane: event
    trigger: {webhook: signals}
    tree: {notify: called}
""",
        name="Hooked",
    )
    door("POST", "/v1/bots", content=hooked, headers=YAML)
    assert door("POST", "/v1/bots/Hooked/clones", json={"name": "Twin"}).status_code == 201
    driven = "SELECT b.name FROM events e JOIN bots b USING (bot_id) WHERE kind = 'webhook'"
    assert sorted(door.house.all(driven)) == [("Hooked",), ("Twin",)]


def test_the_same_request_again_is_the_same_clone(door: Door) -> None:
    first = door("POST", CLONES, json={"name": "Twin"}, key="one").json()
    assert door("POST", CLONES, json={"name": "Twin"}, key="one").json() == first
    assert code(door("POST", CLONES, json={"name": "Twin"}, key="two")) == (409, "refused")
    assert code(door("POST", CLONES, json={"name": "Test"}, key="one")) == (409, "refused")
    assert len(door("GET", "/v1/bots").json()["items"]) == 2


def another_account(door: Door, owner: str, *, is_alive: bool = True) -> str:
    account = uuid4()
    sql = """INSERT INTO accounts (account_id, user_id, broker, number, sealed, expires_at,
                                   is_alive)
             SELECT %(account)s, user_id, 'sandbox', %(number)s, '', now(), %(alive)s FROM users
             WHERE name = %(owner)s"""
    with door.house.database.transaction() as connection:
        given = {"account": account, "number": str(account), "owner": owner}
        execute(connection, sql, alive=is_alive, **given)
    return str(account)


def test_a_bot_comes_to_another_account_by_a_clone_only(door: Door) -> None:
    other = another_account(door, "ann")
    twin = door("POST", CLONES, json={"name": "Twin", "account": other}).json()["bot"]
    assert twin["account_id"] == other != shown(door)["account_id"]
    again = door("POST", f"/v1/bots?account={other}", content=bot(scanner(spread())), headers=YAML)
    assert code(again) == (409, "refused")
    assert "clone it" in again.json()["detail"]
    file = bot(scanner(spread()), name="New")
    new = door("POST", f"/v1/bots?account={other}", content=file, headers=YAML).json()["bot"]
    assert new["account_id"] == other


def test_a_clone_that_cannot_be_is_refused_and_nothing_is_kept(door: Door) -> None:
    dead, hers = another_account(door, "ann", is_alive=False), another_account(door, "eve")
    before = door.state()
    for given, expected in (
        ({"name": "Test"}, (409, "refused")),
        ({"name": "Twin", "account": dead}, (409, "refused")),
        ({"name": "Twin", "account": hers}, (404, "not_found")),
        ({"name": "Twin", "account": str(uuid4())}, (404, "not_found")),
        ({"name": "Twin", "account": "mine"}, (422, "bad_input")),
        ({"name": "a\x00b"}, (422, "bad_input")),
        ({"account": dead}, (422, "bad_input")),
        ({"name": "Twin", "on": True}, (422, "bad_input")),
    ):
        assert code(door("POST", CLONES, json=given)) == expected, given
    assert code(door("POST", CLONES, json={"name": "Twin"}, user="eve")) == (404, "not_found")
    assert door.state() == before
    assert (
        "connect the account again"
        in door("POST", CLONES, json={"name": "Twin", "account": dead}).json()["detail"]
    )


def test_the_stored_form_knows_nothing_of_a_description() -> None:
    text = bot(scanner(spread()))
    said = text + "icon: X\ngroup: g\nnotes: n\ntags: [t]\nalerts: []\n"
    assert botfile.version(botfile.read(said)) == botfile.version(botfile.read(text))
    assert botfile.read(botfile.write(botfile.read(said))) == botfile.read(said)
    assert json.loads(botfile.write(botfile.read(said), as_json=True))["alerts"] == []
