"""Programs that came inside Python packages."""

import importlib.util
from pathlib import Path

from botfleet.errors import BadInput


def package(name: str) -> Path:
    """Where a package lies, found without importing it.

    Raises:
        BadInput: it is not installed.
    """
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise BadInput(f"The package {name} is not installed; run: make install")
    return Path(next(iter(spec.submodule_search_locations)))
