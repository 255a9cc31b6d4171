"""When an account lets its bots run: its hours, looked at and changed by their owner."""

from datetime import time
from uuid import UUID

from fastapi import Request
from pydantic import Field

from botfleet.api.bodies import JSON, Body, Strict, fit, kind_of, parse_json
from botfleet.api.callers import Caller, Changing, Wired, takes
from botfleet.api.doors import doors
from botfleet.domain.ids import AccountId
from botfleet.domain.schedules.hours import Hours, checked

router = doors("/v1", "connections")


class Wish(Strict):
    """From when, Eastern, until how many minutes before the close; what is left out is as usual."""

    begins: time = Field(time(9, 40), strict=False)
    ends_min: int = 10


_WISH = takes(Wish)


@router.get("/connections/{account}/hours")
def show_hours(account: UUID, caller: Caller, wiring: Wired) -> Hours:
    """Show when an account lets its bots' scanners and monitors run."""
    return wiring.hours.of(caller.user_id, AccountId(account))


@router.put("/connections/{account}/hours", openapi_extra=_WISH)
def set_hours(
    account: UUID, request: Request, body: Body, change: Changing, wiring: Wired
) -> Hours:
    """Say when an account lets its bots run; today's open and close events stay where they were."""
    kind_of(request, *JSON)
    given = fit(Wish, parse_json(body))
    hours, named = checked(Hours(given.begins, given.ends_min)), AccountId(account)
    wiring.hours.change(change.user.user_id, named, hours, wiring.clock.now())
    return wiring.hours.of(change.user.user_id, named)
