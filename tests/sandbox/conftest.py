"""One sandbox a test; its book in the test's own folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.running import Sandbox, sandbox


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Sandbox]:
    with sandbox(tmp_path / "book.sqlite") as running:
        yield running
