"""An answer that costs its store little, however many ask and how often."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Answer = TypeVar("Answer")

#: Between two askings lies so many times what one took, so they fill a hundredth of the time ...
REST = 100
#: ... but never more than this, real seconds: what stands must be seen to stand.
REST_S_MAX = 60.0


class Paced(Generic[Answer]):
    """Gives the last answer until it may be asked for again; an error is nobody's answer."""

    def __init__(
        self, ask: Callable[[], Answer], now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask, self._now_s = ask, now_s
        self._lock, self._told, self._due_s = Lock(), list[Answer](), float("-inf")

    def __call__(self) -> Answer:
        """Give the answer; raises what asking raises."""
        with self._lock:
            began_s = self._now_s()
            if began_s >= self._due_s:
                self._told[:] = [self._ask()]
                ended_s = self._now_s()
                self._due_s = ended_s + min(REST_S_MAX, REST * (ended_s - began_s))
            return self._told[0]
