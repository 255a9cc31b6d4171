"""Choose an expiration (actions-and-exits 3.3). Days are calendar days; Friday to Monday is 3."""

from collections.abc import Sequence
from datetime import date

from botfleet.domain.market.calendar import is_monthly_expiration
from botfleet.domain.trades.opportunities import ExpirationMode, ExpirationRule, NoTrade

NO_EXPIRATION = NoTrade("W5", "No expiration available")


def pick_expiration(
    rule: ExpirationRule, today: date, expirations: Sequence[date]
) -> date | NoTrade:
    """Pick the first of `expirations` (rising) that meets the rule, counted from `today`."""
    for expires_on in expirations:
        if meets(rule, today, expires_on):
            return expires_on
    return NO_EXPIRATION


def meets(rule: ExpirationRule, today: date, expires_on: date) -> bool:
    """Say whether an expiration is one the rule would take, were there no earlier one."""
    is_of_kind = not rule.is_monthly or is_monthly_expiration(expires_on)
    return is_of_kind and _is_in_reach(rule, today, expires_on)


def _is_in_reach(rule: ExpirationRule, today: date, expires_on: date) -> bool:
    days = (expires_on - today).days
    match rule.mode:
        case ExpirationMode.EXACTLY:
            return days == rule.days
        case ExpirationMode.AT_LEAST:
            return days >= rule.days
        case ExpirationMode.BETWEEN:
            return rule.days <= days <= rule.days_max
        case ExpirationMode.ON:
            return expires_on == rule.on
        case ExpirationMode.ON_OR_AFTER:
            return rule.on is not None and expires_on >= rule.on
        case ExpirationMode.SAME_AS_POSITION:
            return False  # no position is bound: nothing to be the same as
