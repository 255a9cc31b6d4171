"""A click is one execution (R40): whatever is clicked twice, late or in vain."""

from datetime import UTC, datetime, timedelta

import pytest

from botfleet.adapters.postgres.journal import PostgresJournal
from botfleet.application.explain import explain_run
from botfleet.application.press import Click, Press
from botfleet.domain.bots.safeguards import FLEET, Mode, Scope
from botfleet.domain.ids import BotId, RunId, UserId, derive
from botfleet.errors import BotIsOff, Halted, MarketClosed, NotFound, Refusal
from tests.application.bots import bot, button, spread
from tests.application.house import MARK, House, rename
from tests.application.market import OPEN

CLOSE = OPEN + timedelta(hours=6, minutes=30)


def press(house: House, label: str = "go", click_id: str = "1", name: str = "Test") -> RunId:
    journal = PostgresJournal(house.database)
    pressing = Press(journal, house.batches, house.work, house.messages, house.clock)
    return pressing.press(Click(house.user, name, label, click_id))


def rows(house: House) -> object:
    return house.one("SELECT count(*) FROM work")[0]


@pytest.fixture
def go(house: House) -> House:
    house.add(bot(button("go", spread()), button("flat", spread())))
    house.clock.at = MARK
    return house


def test_a_click_runs_its_automation_under_the_id_that_was_promised(go: House) -> None:
    run_id = press(go)
    (pointer,) = go.messages.pointers
    go.instance.do(pointer.work_id)
    assert go.one("SELECT run_id, automation, outcome FROM runs") == (run_id, 0, "opening")


def test_a_click_sent_twice_is_one_row_and_one_answer(go: House) -> None:
    assert press(go) == press(go)
    assert rows(go) == 1
    assert len(go.messages.pointers) == 1


def test_a_click_runs_though_its_bot_has_another_name_by_then(go: House) -> None:
    press(go)
    (pointer,) = go.messages.pointers
    (named,) = go.one("SELECT bot_id FROM bots")
    rename(go, BotId(named), "Another")  # type: ignore[arg-type]
    go.instance.do(pointer.work_id)
    assert go.one("SELECT automation, outcome FROM runs") == (0, "opening")


def test_two_clicks_are_two_runs_and_so_are_two_buttons(go: House) -> None:
    assert len({press(go, click_id="1"), press(go, click_id="2"), press(go, "flat", "1")}) == 3
    assert rows(go) == 3


@pytest.mark.parametrize(
    ("at", "opens_at"),
    [
        (OPEN - timedelta(seconds=1), OPEN),
        (CLOSE, OPEN + timedelta(days=1)),
        # Friday evening and Saturday: Monday at 09:30.
        (datetime(2026, 3, 13, 21, tzinfo=UTC), datetime(2026, 3, 16, 13, 30, tzinfo=UTC)),
        (datetime(2026, 3, 14, 15, tzinfo=UTC), datetime(2026, 3, 16, 13, 30, tzinfo=UTC)),
    ],
)
def test_a_closed_market_says_when_it_opens_and_queues_nothing(
    go: House, at: datetime, opens_at: datetime
) -> None:
    go.clock.at = at
    with pytest.raises(MarketClosed, match="09:30 Eastern") as caught:
        press(go)
    assert caught.value.opens_at == opens_at
    assert rows(go) == 0


def test_the_last_second_of_a_session_counts(go: House) -> None:
    go.clock.at = CLOSE - timedelta(seconds=1)
    press(go)
    assert rows(go) == 1


def test_a_click_that_was_taken_keeps_its_answer_when_the_world_changes(go: House) -> None:
    run_id = press(go)
    (named,) = go.one("SELECT bot_id FROM bots")
    go.roster.switch(named, is_on=False, now=MARK)  # type: ignore[arg-type]  # a bot's id it is
    go.clock.at = CLOSE
    assert press(go) == run_id
    assert rows(go) == 1


def test_a_bot_that_is_off_is_not_run(go: House) -> None:
    (named,) = go.one("SELECT bot_id FROM bots")
    go.roster.switch(named, is_on=False, now=MARK)  # type: ignore[arg-type]  # a bot's id it is
    with pytest.raises(BotIsOff):
        press(go)
    assert rows(go) == 0


