"""What the tests of containers share: an engine, and the project's own images built with it."""

import os
from pathlib import Path

import pytest

from tests.containers.engine import ROOT, Engine, laid_out, stand_in
from tests.deploy.needs import need

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("containers")


@pytest.fixture(scope="session")
def engine() -> Engine:
    """An engine, and what our files build on and start."""
    need("podman", "mmdebstrap")
    if os.geteuid() != 0:
        pytest.skip("containers with networks of their own need root here")
    engine = laid_out()
    stand_in(engine)
    return engine


@pytest.fixture(scope="session")
def image(engine: Engine) -> str:
    """The project's image, built from its own file."""
    engine.build("botfleet", ROOT / "deploy/image/Dockerfile", ROOT, "--layers")
    return "localhost/botfleet"


@pytest.fixture(scope="session")
def door_image(engine: Engine) -> str:
    """The public door's image."""
    engine.build("botfleet-door", ROOT / "deploy/nginx/Dockerfile", ROOT / "deploy/nginx")
    return "localhost/botfleet-door"
