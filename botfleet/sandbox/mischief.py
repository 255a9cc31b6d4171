"""Misbehaviour on demand, each kind so many times (RELIABILITY 6.2, F13 to F15).

    timeout_before        wait `delay_s`, answer 504, take no order
    timeout_after         take the order, then wait `delay_s` before the answer
    late                  take the order `delay_s` after its caller has hung up
    error_before          answer 500, take no order
    error_after           take the order, answer 500
    cut_before            take no order, and break the connection
    cut                   take the order (or answer the question), and break off in mid-answer
    drip                  likewise, the answer byte by byte, each after `delay_s`
    html, truncated       likewise, a page, or half the body
    redirect              likewise, sent on to another host
    wrong_order           take the order, answer as for the account's first
    rate_limit            answer 429 to any trading request
    reject                refuse the next order, in the broker's own manner
    reject_later          accept the next order, then reject it
    partial_fill          fill half of the next order; the rest waits for another instant
    fill_after_cancel     hold the next order back, and fill it when its cancel is asked for
    stale_listing         leave the newest order out of a listing
    short_page            likewise, but count it
    overfill              show an order as filled by one more than was ordered
    duplicate_execution   show an order's last fill twice
    unknown_status        show an order in a state nobody knows
    foreign_order         show an order as another account's, under another number
    expire_tokens         end every access token at once
    rotation_lost         refresh a token, and lose the answer

No wait is longer than there is somebody to answer. It lives in memory only: a restarted sandbox
behaves.
"""

from dataclasses import dataclass
from threading import Lock

BEFORE = frozenset({"timeout_before", "error_before", "cut_before", "late"})
SPOILT = frozenset({"cut", "drip", "html", "truncated", "redirect"})
AFTER = SPOILT | {"timeout_after", "error_after"}
TRICKS = frozenset({"reject", "reject_later", "partial_fill", "fill_after_cancel"})
VIEWS = frozenset({"overfill", "duplicate_execution", "unknown_status", "foreign_order"})
LISTS = frozenset({"stale_listing", "short_page"})
ALONE = frozenset({"rate_limit", "wrong_order", "expire_tokens", "rotation_lost"})
SCENARIOS = BEFORE | AFTER | TRICKS | VIEWS | LISTS | ALONE


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

    def does(self, scenario: str, account: str) -> bool:
        """Take the next act of this one kind against this account, if there is one."""
        return self.take(frozenset({scenario}), account) is not None
