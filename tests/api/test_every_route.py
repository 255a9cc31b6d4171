"""Every route there is, those to come included: strangers, other users and nonsense get nowhere.

The routes are the app's own list. One that is new fails here until it is told what a stranger may
do there, or what of ann's it names and what a good request to it is.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest

from botfleet.api.app import create
from botfleet.application.gather import Gatherer
from botfleet.bootstrap import Wiring
from botfleet.config import Settings
from tests.api.conftest import serving
from tests.api.door import Door
from tests.api.test_transport import JSON, code
from tests.application.bots import bot, button, scanner, spread
from tests.application.house import MARK

#: What needs no token, and what a stranger is answered there.
OPEN = {
    ("GET", "/healthz"): 200,
    ("GET", "/readyz"): 200,
    ("GET", "/openapi.json"): 200,
    ("GET", "/"): 303,
    ("GET", "/signin"): 200,
    ("POST", "/signin"): 403,
    ("POST", "/signout"): 303,
    ("GET", "/desk/{name}"): 404,
}
#: Held elsewhere: names that each user gives, where eve's is not ann's, and the two doors at which
#: no token but a seal or a signature says who comes.
ELSEWHERE = {
    "/v1/presets/{name}": "api/test_exits.py::test_presets_are_their_users_own",
    "/v1/channels/{name}": "api/test_channels.py::test_one_users_channels_are_nobody_elses",
    "/v1/channels/{name}/tests": "api/test_channels.py::test_one_users_channels_are_nobody_elses",
    "/v1/connections/callback/{broker}": "api/test_connections.py::test_a_callback_without_the_coo",
    "/v1/hooks/{hook}": "api/test_refused_calls.py::test_strangers_are_turned_away_alike",
}
#: A good request to what names something of ann's; her bot's own file where nothing is said.
GOOD: dict[tuple[str, str], dict[str, Any] | None] = {
    ("PATCH", "/v1/bots/{bot}"): {"is_on": True},
    ("POST", "/v1/bots/{bot}/clones"): {"name": "Another"},
    ("PUT", "/v1/bots/{bot}/order"): {"lane": "scanner", "names": ["Open"]},
    ("POST", "/v1/bots/{bot}/automations/{automation}/moves"): {"to": "first"},
    ("POST", "/v1/bots/{bot}/buttons/{label}/clicks"): None,
    ("PUT", "/v1/bots/{bot}/switch"): {"mode": "reducing"},
    ("POST", "/v1/asks/{ask}/answers"): {"answer": "no"},
    ("PATCH", "/v1/positions/{position}"): {"exits_on": False},
    ("POST", "/v1/positions/{position}/close"): None,
    ("POST", "/v1/positions/{position}/override"): {"result": 0},
    ("PUT", "/v1/connections/{account}/exits"): {"attempts_max": 3},
    ("PUT", "/v1/connections/{account}/hours"): {"ends_min": 15},
    ("DELETE", "/v1/connections/{account}"): None,
}
#: What a value may turn out to be.
ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 2**63, 2**64, 1.5, 1e308, "", "a\0b", "x" * 3_000, "٣", "\r\nX: y"),
    *("00:00", "09:31+05:00", "24:00", "9999-12-31", [], [None], ["\0"], {}, {"\0": 1}),
)


@dataclass
class Owned:
    """The door, and what of ann's each name in a path stands for."""

    door: Door
    named: dict[str, str]

    def path(self, template: str, **other: str) -> str:
        """Fill a path in."""
        return template.format_map(
            {name: quote(one, safe="") for name, one in self.named.items()} | other
        )

    def request(self, method: str, template: str, user: str) -> tuple[int, bytes]:
        body = GOOD.get((method, template))
        given: dict[str, Any] = {} if body is None else {"json": body}
        headers = {"If-Match": "*"}
        answer = self.door(method, self.path(template), user=user, headers=headers, **given)
        return answer.status_code, answer.content


@pytest.fixture(scope="module")
def served(settings: Settings) -> Iterator[tuple[Wiring, str]]:
    """The API, without a bound on how often one may ask."""
    with serving(settings.model_copy(update={"api_burst": 0})) as api:
        yield api


@pytest.fixture
def owned(door: Door) -> Iterator[Owned]:
    """Ann has one of everything: a bot with a scanner and a button, an ask, what is held."""
    door.house.add(bot(scanner(spread()), button("go", spread()), name="Mine"))
    door.house.add(bot(scanner(spread() + "            ask: true\n"), name="Asking"))
    door.house.run(MARK)
    door.house.send()
    door.house.broker.fill("1", 1, "-0.50")
    door.house.look()
    door.wiring.__dict__["gatherer"] = Gatherer(door.house.market)
    (account,) = door.house.one("SELECT account_id FROM accounts")
    listed = {
        what: door("GET", f"/v1/{what}").json()["items"][0]
        for what in ("runs", "orders", "positions", "asks")
    }
    named = {
        "bot": "Mine",
        "automation": "Open",
        "label": "go",
        "account": str(account),
        "run": listed["runs"]["run_id"],
        "order": listed["orders"]["order_id"],
        "position": listed["positions"]["position_id"],
        "ask": listed["asks"]["ask_id"],
        "hook": str(UUID(int=1)),
        "broker": "tradier",
        "name": "mine",
    }
    yield Owned(door, named)
    del door.wiring.__dict__["gatherer"]


