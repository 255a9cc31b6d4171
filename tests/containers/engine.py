"""A container engine of the tests' own: podman with its storage beside the project.

No registry of images is asked. What the deployment builds on is laid out anew from the
distribution's packages, under the very names its files say, where no other image can be mistaken
for it; so what is built and run here is built and run from the files that are shipped.
"""

import json
import os
import re
import resource
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.deploy.needs import PLACES

ROOT = Path(__file__).parents[2]
PLACE = ROOT / ".containers"
STAND_INS = Path(__file__).parent / "stand_ins"
#: What each stands in for, the one it is built on before it.
NAMES = {
    "python": "python:3.11-slim-bookworm",
    "postgres": "postgres:16",
    "valkey": "valkey/valkey:8",
}
DEBIAN = "debian:bookworm-slim"


@dataclass(frozen=True)
class Engine:
    """Runs podman's commands; what fails says what podman said."""

    env: Mapping[str, str] = field(repr=False)

    def __call__(self, *words: str, is_checked: bool = True, **given: Any) -> str:
        """Give what a command printed."""
        command = ["podman", *words]
        done: subprocess.CompletedProcess[str] = subprocess.run(
            command, env=self.env, capture_output=True, text=True, check=False, **given
        )
        if is_checked and done.returncode != 0:
            raise AssertionError(f"podman {' '.join(words)}\n{done.stdout}\n{done.stderr}")
        return done.stdout.strip() if is_checked else done.stdout + done.stderr

    def seen(self, container: str) -> dict[str, Any]:
        """Give everything that is known of a container."""
        found: list[dict[str, Any]] = json.loads(self("container", "inspect", container))
        return found[0]

    def has(self, image: str) -> bool:
        """Say whether an image is there."""
        return self("images", "--quiet", f"localhost/{image}") != ""

    def build(self, image: str, file: Path, context: Path, *more: str) -> None:
        """Build an image and give it its name."""
        here = ("--network", "host", "--pull=never", "--format", "docker", *registries())
        name = f"localhost/{image}"
        self("build", "--quiet", *here, *more, "--tag", name, "--file", str(file), str(context))


def laid_out() -> Engine:
    """Give an engine whose images and containers are the tests' own."""
    PLACE.mkdir(exist_ok=True)
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    limits = f'["nofile={files}:{files}", "nproc=4096:4096"]'  # no more than is ours to give
    # An older way to lay out control groups, both versions at once, is not every runtime's.
    runtime = "runc" if Path("/sys/fs/cgroup/unified").exists() else "crun"
    (PLACE / "containers.conf").write_text(
        f'[engine]\nruntime = "{runtime}"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
        f"[containers]\ndefault_ulimits = {limits}\n"
    )
    (PLACE / "storage.conf").write_text(
        f'[storage]\ndriver = "overlay"\ngraphroot = "{PLACE}/images"\nrunroot = "{PLACE}/run"\n'
    )
    return Engine(
        {
            **{name: value for name, value in os.environ.items() if not _is_ours(name)},
            "PATH": f"{os.environ.get('PATH', '')}:{PLACES}",
            "CONTAINERS_CONF": str(PLACE / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(PLACE / "storage.conf"),
            "DISABLE_HC_SYSTEMD": "true",  # health is asked by the tests, by no timer of systemd's
        }
    )


def _is_ours(name: str) -> bool:
    return name.startswith("BOTFLEET_")


def stand_in(engine: Engine) -> None:
    """Lay out what the deployment's files build on and start, once."""
    if not engine.has(DEBIAN):
        tar = PLACE / "debian.tar"
        command = ["mmdebstrap", "--variant=minbase", "--include=ca-certificates", "bookworm"]
        subprocess.run([*command, str(tar)], env=engine.env, check=True, capture_output=True)
        engine("import", str(tar), f"localhost/{DEBIAN}")
        tar.unlink()
    for name, image in NAMES.items():
        if not engine.has(image):
            engine.build(image, STAND_INS / f"{name}.Dockerfile", STAND_INS)


def registries() -> list[str]:
    """Give what lets pip in a build ask where pip here asks: its settings, and what they name."""
    asking = f"{sys.executable} -m pip config list || pip3 config list"
    told = subprocess.run(["sh", "-c", asking], capture_output=True, text=True, check=False).stdout
    settings = dict(re.findall(r"^(?:global|:env:)\.([a-z-]+)='(.+)'$", told, re.MULTILINE))
    file = PLACE / "pip.conf"
    file.write_text("[global]\n" + "".join(f"{name} = {one}\n" for name, one in settings.items()))
    words = " ".join(settings.values()).replace("file://", "").split()
    paths = {path for path in map(Path, words) if path.is_absolute() and path.exists()}
    places = sorted({path.parent if path.name == "simple" else path for path in paths})
    return [f"--secret=id=pip,src={file}", *(f"--volume={one}:{one}:ro" for one in places)]
