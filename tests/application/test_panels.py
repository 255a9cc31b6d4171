"""What owners do with their positions by hand, over real stores."""

from datetime import timedelta

import pytest

from botfleet.adapters.postgres.journal import PostgresJournal
from botfleet.adapters.postgres.panels import PostgresPanels
from botfleet.application.dismiss import Dismiss
from botfleet.application.gather import Gatherer
from botfleet.application.inspect import inspect
from botfleet.application.override import override
from botfleet.domain.ids import PositionId, UserId, derive
from botfleet.errors import MarketClosed, NotFound, Refusal
from tests.application.house import MARK, House
from tests.application.market import DAY
from tests.application.watched import CLOSE, minutes, opened, set_, state, worth

EVE = UserId(derive("user", "eve"))


def held(house: House) -> PositionId:
    (position,) = house.one("SELECT position_id FROM positions")
    return PositionId(position)  # type: ignore[arg-type]


def panels(house: House) -> PostgresPanels:
    return PostgresPanels(house.database)


def take_over(house: House, result: int | None = None, user: UserId | None = None) -> None:
    given = {"panels": panels(house), "pools": house.pools}
    override(user, held(house), result, house.clock.now(), **given)  # type: ignore[arg-type]


def dismissal(house: House) -> Dismiss:
    journal = PostgresJournal(house.database)
    return Dismiss(panels(house), journal, house.work, house.messages, house.clock)


def test_an_overridden_position_is_out_of_its_bots_hands_and_frees_slot_and_capital(
    house: House,
) -> None:
    named = opened(house, "{profit: 10%}", days=0)
    take_over(house, user=house.user)
    assert house.tally(named) == (0, 0)
    assert house.one("SELECT open_n, day_n, gains FROM pools") == (0, 1, 0)
    worth(house, "0.60")
    house.market.last = 480  # type: ignore[assignment]
    for at in (minutes(1), CLOSE - timedelta(minutes=10), CLOSE + timedelta(minutes=15)):
        house.run(at)
    assert state(house) == ("overridden", "override")
    assert house.one("SELECT count(*) FROM orders WHERE effect = 'close'") == (0,)


def test_what_it_came_to_can_be_said_later_and_corrected(house: House) -> None:
    opened(house)
    take_over(house)
    for result in (-12_050, 3_000, 3_000):
        take_over(house, result)
        assert house.one("SELECT realised FROM positions") == (result,)
        assert house.one("SELECT gains FROM pools") == (result,)
        house.clock.at += timedelta(seconds=1)
    booked = house.one("SELECT sum(amount)::bigint FROM entries WHERE kind = 'gain'")
    assert booked == (3_000,)


def test_what_is_missing_at_the_broker_is_its_owners_to_take_over(house: House) -> None:
    named = opened(house, "{profit: 10%}")
    set_(house, "UPDATE positions SET state = 'missing'")
    worth(house, "0.60")
    house.run(minutes(1))
    assert state(house) == ("missing", "")
    take_over(house, -5_000)
    assert house.tally(named) == (0, 0)
    assert house.one("SELECT gains, open_n FROM pools") == (-5_000, 0)


def test_only_an_open_position_is_handed_over_and_only_by_its_owner(house: House) -> None:
    opened(house, "{profit: 10%}")
    with pytest.raises(NotFound):
        take_over(house, user=EVE)
    worth(house, "0.60")
    house.run(minutes(1))
    with pytest.raises(Refusal, match="being closed"):
        take_over(house)
    house.send()
    house.broker.fill("2", 1, "0.10")
    house.look()
    with pytest.raises(Refusal, match="closed; only an open one"):
        take_over(house, 5)


def test_a_position_is_closed_by_hand_once_a_key(house: House) -> None:
    opened(house)
    house.clock.at = minutes(1)
    dismiss = dismissal(house)
    works = {dismiss.dismiss(house.user, held(house), "one") for _ in range(2)}
    assert len(works) == 1
    for pointer in house.messages.pointers:
        house.instance.do(pointer.work_id)
    assert state(house) == ("closing", "by hand")
    assert house.one("SELECT count(*) FROM orders WHERE effect = 'close'") == (1,)
    assert works == {dismiss.dismiss(house.user, held(house), "one")}
    with pytest.raises(Refusal, match="closing; only an open one"):
        dismiss.dismiss(house.user, held(house), "two")


def test_nothing_is_closed_by_hand_out_of_hours_or_by_others(house: House) -> None:
    opened(house)
    house.clock.at = CLOSE
    with pytest.raises(MarketClosed, match="it opens Wednesday, 11 March 2026, 09:30"):
        dismissal(house).dismiss(house.user, held(house), "k")
    with pytest.raises(NotFound):
        dismissal(house).dismiss(EVE, held(house), "k")
    assert house.one("SELECT count(*) FROM work WHERE kind = 'leave'") == (0,)


def test_what_is_not_quoted_stays_open_and_its_owner_is_told(house: House) -> None:
    opened(house)
    house.market.is_blind = True
    dismissal(house).dismiss(house.user, held(house), "k")
    for pointer in house.messages.pointers:
        house.instance.do(pointer.work_id)
    assert state(house) == ("open", "")
    (told,) = house.one("SELECT message FROM notices WHERE code = 'close_unpriced'")
    assert told == "SPY is not quoted on both sides; the position stays open."


def test_each_exit_says_what_it_needs_to_fire(house: House) -> None:
    opened(
        house,
        "{profit: 50%, stop_amount: 40, trail_from: 20%, trail: 10%, touch: 2, expiration: 3 days,"
        " earnings: 2, spread_max: 0.10}",
    )
    worth(house, "0.85")
    house.run(minutes(1))
    seen = inspect(
        house.user, held(house), minutes(1), panels=panels(house), gatherer=Gatherer(house.market)
    )
    assert [(one.exit, one.now, one.needs) for one in seen.needs] == [
        ("profit", "30%", "a price of 0.25 or less"),
        ("stop", "$15.00", "a price of 0.90 or more"),
        ("trail", "30%, highest 30%", "a return of 20% or less"),
        ("touch", "500.00", "SPY at 492.00 or below"),
        ("expiration", "expires 2026-03-13", "2026-03-10 15:29 Eastern"),
        ("earnings", "", "a calendar that tells earnings of SPY"),
        ("guard", "0.04", "all of them: a market no wider than 0.10"),
    ]
    assert seen.why_not == ()
    assert (seen.record.high_at, seen.record.low_at) == (minutes(1), None)
    with pytest.raises(NotFound):
        inspect(EVE, held(house), MARK, panels=panels(house), gatherer=Gatherer(house.market))


def test_what_keeps_exits_from_acting_is_said(house: House) -> None:
    named = opened(house, "{profit: 50%}")
    panels(house).switch(house.user, held(house), is_on=False)
    panels(house).switch_bot(named, is_on=False)
    set_(house, "UPDATE accounts SET exit_attempts_max = 1")
    seen = inspect(
        None, held(house), minutes(1), panels=panels(house), gatherer=Gatherer(house.market)
    )
    assert seen.why_not == ("its exits are off", "its bot's exits are off")
    assert panels(house).record(None, held(house), DAY).is_on is False
