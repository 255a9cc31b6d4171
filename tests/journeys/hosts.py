"""Hosts of a fleet's own: each its network, its disk, its processes and its name, on one machine.

A host is a network namespace on one bridge, and for every program it runs a mount namespace in
which the fleet's home and its sockets lie on a disk of that host alone, though the path is the same
everywhere. The one name that hosts know is `sandbox`. Where namespaces may not be made, tests say
so and are skipped.
"""

import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from botfleet.adapters.system.places import sockets_of

_CHUNK = 65_536
#: What a host does before it is itself: a name, two disks, and the key it may have been handed.
_BIRTH = """
set -e
echo "$NAME" > /proc/sys/kernel/hostname
mkdir -p "$HOST_HOME" "$SOCKETS"
mount -t tmpfs -o mode=0700 none "$HOST_HOME"
mount -t tmpfs -o mode=0700 none "$SOCKETS"
printf '127.0.0.1 localhost\n%s sandbox\n' "$GATE" > "$HOST_HOME/names"
mount --bind "$HOST_HOME/names" /etc/hosts
umask 077
cat > "$HOST_HOME/handed"
if test -s "$HOST_HOME/handed"; then mv "$HOST_HOME/handed" "$HOST_HOME/vault.json"; fi
exec "$@" < /dev/null
"""


@dataclass
class Network:
    """A bridge at 10.77.6.1, and hosts on it."""

    tag: str
    stack: ExitStack
    gate: str = "10.77.6.1"
    hosts: list[str] = field(default_factory=list)

    def host(self, name: str) -> str:
        """Make a host; give the name of its namespace."""
        place, wire = f"{self.tag}{name}", f"{self.tag}v{len(self.hosts)}"
        _ip("netns", "add", place)
        self.stack.callback(_ip, "netns", "del", place)
        _ip("link", "add", wire, "type", "veth", "peer", "name", "eth0", "netns", place)
        _ip("link", "set", wire, "master", f"{self.tag}b", "up")
        self.hosts.append(place)
        _ip("-n", place, "addr", "add", f"10.77.6.{len(self.hosts) + 1}/24", "dev", "eth0")
        for device in ("eth0", "lo"):
            _ip("-n", place, "link", "set", device, "up")
        return place

    def run(
        self,
        host: str,
        argv: list[str],
        env: Mapping[str, str],
        home: Path,
        *,
        key: bytes,
        log: Path,
    ) -> "subprocess.Popen[bytes]":
        """Run a program at a host, which is ended with the network; `key` is what it is handed."""
        apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--uts", "--mount-proc"]
        command = ["ip", "netns", "exec", host, *apart, "sh", "-c", _BIRTH, "sh", *argv]
        own = {
            "NAME": host,
            "HOST_HOME": str(home),
            "SOCKETS": str(sockets_of(home)),
            "GATE": self.gate,
        }
        with log.open("wb") as output:
            running = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=output, stderr=output, env={**env, **own}
            )
        assert running.stdin is not None
        with running.stdin as pipe:
            pipe.write(key)
        self.stack.callback(_end, running)
        return running

    def forward(self, target: "tuple[str, int] | str") -> int:
        """Let hosts reach a server of this machine at the bridge; give the port."""
        door = socket.create_server((self.gate, 0))
        self.stack.callback(door.close)
        threading.Thread(target=_serve, args=(door, target), daemon=True).start()
        port: int = door.getsockname()[1]
        return port


@contextmanager
def network() -> Iterator[Network]:
    """Have a network for as long as the context lasts, or skip the test and say why."""
    for program in ("ip", "unshare"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed here")
    if os.geteuid() != 0:
        pytest.skip("only root may make hosts of their own here")
    tag = f"bf{os.getpid() % 100_000}"
    with ExitStack() as stack:
        try:
            _ip("link", "add", f"{tag}b", "type", "bridge")
            stack.callback(_ip, "link", "del", f"{tag}b")
            made = Network(tag, stack)
            _ip("addr", "add", f"{made.gate}/24", "dev", f"{tag}b")
            _ip("link", "set", f"{tag}b", "up")
            made.host("try")
            subprocess.run(["unshare", "--mount", "--pid", "--fork", "--uts", "true"], check=True)
        except subprocess.CalledProcessError as error:
            pytest.skip(f"no namespaces here: {error}")
        yield made


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def _end(running: "subprocess.Popen[bytes]") -> None:
    running.send_signal(signal.SIGKILL)  # its host dies with it
    running.wait()


def _serve(door: socket.socket, target: "tuple[str, int] | str") -> None:
    with suppress(OSError):
        while True:
            near, _ = door.accept()
            family = socket.AF_UNIX if isinstance(target, str) else socket.AF_INET
            far = socket.socket(family, socket.SOCK_STREAM)
            far.connect(target)
            for pair in ((near, far), (far, near)):
                threading.Thread(target=_pour, args=pair, daemon=True).start()


def _pour(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError), closing(sink):
        while some := source.recv(_CHUNK):
            sink.sendall(some)
