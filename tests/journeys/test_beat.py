"""A replayed day whose metronomes are all dead for ten market minutes: nothing is forgotten (F11).

Workers stand in meanwhile. The slot ledger tells what was missed, what ran late, and why.
"""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from botfleet.adapters.market.played import played_to
from botfleet.adapters.postgres.database import execute
from botfleet.application.account import Account, End, Slot, account
from botfleet.application.audit import slots_accounted
from botfleet.bootstrap import Wiring
from botfleet.cli.demo_people import populate
from botfleet.cli.processes import Fleet
from botfleet.config import Settings
from botfleet.domain.market.calendar import session_on
from botfleet.domain.schedules.agenda import SUPERSEDED
from tests.patience import until

DAY = date(2026, 3, 13)
BEATS = ("beat.1", "beat.2")
SILENCE = timedelta(minutes=10)


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings.read(home=home, clock="replayed", speed=120, date=DAY, is_held=True)


def ledger(wiring: Wiring) -> Account:
    return account(DAY, wiring.slots)


def within(wiring: Wiring, first: datetime, last: datetime) -> list[Slot]:
    return [slot for slot in ledger(wiring).slots if first < slot.due_at <= last]


def ran_late(wiring: Wiring, since: datetime) -> bool:
    slots = within(wiring, since, since + SILENCE)
    return any(slot.end is End.DONE and (slot.late_s or 0) > 0 for slot in slots)


def test_ten_minutes_without_a_metronome_are_told_slot_by_slot(settings: Settings) -> None:
    session = session_on(DAY)
    assert session is not None
    with Fleet(settings).running() as fleet, Wiring(fleet.settings) as wiring:
        clock = wiring.clock

        def leader() -> str:
            return wiring.journal.numbers(clock.now()).beat or ""

        populate(wiring, fleet.settings, recorded=False, users=4, bots=28)
        with wiring.database.transaction() as connection:
            execute(connection, "UPDATE bots SET interval_min = 1")
        wiring.fleet_row.play_to(played_to(session))
        until(lambda: clock.now() > session.opens_at + timedelta(minutes=20))
        silent_at = clock.now()
        for beat in BEATS:
            fleet.stop(beat)
        until(lambda: leader().startswith("stand-in "))
        until(lambda: clock.now() > silent_at + SILENCE and ran_late(wiring, silent_at))
        for beat in BEATS:
            fleet.start(beat)
        until(lambda: "/" in leader() and not leader().startswith("stand-in "))
        heard_at = clock.now()
        until(lambda: clock.now() > heard_at + timedelta(minutes=5))
        for beat in BEATS:
            fleet.stop(beat)
        found = ledger(wiring)
        told = [slot for slot in within(wiring, silent_at, heard_at) if slot.interval_min == 1]
    assert found.forgotten == ()
    assert slots_accounted(found).ok
    missed = [slot for slot in told if slot.end is End.MISSED]
    late = [slot for slot in told if slot.end is End.DONE and (slot.late_s or 0) > 0]
    # Workers stand in no more than once a real second: two minutes at this speed.
    assert len(missed) >= 2
    assert {slot.why for slot in missed} == {(SUPERSEDED,)}
    assert late
    assert {slot.end for slot in told} <= {End.MISSED, End.DONE, End.SKIPPED, End.OPEN}
