"""The fleet's shape, changed while it runs: who moves, what waits, and two operators at once."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import pytest

from botfleet.adapters.postgres.database import execute, rows
from botfleet.application.seat import Plan, Seating
from botfleet.domain.fleet.seating import Seat, Shape, seats
from botfleet.domain.ids import WorkId
from botfleet.errors import NotFound, Refusal
from tests.application.bots import bot, scanner, spread
from tests.application.house import MARK, House
from tests.application.market import OPEN


@dataclass
class Machines:
    """Instances that are said to run; one of them may refuse to start."""

    up: set[Seat] = field(default_factory=lambda: {Seat(1, 1)})
    intended: list[Shape] = field(default_factory=list)
    meanwhile: list[Callable[[], object]] = field(default_factory=list)
    broken: set[Seat] = field(default_factory=set)

    def intend(self, shape: Shape) -> None:
        self.intended.append(shape)
        while self.meanwhile:
            self.meanwhile.pop()()

    def running(self) -> frozenset[Seat]:
        return frozenset(self.up)

    def start(self, seats: Collection[Seat]) -> None:
        self.up |= set(seats)
        if self.broken & set(seats):
            raise Refusal("It will not start.")

    def stop(self, seats: Collection[Seat]) -> None:
        self.up -= set(seats)


@pytest.fixture
def machines() -> Machines:
    return Machines()


@pytest.fixture
def seating(house: House, machines: Machines) -> Seating:
    house.roster.add_users(["ben", "cy", "dan"], OPEN)
    house.layouts.welcome()
    return Seating(house.layouts, machines, house.messages)


def turn(seating: Seating, **knobs: Any) -> Plan:
    plan = seating.plan(seating.layout(), **knobs)
    seating.do(plan)
    return plan


def test_a_larger_fleet_shares_its_users_and_a_smaller_one_too(
    seating: Seating, machines: Machines
) -> None:
    assert turn(seating, pods=2, instances=2).moved == 3
    assert set(seating.layout().taken.values()) == {1}
    assert machines.up == set(seats(pods=2, instances=2))
    assert turn(seating, pods=1).moved == 2
    assert seating.layout().taken == {Seat(1, 1): 2, Seat(1, 2): 2}
    assert machines.up == {Seat(1, 1), Seat(1, 2)}
    assert machines.intended[-1] == Shape(1, 2, 10)


def test_a_moved_user_has_another_epoch_and_nobody_else(house: House, seating: Seating) -> None:
    turn(seating, instances=2)
    found = house.all("SELECT epoch, count(*)::int FROM seats GROUP BY 1 ORDER BY 1")
    assert found == [(1, 2), (2, 2)]


def test_fewer_seats_than_users_are_refused_and_nothing_changes(
    seating: Seating, machines: Machines
) -> None:
    before = seating.layout()
    with pytest.raises(Refusal, match="4 users need seats; that fleet would have 3"):
        turn(seating, users_per_instance=3)
    assert seating.layout() == before
    assert machines.up == {Seat(1, 1)}


def test_the_second_of_two_operators_is_told_and_starts_nothing(
    seating: Seating, machines: Machines
) -> None:
    mine = seating.plan(seating.layout(), pods=2)
    theirs = seating.plan(seating.layout(), pods=4)
    seating.do(mine)
    with pytest.raises(Refusal, match="plan again"):
        seating.do(theirs)
    assert machines.up == {Seat(1, 1), Seat(2, 1)}
    assert seating.layout().shape == Shape(2, 1, 10)


def test_who_comes_while_another_changes_the_fleet_is_told_so(
    seating: Seating, machines: Machines
) -> None:
    """Else the first would end the instances on which the second has just seated users."""
    turn(seating, pods=2)

    def another() -> None:
        with pytest.raises(Refusal, match="Somebody is changing the fleet just now"):
            turn(seating, pods=3)

    machines.meanwhile.append(another)
    turn(seating, pods=1)
    assert machines.up == {Seat(1, 1)}
    assert seating.layout().taken == {Seat(1, 1): 4}
    turn(seating, pods=3)
    assert machines.up == set(seats(pods=3, instances=1))


def test_a_plan_made_before_instances_had_ended_starts_them_again(
    seating: Seating, machines: Machines
) -> None:
    """A second operator plans when the first has moved everybody and not ended anything yet."""
    turn(seating, pods=2)
    plans: list[Plan] = []
    machines.meanwhile.append(lambda: plans.append(seating.plan(seating.layout(), pods=2)))
    turn(seating, pods=1)
    assert plans[0].starts == ()
    seating.do(plans[0])
    assert machines.up == set(seats(pods=2, instances=1))
    assert seating.layout().taken == {Seat(1, 1): 2, Seat(2, 1): 2}


def test_an_instance_that_will_not_start_leaves_the_fleet_as_it_was(
    seating: Seating, machines: Machines
) -> None:
    machines.broken = {Seat(3, 1)}
    before = seating.layout()
    with pytest.raises(Refusal, match="will not start"):
        turn(seating, pods=3)
    assert seating.layout() == before
    assert machines.up == {Seat(1, 1)}


def test_what_waits_on_an_instance_that_ends_waits_elsewhere_and_is_done_once(
    house: House, seating: Seating
) -> None:
    house.add(bot(scanner(spread())))
    turn(seating, pods=2)
    sit_elsewhere(house)
    house.route(MARK)
    (row,) = waiting(house)
    assert row["pod"] == 2
    told = len(house.messages.pointers)
    plan = turn(seating, pods=1)
    assert Seat(2, 1) in plan.stops
    assert [row["pod"] for row in waiting(house)] == [1]
    assert {one.pod for one in house.messages.pointers[told:]} == {1}
    instance = house.instance
    for pointer in house.messages.pointers:
        instance.do(pointer.work_id)
    assert waiting(house) == []
    assert house.one("SELECT count(*)::int FROM draws") == (1,)


def test_a_claimed_row_keeps_its_claimant_when_its_place_ends(
    house: House, seating: Seating
) -> None:
    house.add(bot(scanner(spread())))
    turn(seating, pods=2)
    sit_elsewhere(house)
    house.route(MARK)
    work_id = WorkId(waiting(house)[0]["work_id"])
    claimed = house.work.claim(work_id, MARK)
    turn(seating, pods=1)
    assert claimed is not None
    assert house.work.claim(work_id, MARK) is None
    assert waiting(house)[0]["state"] == "claimed"


def test_a_drained_pod_stands_empty_until_opened(seating: Seating, machines: Machines) -> None:
    turn(seating, pods=2)
    seating.do(seating.plan(seating.layout(), drained={1}))
    assert seating.layout().taken == {Seat(2, 1): 4}
    assert Seat(1, 1) in machines.up
    seating.do(seating.plan(seating.layout(), drained=()))
    assert seating.layout().taken == {Seat(1, 1): 2, Seat(2, 1): 2}
    with pytest.raises(Refusal, match="There is no pod 7; there are 2"):
        seating.plan(seating.layout(), drained={7})


def test_a_full_fleet_shows_whom_it_cannot_seat(house: House, seating: Seating) -> None:
    turn(seating, users_per_instance=4)
    house.roster.add_users(["eve"], OPEN)
    assert house.layouts.welcome() == 1
    assert seating.layout().unseated == 1
    turn(seating, pods=2)
    assert seating.layout().unseated == 0


def test_a_user_is_moved_only_where_there_is_room(house: House, seating: Seating) -> None:
    turn(seating, pods=2, users_per_instance=3)
    house.layouts.move(house.user, Seat(2, 1))
    with pytest.raises(NotFound, match=r"no instance pod\.9\.1"):
        house.layouts.move(house.user, Seat(9, 1))
    seating.do(seating.plan(seating.layout(), users_per_instance=4, drained={2}))
    with pytest.raises(Refusal, match="drained"):
        house.layouts.move(house.user, Seat(2, 1))


def sit_elsewhere(house: House) -> None:
    with house.database.transaction() as connection:
        execute(connection, "UPDATE seats SET pod = 2 WHERE user_id = %(u)s", u=house.user)


def waiting(house: House) -> list[dict[str, Any]]:
    with house.database.transaction() as connection:
        sql = "SELECT work_id, pod, state FROM work WHERE state IN ('due', 'claimed')"
        return [dict(row) for row in rows(connection, sql)]
