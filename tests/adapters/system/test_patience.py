"""What is tried again, how often, and what is said of it."""

import pytest

from botfleet.adapters.system import patience
from botfleet.adapters.system.patience import patiently
from botfleet.errors import BadInput, BotfleetError, StoreUnavailable


@pytest.fixture(autouse=True)
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_GLANCE_S", 0.0)


class Fails:
    """Fails with each of these in turn, then gives 7."""

    def __init__(self, *errors: BotfleetError) -> None:
        self.errors, self.tries = list(errors), 0

    def __call__(self) -> int:
        self.tries += 1
        if self.errors:
            raise self.errors.pop(0)
        return 7


def test_what_a_machine_fails_at_is_tried_again_and_each_reason_told_once() -> None:
    away, locked = StoreUnavailable("it is away"), StoreUnavailable("it is locked")
    told: list[str] = []
    assert patiently(Fails(away, away, locked, away), 0, told.append) == 7
    assert told == ["it is away", "it is locked"]


def test_after_its_time_and_five_tries_it_ends_with_the_last_reason() -> None:
    """However little time there was: on a slow machine one try may take all of it."""
    failing = Fails(*[StoreUnavailable(f"reason {n}") for n in range(9)])
    with pytest.raises(StoreUnavailable, match="reason 4"):
        patiently(failing, 0, lambda _: None)
    assert failing.tries == 5


def test_what_is_refused_is_not_tried_again() -> None:
    failing = Fails(BadInput("it is wrong"))
    with pytest.raises(BadInput):
        patiently(failing, 60, lambda _: None)
    assert failing.tries == 1
