"""Every adapter lives through every scenario, and what came of it is what the table says.

The table is docs/conformance.md; `python -m tests.conformance.table` writes it anew.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from botfleet.sandbox.calls import kind_of
from tests.conformance.bench import bench, served
from tests.conformance.brands import BRANDS
from tests.conformance.scenarios import SCENARIOS
from tests.conformance.table import PAGE, cells, sentence
from tests.sandbox.running import Sandbox, allowed


@pytest.fixture(scope="module", params=BRANDS)
def broker(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sandbox]:
    with served(request.param, tmp_path_factory.mktemp(request.param)) as running:
        yield running


@pytest.mark.parametrize("name", SCENARIOS)
def test_an_adapter_conforms(broker: Sandbox, name: str) -> None:
    outcome = SCENARIOS[name](bench(broker, f"{broker.broker}-{name}"))
    shown = cells(PAGE.read_text(encoding="utf-8"))
    assert shown.get((sentence(name), broker.broker)) == outcome
    asked = {f"{method} {kind_of(path)}" for method, path in broker.heard}
    assert {one for one in asked if "/sandbox/" not in one} <= allowed(broker.broker)


def test_the_table_has_no_other_rows() -> None:
    shown = cells(PAGE.read_text(encoding="utf-8"))
    assert set(shown) == {(sentence(name), brand) for name in SCENARIOS for brand in BRANDS}
    assert Path(PAGE).name == "conformance.md"
