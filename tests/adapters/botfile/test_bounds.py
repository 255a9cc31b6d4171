"""No input of any size takes more than a second to refuse, by the processor's time it takes."""

import json
import time
from collections.abc import Callable

import pytest

from botfleet.adapters.botfile import read
from botfleet.adapters.botfile.text import SIZE_MAX, VALUES_MAX
from botfleet.errors import BadInput
from tests.adapters.botfile.test_faults import GOOD, asking, opening

_BARE = json.dumps({key: value for key, value in GOOD.items() if key != "automations"})[:-1]
#: Texts as large as are read at all, and as many-valued: each shape that was ever slow to refuse.
LARGE = {
    "a flow list": "symbols: [" + "a," * (VALUES_MAX - 9) + "]",
    "empty lists": "symbols: [" + "[]," * (VALUES_MAX - 9) + "]",
    "empty mappings": "symbols: [" + "{}," * (VALUES_MAX - 9) + "]",
    "one key again and again": "a: 1\n" * VALUES_MAX,
    "many keys": "".join(f"k{n}: 1\n" for n in range(90_000)),
    "a flow mapping": "{" + "a: 1, " * (VALUES_MAX - 9) + "}",
    "aliases": "a: &a 1\nb: [" + "*a," * (VALUES_MAX - 9) + "]",
    "tags": "b: [" + "!x a," * (VALUES_MAX - 9) + "]",
    "anchors": "".join(f"k{n}: &a{n} 1\n" for n in range(55_000)),
    "automations of nothing": f'{_BARE}, "automations": [' + "{}," * (VALUES_MAX - 20) + "{}]}",
    "a group of nothing": json.dumps(asking({"all": [{}] * (VALUES_MAX - 90)})),
    "legs": json.dumps(
        opening(strikes={f"l{n}": {"delta": 0.1} for n in range(40_000)}, size={"contracts": 1})
    ),
    "tags of a position": json.dumps(opening(tags=["t"] * 140_000)),
    "JSON that never ends": "{" + ",".join(f'"k{n}":1' for n in range(75_000)),
    "escapes": 'a: "' + "\\u0041" * (SIZE_MAX // 6 - 10) + '"',
    "spaces": "{" + " " * (SIZE_MAX - 10),
    "digits": "limits: {allocation: " + "1" * (SIZE_MAX - 99) + "}",
    "too many values": "symbols: [" + "a," * 500_000 + "]",
    "too many bytes": "a" * (64 << 20),
}


@pytest.mark.parametrize("name", LARGE)
def test_no_text_of_any_size_takes_long_to_refuse(name: str) -> None:
    """It takes less than a second of a core; of one whose twin is busy, several times as long."""

    def refuse() -> None:
        with pytest.raises(BadInput):
            read(LARGE[name])

    assert is_refused_within(refuse, cpu_s=5)


def is_refused_within(refuse: Callable[[], object], *, cpu_s: float) -> bool:
    """Whether one of three tries takes less of a processor's time: others at work do not count."""
    return any(_cpu_s(refuse) < cpu_s for _ in range(3))


def _cpu_s(refuse: Callable[[], object]) -> float:
    began = time.process_time()
    refuse()
    return time.process_time() - began