def routes_of(app: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every route, pages included: its method and its path."""
    for route in app.routes:
        if hasattr(route, "original_router"):
            yield from routes_of(route.original_router, prefix + route.include_context.prefix)
        else:
            yield from (
                (method, prefix + route.path) for method in sorted(route.methods - {"HEAD"})
            )


@pytest.fixture
def routes(door: Door) -> list[tuple[str, str]]:
    """Every route, those that take things away last."""
    found = list(routes_of(create(door.wiring)))
    assert len(found) > 50
    return sorted(found, key=lambda one: (one[0] == "DELETE", one[0] != "GET", one[1]))


def everything_of_ann(door: Door) -> object:
    """All rows of every table, but for what counts requests and calls."""
    sql = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    tables = [str(name) for (name,) in door.house.all(sql)]
    line = "SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM"
    return {table: door.house.one(f"{line} {table} t") for table in tables}


def test_a_stranger_is_turned_away_wherever_it_is_not_said_otherwise(
    owned: Owned, routes: list[tuple[str, str]]
) -> None:
    before = everything_of_ann(owned.door)
    assert OPEN.keys() <= set(routes)
    for method, template in routes:
        body = GOOD.get((method, template))
        answer = owned.door.client.request(
            method, owned.path(template), json=body, headers={"Idempotency-Key": "k"}
        )
        expected = OPEN.get((method, template), 401)
        assert answer.status_code == expected, (method, template, answer.text)
        if expected == 401:
            assert code(answer)[1] in {"unauthorized", "not_signed"}
    assert everything_of_ann(owned.door) == before


def test_another_user_reaches_nothing_of_anns_by_any_route(
    owned: Owned, routes: list[tuple[str, str]]
) -> None:
    """Eve is told what she would be told of things that never were; ann's own request is heard."""
    of_anns = [one for one in routes if "{" in one[1] and one not in OPEN]
    of_anns = [(m, path) for m, path in of_anns if path not in ELSEWHERE]
    assert len(of_anns) > 20
    assert GOOD.keys() <= set(of_anns)
    assert {one for one in of_anns if one[0] != "GET"} == GOOD.keys()
    before = everything_of_ann(owned.door)
    never_was = owned.door("GET", "/v1/bots/nothing", user="eve")
    for method, template in of_anns:
        seen = owned.request(method, template, "eve")
        assert seen == (404, never_was.content), (method, template, seen)
    assert everything_of_ann(owned.door) == before
    for method, template in of_anns:
        status, said = owned.request(method, template, "ann")
        assert status != 404, (method, template)
        assert status < 300 or status == 409, (method, template, said)


def test_another_user_is_shown_nothing_of_anns_by_any_route(
    owned: Owned, routes: list[tuple[str, str]]
) -> None:
    words = [owned.named[one].encode() for one in ("bot", "account", "run", "order", "position")]
    shown = dict.fromkeys(words, 0)
    for method, template in routes:
        if method != "GET" or template.endswith("/stream") or (method, template) in OPEN:
            continue
        _, seen = owned.request(method, template, "eve")
        _, own = owned.request(method, template, "ann")
        for word in words:
            shown[word] += word in own
            assert word not in seen, (template, word)
    assert min(shown.values()) > 0


def test_nonsense_is_refused_and_breaks_nothing(owned: Owned) -> None:
    """Every field, parameter and name in a path is in turn whatever it should not be."""
    door = owned.door
    spec = door.client.get("/openapi.json").json()
    for path, methods in spec["paths"].items():
        for method, told in methods.items():
            for given in [] if path.endswith("/stream") else nonsense(owned, method, path, told):
                sent = {"url": owned.path(path), **given}
                answer = door(method, sent.pop("url"), headers={"If-Match": "*", **JSON}, **sent)
                assert answer.status_code < 429, (method, path, str(given)[:200])


def nonsense(
    owned: Owned, method: str, path: str, told: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Give requests to one route, as its description has its parameters and its body."""
    for parameter in told.get("parameters", []):
        for odd in (one for one in ODD if isinstance(one, str) and one):
            if parameter["in"] == "query":
                yield {"params": {parameter["name"]: odd}}
            elif parameter["in"] == "path":
                yield {"url": owned.path(path, **{parameter["name"]: quote(odd, safe="")})}
    if "requestBody" in told:
        shape = told["requestBody"]["content"]["application/json"]["schema"]
        good = GOOD.get((method.upper(), path)) or {}
        for field in [*shape.get("properties", {}), "unknown"]:
            yield from ({"content": json.dumps({**good, field: odd})} for odd in ODD)
