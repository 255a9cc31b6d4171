"""A pod that joins the fleet by itself, and what operators make of that."""

import pytest

from botfleet.cli.serve import Place
from botfleet.domain.fleet.seating import Shape
from botfleet.errors import Refusal
from tests.application.house import House


def test_a_pod_that_comes_makes_the_fleet_reach_it(house: House) -> None:
    house.layouts.arrange(Shape(1, 2, 10))
    assert Place(house.layouts, 3, is_joining=False).instances() == frozenset()
    assert Place(house.layouts, 3, is_joining=True).instances() == {"pod.3.1", "pod.3.2"}
    assert house.layouts.layout().shape == Shape(3, 2, 10)


def test_a_pod_whose_operators_took_it_away_does_not_come_back(house: House) -> None:
    """Else users would be seated, in the seconds until it ends, where nothing runs afterwards."""
    place = Place(house.layouts, 2, is_joining=True)
    house.layouts.arrange(Shape(1, 1, 10))
    assert place.instances() == {"pod.2.1"}
    assert place.instances() == {"pod.2.1"}
    house.layouts.arrange(Shape(1, 1, 10))
    assert place.instances() == frozenset()
    assert house.layouts.layout().shape == Shape(1, 1, 10)


def test_a_pod_that_an_operator_starts_lets_the_operator_seat_its_users(house: House) -> None:
    """Else the plan that waits for it would be refused: the fleet has changed since."""
    house.layouts.arrange(Shape(1, 1, 10))
    place, version = Place(house.layouts, 2, is_joining=True), house.layouts.layout().version
    with house.layouts.changing(version):
        assert place.instances() == frozenset()
        house.layouts.arrange(Shape(2, 1, 10), version=version)
    assert place.instances() == {"pod.2.1"}


def test_of_two_who_change_the_fleet_the_second_is_refused(house: House) -> None:
    version = house.layouts.layout().version
    with (
        house.layouts.changing(version),
        pytest.raises(Refusal, match="Somebody is changing the fleet just now"),
        house.layouts.changing(version),
    ):
        pass
    with house.layouts.changing(version):
        pass
