"""Requests and answers lost half way between the fleet and a broker's real door.

The wire between them breaks where a test says; the sandbox's own book is the judge.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from botfleet.adapters.memory.tokens import MemoryTokens
from botfleet.sandbox.app import create
from botfleet.sandbox.book import read_book
from tests.application.bots import UNIT, bot, scanner, spread
from tests.application.house import MARK, House
from tests.faults.test_broker_faults import World
from tests.sandbox.running import HASTY, HOUSE, PATIENT, Sandbox, overheard, running
from tests.wires import Loss, Wire, leading


@dataclass
class Far:
    """A world whose broker is at the end of a wire, for those who go `through` it."""

    world: World
    wire: Wire

    @contextmanager
    def through(self, loss: Loss, mark: bytes) -> Iterator[None]:
        """Lose this of the next request with `mark` in it; afterwards the wire is whole."""
        near, sandbox = self.world.house.broker, self.world.sandbox
        far = replace(sandbox, url=f"http://127.0.0.1:{self.wire.port}")
        # The wire breaks where it loses something, but where it keeps it there is silence.
        waits = HASTY if loss is Loss.KEPT else PATIENT
        self.world.house.broker = far.brokers(timeouts=waits, is_strict=False)  # type: ignore[assignment]
        self.wire.lose(loss, mark)
        yield
        if loss is Loss.KEPT:
            self.wire.until_kept()
        assert self.wire.lost_count == 1
        self.world.house.broker = near

    def begin(self, loss: Loss) -> None:
        """Decide at the mark, and lose this of the order."""
        self.world.house.run(MARK)
        with self.through(loss, b"POST "):
            self.world.house.send()


@pytest.fixture
def far(house: House, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Far]:
    brand = getattr(request, "param", "tradier")
    path, tokens = tmp_path / "book.sqlite", MemoryTokens()
    sandbox = Sandbox("", house.clock, house.market, path, brand, tokens)  # type: ignore[arg-type]
    with running(overheard(create(house.market, house.clock, path, HOUSE), sandbox)) as url:
        sandbox.url = url
        tokens.connect(replace(sandbox.connected("ann"), account=house.account))
        house.broker = sandbox.brokers(is_strict=False)  # type: ignore[assignment]
        named = house.add(bot(scanner(spread(size="{contracts: 4}")), limits="10000, 1, 1"))
        host, port = url.removeprefix("http://").split(":")
        with leading((host, int(port))) as wire:
            yield Far(World(house, sandbox, named), wire)


def test_a_request_cut_off_before_its_last_byte_is_looked_for_and_not_sent_again(far: Far) -> None:
    """17: nobody here can know that it was no order; it ends when no list has shown it."""
    far.begin(Loss.HALF)
    world = far.world
    assert world.states() == ["unknown"]
    world.go_on(seconds=50)
    assert world.house.tally(world.bot) == (0, 4 * UNIT)
    world.go_on(seconds=30)
    assert world.states() == ["rejected"]
    assert world.judge().orders == ()


def test_a_refusal_nobody_heard_is_found_in_the_list(far: Far) -> None:
    """18: its capital is kept until the broker shows that it refused."""
    world = far.world
    world.sandbox.misbehave("reject")
    far.begin(Loss.ANSWER)
    assert world.states() == ["unknown"]
    assert world.house.tally(world.bot) == (0, 4 * UNIT)
    world.go_on(seconds=4)
    assert world.states() == ["rejected"]
    assert [one.status for one in world.judge().orders] == ["rejected"]
    assert world.house.all("SELECT code FROM notices") == [("rejected",)]


@pytest.mark.parametrize(
    ("after_s", "worth", "ends"),
    [
        (30, "0.98", "filled"),  # while it is looked for
        (90, "0.98", "canceled"),  # given up: it is cancelled where it works
        (90, "1.01", "filled"),  # given up, and there it fills at once: what filled counts
    ],
)
def test_a_request_that_arrives_late_is_one_order_whose_capital_was_kept(
    far: Far, after_s: int, worth: str, ends: str
) -> None:  # 20
    world = far.world
    far.begin(Loss.KEPT)
    assert (world.states(), read_book(world.sandbox.path).orders) == (["unknown"], ())
    world.go_on(seconds=after_s)
    is_kept = after_s < 60
    assert world.house.tally(world.bot) == (0, 4 * UNIT * is_kept)
    world.move(worth)
    assert far.wire.deliver().startswith(b"HTTP/1.1 200")
    if is_kept:
        world.move("1.00")
    world.house.compare(after_s=1)
    world.go_on(seconds=60)
    (order,) = world.judge().orders
    assert order.status == ends
    assert world.states() == ["filled" if ends == "filled" else "rejected"]


@pytest.mark.parametrize(
    ("far", "loss"),
    [
        ("tradier", Loss.ANSWER),
        ("alpaca", Loss.QUESTION),
        ("alpaca", Loss.ANSWER),
        ("tastytrade", Loss.ANSWER),
        ("tastytrade", Loss.KEPT),
    ],
    indirect=["far"],
)
def test_a_new_limit_nobody_heard_of_leaves_one_order(far: Far, loss: Loss) -> None:  # 29
    """Also where a broker makes another order of it, of another number: its chain is followed."""
    world = far.world
    world.begin()
    assert world.states() == ["working"]
    mark = b"PUT " if world.sandbox.broker == "tradier" else b"PATCH "
    world.house.look(after_s=10)
    with far.through(loss, mark):
        world.house.look(after_s=10)
    assert world.states() == ["working"]
    assert world.house.tally(world.bot) == (0, 4 * UNIT)
    world.go_on(seconds=20)
    if loss is Loss.KEPT:
        far.wire.deliver()
    world.go_on(seconds=150)
    (order,) = world.judge().orders
    assert (order.status, world.states()) == ("filled", ["filled"])
