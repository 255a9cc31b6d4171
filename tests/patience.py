"""Waiting in tests for what tells nobody: as long as it may take a machine that has much to do."""

import time
from collections.abc import Callable

PATIENCE_S = 240
LOOK_S = 0.05


def until(holds: Callable[[], object]) -> None:
    """Wait until something holds; fail when it never does."""
    ends_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < ends_s
        time.sleep(LOOK_S)