@pytest.mark.parametrize(
    ("name", "label"), [("Test", "stop"), ("Other", "go"), ("Test", "GO"), ("Te\0st", "go")]
)
def test_what_is_not_there_cannot_be_pressed(go: House, name: str, label: str) -> None:
    with pytest.raises(NotFound):
        press(go, label, name=name)
    assert rows(go) == 0


def test_a_strangers_button_is_not_there(go: House) -> None:
    journal = PostgresJournal(go.database)
    pressing = Press(journal, go.batches, go.work, go.messages, go.clock)
    with pytest.raises(NotFound):
        pressing.press(Click(UserId(derive("user", "eve")), "Test", "go", "1"))


def test_a_user_without_a_seat_is_told_so(go: House) -> None:
    with go.database.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM seats")
    with pytest.raises(Refusal, match="ann has no seat"):
        press(go)


def test_a_run_is_explained_and_decided_again_to_the_same(go: House) -> None:
    run_id = press(go)
    go.instance.do(go.messages.pointers[0].work_id)
    journal = PostgresJournal(go.database)
    told = explain_run(go.user, run_id, journal=journal, batches=go.batches)
    assert told.is_same
    (end,) = told.ends
    (step,) = end.steps
    assert (step.sentence, step.answer) == ("SPY price is above 1", "yes")
    assert step.parts[0].seen == "$500"
    assert end.result == "opening"
    assert (told.run.cause, told.run.lane, told.run.automation) == ("click/1", "button", "Press go")


def test_a_run_that_would_now_go_elsewhere_is_said_to(go: House) -> None:
    run_id = press(go)
    go.instance.do(go.messages.pointers[0].work_id)
    with go.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE runs SET path = 'n', outcome = 'nothing'")
    journal = PostgresJournal(go.database)
    assert explain_run(go.user, run_id, journal=journal, batches=go.batches).is_same is False


def test_a_run_of_a_stranger_is_not_there(go: House) -> None:
    run_id = press(go)
    go.instance.do(go.messages.pointers[0].work_id)
    journal = PostgresJournal(go.database)
    with pytest.raises(NotFound):
        journal.run(UserId(derive("user", "eve")), run_id)


def switched(house: House, scope: Scope, mode: Mode) -> None:
    (named,) = house.one("SELECT bot_id FROM bots")
    over = {Scope.USER: house.user, Scope.ACCOUNT: house.account, Scope.BOT: named}
    by = {"held_by": "operator", "reason": "a test", "set_by": "me"}
    house.restrain.impose(scope, over.get(scope, FLEET), mode, **by)  # type: ignore[arg-type]


@pytest.mark.parametrize("scope", list(Scope))
def test_a_click_on_what_is_halted_is_refused_and_nothing_waits(go: House, scope: Scope) -> None:
    switched(go, scope, Mode.HALTED)
    with pytest.raises(Halted):
        press(go)
    assert rows(go) == 0
    switched(go, scope, Mode.ACTIVE)
    assert rows(go) == 0
    press(go)
    assert rows(go) == 1


@pytest.mark.parametrize("scope", list(Scope))
def test_a_click_on_what_is_only_reducing_runs_and_its_open_is_refused(
    go: House, scope: Scope
) -> None:
    switched(go, scope, Mode.REDUCING)
    press(go)
    go.instance.do(go.messages.pointers[0].work_id)
    assert go.one("SELECT outcome FROM runs") == ("refused:reducing",)
    assert go.all("SELECT * FROM orders") == []


def test_a_click_that_was_taken_just_before_the_halt_opens_nothing(go: House) -> None:
    run_id = press(go)
    switched(go, Scope.FLEET, Mode.HALTED)
    assert press(go) == run_id  # the same click has the same answer
    go.instance.do(go.messages.pointers[0].work_id)
    assert go.one("SELECT run_id, outcome FROM runs") == (run_id, "refused:halted")
    assert go.all("SELECT * FROM orders") == []
