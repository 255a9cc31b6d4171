"""The door of the API, as its users stand before it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from botfleet.bootstrap import Wiring
from tests.application.house import House


@dataclass
class Door:
    """The API as `ann`, who trades, and as `eve`, who has a seat and nothing else.

    `wiring` is the API's own, which sees only the rows of whom it serves; `operator` sees all.
    """

    wiring: Wiring
    operator: Wiring
    client: httpx.Client
    house: House
    tokens: dict[str, str]

    def __call__(
        self, method: str, path: str, *, user: str = "ann", key: str = "k", **given: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[user]}", "Idempotency-Key": key}
        headers |= given.pop("headers", {})
        answer: httpx.Response = self.client.request(method, path, headers=headers, **given)
        return answer

    def set_clock(self, at: datetime) -> None:
        self.house.clock.at = at
        self.wiring.replayed_clock.set(at, speed=0)

    def state(self) -> object:
        """All that a request may change, as one value."""
        return self.house.all(
            """SELECT md5(string_agg(line, ',' ORDER BY line)) FROM (
                   SELECT b::text AS line FROM bots b UNION ALL SELECT w::text FROM work w
                   UNION ALL SELECT p::text FROM pools p UNION ALL SELECT d::text FROM definitions d
                   UNION ALL SELECT a::text FROM accounts a UNION ALL SELECT c::text FROM consents c
                   UNION ALL SELECT s::text FROM switches s
               ) AS everything"""
        )
