"""Programs of the distribution that some tests need; without one they say so and are skipped."""

import shutil

import pytest

#: Where the distribution puts programs, whatever this process's own path leaves out.
PLACES = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/bin"


def need(*programs: str) -> list[str]:
    """Give where the programs are, or skip the test, naming the first that is missing."""
    found = []
    for program in programs:
        path = shutil.which(program, path=PLACES)
        if path is None:
            pytest.skip(f"{program} is not installed here")
        found.append(path)
    return found
