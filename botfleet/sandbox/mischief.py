"""Misbehaviour on demand, each kind so many times (RELIABILITY 6.2, F13 to F15).

    timeout_before     wait `delay_s`, answer 504, take no order
    timeout_after      take the order, then wait `delay_s` before the answer
    error_before       answer 500, take no order
    error_after        take the order, answer 500
    rate_limit         answer 429 to any trading request
    html, truncated    take the order (or answer the question), send a page, or half the body
    reject             refuse the next order, HTTP 200 with an `errors` body
    reject_later       accept the next order, then reject it
    partial_fill       fill half of the next order; the rest waits for another instant
    fill_after_cancel  hold the next order back, and fill it when its cancel is asked for
    stale_listing      leave the newest order out of a listing
    expire_tokens      end every access token at once

It lives in memory only: a restarted sandbox behaves.
"""

from dataclasses import dataclass
from threading import Lock

BEFORE = frozenset({"timeout_before", "error_before"})
AFTER = frozenset({"timeout_after", "error_after", "html", "truncated"})
TRICKS = frozenset({"reject", "reject_later", "partial_fill", "fill_after_cancel"})
SCENARIOS = BEFORE | AFTER | TRICKS | {"rate_limit", "stale_listing", "expire_tokens"}


@dataclass(frozen=True, slots=True)
class Misdeed:
    """One act: what, how long it waits, and of whose account (empty: anybody's)."""

    scenario: str
    delay_s: float = 0.0
    account: str = ""


class Mischief:
    """What is still to be done wrong."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._pending: list[Misdeed] = []

    def plan(self, misdeed: Misdeed, count: int) -> None:
        """Do it to the next `count` requests it fits; 0 forgets what is left of it."""
        with self._lock:
            kept = [one for one in self._pending if one.scenario != misdeed.scenario]
            self._pending = kept + [misdeed] * count

    def take(self, scenarios: frozenset[str], account: str) -> Misdeed | None:
        """Take the next act of these kinds against this account."""
        if not self._pending:
            return None
        with self._lock:
            for index, one in enumerate(self._pending):
                if one.scenario in scenarios and one.account in ("", account):
                    return self._pending.pop(index)
        return None
