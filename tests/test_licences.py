"""Every library that is installed to run has a licence under which it may be shipped with ours."""

import re
from importlib import metadata
from pathlib import Path

import pytest

LOCK = Path(__file__).parent.parent / "requirements.lock"
LOCKED = sorted(set(re.findall(r"^([a-z0-9-]+)==", LOCK.read_text(), re.MULTILINE)))
#: Words of licences that go with Apache-2.0; LGPL and MPL for libraries used as they are.
FREE = re.compile(r"Apache|BSD|MIT|ISC|PSF|MPL|Mozilla|LGPL-3\.0|Zlib|CC0")
#: Says nothing in its metadata; its LICENSE file is the two-clause BSD's.
SILENT = {"ta-lib"}


def licence(name: str) -> str:
    """Give what a distribution says of its licence."""
    said = metadata.metadata(name)
    classified = (one for one in said.get_all("Classifier") or () if one.startswith("License ::"))
    return said["License-Expression"] or ", ".join(classified) or said["License"] or ""


@pytest.mark.parametrize("name", LOCKED)
def test_a_library_may_be_shipped_with_ours(name: str) -> None:
    try:
        said = licence(name)
    except metadata.PackageNotFoundError:
        pytest.skip(f"{name} is not for this system")
    if name in SILENT:
        return
    parts = re.split(r" AND |, ", said)
    assert all(FREE.search(part) for part in parts), said
