"""The metronome, as a Celery beat scheduler.

Real and replayed clocks: each entry rings when its period has passed. Lockstep: once the fleet is
idle the clock is moved to the next due instant, and everything rings for it. Of several metronomes
one leads. Losing one, or all, loses nothing: rings are hints, and the next one routes whatever was
missed; where none leads, workers ring (`workers/standing_in.py`).
"""

import time
from contextlib import suppress
from datetime import datetime
from typing import Any

import structlog
from celery.beat import Scheduler

from beat_schedules.entries import ENTRIES, Entry
from beat_schedules.leadership import RENEW_S, Leadership
from botfleet.adapters.telemetry import beat
from botfleet.application.advance import next_step
from botfleet.application.consult import consult
from botfleet.bootstrap import Wiring, announce_ready
from botfleet.config import Settings
from botfleet.errors import Transient

log = structlog.get_logger()

#: Longest wait for the bell before the fleet's pulse is felt again, and before a ring is repeated.
BELL_S, REPEAT_S = 0.5, 1.0
REST_S = 0.2


class FleetScheduler(Scheduler):
    """Rings for the fleet; keeps no schedule of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        settings = Settings.read()
        self._wiring, self._kind, self._speed = Wiring(settings), settings.clock, settings.speed
        self._leadership = Leadership(self._wiring.beat_lease)
        self._meters = beat.measure(settings.home)
        self._last: dict[str, float] = {}
        self._led_by: int | None = None
        self._is_running: bool | None = None
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        """Celery's own entries stay empty."""
        self.data: dict[str, Any] = {}
        announce_ready()

    def tick(self, *_: Any, **__: Any) -> float:
        """Ring what is due, while this metronome leads; give how long to rest, in seconds."""
        try:
            return self._beat()
        except Transient as reason:
            log.warning("metronome waits", why=str(reason))
            return REST_S
        finally:
            self._note(self._leadership.held)

    def _beat(self) -> float:
        fence = self._leadership.fence()
        if fence is None:
            self._is_running = None
            self._last.clear()  # what another rings meanwhile is not known here
            return RENEW_S
        self._ring_periods(fence)
        if self._kind == "lockstep":
            self._step(fence)
            return 0.0
        return REST_S

    def close(self) -> None:
        """Leave the lease to the next one."""
        with suppress(Transient):
            self._leadership.leave()
        super().close()

    def _ring_periods(self, fence: int) -> None:
        if self._kind == "replayed":
            self._keep_clock(fence)
        for entry in ENTRIES:
            if self._kind == "lockstep" and entry.is_market_time:
                continue
            now_s = self._now_s(entry)
            period = now_s // entry.period_s
            last = self._last.get(entry.name)
            if last != period:
                self._last[entry.name] = period
                self._give(entry.name, self._late_s(entry, last, now_s))

    def _note(self, fence: int | None) -> None:
        """Count that it looked, and whether it leads since then."""
        if fence not in {None, self._led_by}:
            self._meters.takeovers.inc()
        self._led_by = fence
        self._meters.ticked(is_leading=fence is not None)

    def _give(self, name: str, late_s: float | None = None) -> None:
        getattr(self._wiring.messages, name)()
        self._meters.rang(name, late_s=late_s)

    def _late_s(self, entry: Entry, last: float | None, now_s: float) -> float | None:
        """Give the real seconds since the ring after the last one was due; None after none."""
        if last is None:
            return None
        is_fast = entry.is_market_time and self._kind == "replayed"
        return (now_s - (last + 1) * entry.period_s) / (self._speed if is_fast else 1)

    def _now_s(self, entry: Entry) -> float:
        return self._wiring.clock.now().timestamp() if entry.is_market_time else time.monotonic()

    def _keep_clock(self, fence: int) -> None:
        """Let a replayed clock run on from where it stands; write down where it is."""
        row, clock = self._wiring.fleet_row, self._wiring.replayed_clock
        if not clock.is_kept():
            clock.set(row.market_at(), speed=0, fence=fence)
            self._is_running = None
        now = clock.now()
        if not row.keep(now, fence=fence):
            self._leadership.lost()
            return
        ends_at = row.pulse(now).played_to
        is_running = ends_at is None or now < ends_at
        if is_running != self._is_running:
            clock.set(now, speed=self._speed if is_running else 0, fence=fence)
            self._is_running = is_running

    def _step(self, fence: int) -> None:
        """Feel the pulse at this instant; move the clock once everything due at it is done."""
        row = self._wiring.fleet_row
        now = row.market_at()
        if self._is_running is None:
            self._wiring.replayed_clock.set(now, speed=0, fence=fence)
            self._is_running = True
        pulse = row.pulse(now)
        if pulse.is_busy:
            self._remind(has_orders_due=pulse.has_orders_due)
            self._wiring.bell.wait(BELL_S)
        elif pulse.played_to is not None and now >= pulse.played_to:
            self._wiring.bell.wait(BELL_S)
        else:
            consult(self._wiring.changes)
            then = next_step(
                now,
                is_holding=pulse.is_holding,
                next_check_at=pulse.next_check_at,
                next_event_at=pulse.next_event_at,
            )
            self._move(min(then, pulse.played_to or then), fence)

    def _move(self, then: datetime, fence: int) -> None:
        if not self._wiring.fleet_row.keep(then, fence=fence):
            self._leadership.lost()
            return
        self._wiring.replayed_clock.set(then, speed=0, fence=fence)
        self._ring()

    def _ring(self) -> None:
        self._last["step"] = time.monotonic()
        self._give("ring")
        self._give("resolve")

    def _remind(self, *, has_orders_due: bool) -> None:
        """Ring again for an instant that has been waiting long: a ring or a look may be lost."""
        if time.monotonic() - self._last.get("step", 0.0) > REPEAT_S:
            self._ring()
        elif has_orders_due and time.monotonic() - self._last.get("look", 0.0) > BELL_S:
            self._last["look"] = time.monotonic()
            self._give("resolve")
