"""Who calls a hook from outside, over real HTTP, and what is left of a call."""

import json
from datetime import timedelta
from uuid import UUID

import httpx

from botfleet.adapters.system.clock import wall_s
from botfleet.domain.bots.calls import sign
from botfleet.domain.bots.safeguards import FLEET, Mode, Scope
from botfleet.domain.ids import WorkId
from tests.api.door import Door
from tests.application.house import MARK
from tests.application.market import OPEN

SECRET = b"hook-secret-canary"
CLOSE = OPEN + timedelta(hours=6, minutes=30)
ALERT = """
  - name: Told from outside
    lane: event
    trigger: {webhook: alert, feeds: [level]}
    inputs: [{name: level, kind: price, default: 1}]
    tree:
      if: {recipe: stock_price, symbol: SPY, relation: above, value: {input: level}}
      "yes": {notify: "above {level}"}
      "no": {notify: "not above {level}"}
"""
OTHER = """
  - name: Also told
    lane: event
    trigger: {webhook: alert}
    tree: {notify: heard}
"""


class Caller:
    """Somebody outside, with `ann`'s hook."""

    def __init__(self, door: Door) -> None:
        self.door = door
        made = door.operator.hooks.create(door.house.user, "alert", SECRET, MARK)
        assert made is not None
        self.hook: UUID | str = made

    def __call__(
        self,
        body: object = None,
        *,
        secret: bytes = SECRET,
        late_s: float = 0,
        sent: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        raw = b"" if body is None else json.dumps(body).encode()
        stamp = str(int(wall_s() - late_s))
        signed = {
            "X-Botfleet-Timestamp": stamp,
            "X-Botfleet-Signature": sign(secret, stamp, raw),
        }
        content = raw if sent is None else sent
        given = signed | (headers or {})
        return self.door.client.post(f"/v1/hooks/{self.hook}", content=content, headers=given)

    def runs(self) -> list[str]:
        """Do what is due; give the runs there are."""
        for (work_id,) in self.door.house.all("SELECT work_id FROM work WHERE state = 'due'"):
            self.door.house.instance.do(WorkId(work_id))  # type: ignore[arg-type]
        return [str(run) for (run,) in self.door.house.all("SELECT run_id FROM runs")]

    def notices(self) -> list[object]:
        return [one for (one,) in self.door.house.all("SELECT message FROM notices ORDER BY 1")]


def switched(door: Door, scope: Scope, mode: Mode, name: str = "Listener") -> None:
    (named,) = door.house.one(f"SELECT bot_id FROM bots WHERE name = '{name}'")
    over = {Scope.USER: door.house.user, Scope.ACCOUNT: door.house.account, Scope.BOT: named}
    by = {"held_by": "operator", "reason": "a test", "set_by": "me"}
    door.house.restrain.impose(scope, over.get(scope, FLEET), mode, **by)  # type: ignore[arg-type]
