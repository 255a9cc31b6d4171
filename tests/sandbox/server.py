"""A sandbox in a process of its own: `python -m tests.sandbox.server BOOK [simulated]`.

Prints its URL once it accepts connections; a test may kill it at any moment.
"""

import sys
from pathlib import Path

from botfleet.adapters.market.simulated import SimulatedMarket
from botfleet.sandbox.app import create
from tests.sandbox.fakes import MovingClock, PaperMarket
from tests.sandbox.running import HOUSE, running


def main() -> None:
    clock = MovingClock()
    is_simulated = sys.argv[2:] == ["simulated"]
    market = SimulatedMarket(7, clock) if is_simulated else PaperMarket(clock)
    with running(create(market, clock, Path(sys.argv[1]), HOUSE)) as url:
        print(url, flush=True)  # noqa: T201
        sys.stdin.read()


if __name__ == "__main__":
    main()
