"""The life of an order: what the table may say, and that the order of arrival does not matter."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from botfleet.domain.orders.ladder import FINAL_REST_S, Rung, held_until
from botfleet.domain.orders.life import LIFE, Draw, Happening, heard, move
from botfleet.domain.orders.order import ENDS, Execution, OrderState, Report, is_ended

S, H = OrderState, Happening
AT = datetime(2026, 3, 10, 15, tzinfo=UTC)


def report(state: OrderState, fills: int, quantity: int = 4) -> Report:
    executions = tuple(Execution(f"x{n}", 1, Decimal(1), AT) for n in range(fills))
    return Report("7", "wire", state, quantity, executions)


def test_every_state_has_its_row_and_only_ends_are_quiet() -> None:
    assert set(LIFE) == set(S)
    for state, moves in LIFE.items():
        goes_on = {one.state for one in moves.values()} - {state}
        assert is_ended(state) == (goes_on <= {S.FILLED})


def test_capital_is_freed_exactly_where_an_order_ends() -> None:
    for state, moves in LIFE.items():
        for happening, leads in moves.items():
            ends = leads.state in ENDS and state not in ENDS
            assert (leads.draw is Draw.ENDED) == ends, (state, happening)
            assert (leads.draw is Draw.CHARGED) == (state in ENDS)


def test_nothing_leads_back_to_unsent_but_the_sender_itself() -> None:
    back = {
        (state, happening)
        for state, moves in LIFE.items()
        for happening, leads in moves.items()
        if leads.state is S.PENDING
    }
    assert back == {(S.SENDING, H.HELD_BACK)}
    assert {state for state, moves in LIFE.items() if H.SENT in moves} == {S.PENDING}


def test_silence_never_ends_an_order() -> None:
    for state in (S.SENDING, S.UNKNOWN):
        leads = LIFE[state][H.UNHEARD]
        assert (leads.state, leads.draw) == (S.UNKNOWN, Draw.KEPT)
    assert all(H.MISSED not in LIFE[state] for state in set(S) - {S.SENDING, S.UNKNOWN})


@st.composite
def truths(draw: st.DrawFn) -> list[Report]:
    """What a broker may truthfully show of an order of four, one look after another."""
    fills = draw(st.lists(st.integers(0, 4), min_size=1, max_size=4).map(sorted))
    shown = [report(S.PARTIAL if n else S.WORKING, n) for n in fills if n < 4]
    end = draw(st.sampled_from((S.CANCELLED, S.EXPIRED, S.REJECTED)))
    last = fills[-1]
    if last == 4:
        race = draw(st.booleans())  # the fill wins a race with a cancel that was shown before
        return [
            *shown,
            *([report(end, 0)] if race and len(fills) == 1 else []),
            report(S.FILLED, 4),
        ]
    return [*shown, report(end, last)]


def lived(
    reports: list[Report], begin: OrderState = S.UNKNOWN
) -> tuple[OrderState, set[str], bool]:
    """Tell them one after another; give the state, the executions booked, and whether they cost."""
    state, booked, is_charged = begin, set[str](), False
    for one in reports:
        happening = heard(state, len(booked), one)
        leads = move(state, happening) if happening else None
        if leads is None:
            continue
        booked |= {fill.execution_id for fill in one.executions}
        state = leads.state
        if leads.draw is not Draw.KEPT:
            is_charged = bool(booked)
    return state, booked, is_charged


@given(truths(), st.sampled_from((S.SENDING, S.UNKNOWN, S.WORKING)), st.data())
def test_whatever_the_order_of_arrival_the_books_agree(
    told: list[Report], begin: OrderState, data: st.DataObject
) -> None:
    """Reports late, twice and shuffled come to the state, the fills and the cost of the truth."""
    doubled = told + data.draw(st.lists(st.sampled_from(told), max_size=3))
    shuffled = data.draw(st.permutations(doubled))
    units = max(one.filled for one in told)
    state, booked, is_charged = lived(list(shuffled), begin)
    assert (len(booked), is_charged) == (units, units > 0)
    assert is_ended(state)
    if units == 4:
        assert state is S.FILLED


def test_a_fill_and_a_cancel_come_to_the_same_in_both_orders() -> None:  # 28
    told = [report(S.CANCELLED, 0), report(S.FILLED, 4), report(S.PARTIAL, 2)]
    ends = {(state, len(booked)) for state, booked, _ in map(lived, map(list, permutations(told)))}
    assert ends == {(S.FILLED, 4)}


def test_each_partial_fill_restarts_the_rest_and_nothing_else() -> None:  # R34
    rungs = (Rung(Decimal(1), 10), Rung(Decimal(2), FINAL_REST_S))
    filled_at = AT + timedelta(seconds=100)
    assert held_until(rungs, 0, sent_at=AT, filled_at=filled_at) == AT + timedelta(seconds=10)
    assert held_until(rungs, 1, sent_at=AT, filled_at=None) == AT + timedelta(seconds=130)
    assert held_until(rungs, 1, sent_at=AT, filled_at=filled_at) == AT + timedelta(seconds=220)
    early = AT + timedelta(seconds=5)
    assert held_until(rungs, 1, sent_at=AT, filled_at=early) == AT + timedelta(seconds=130)
