"""A RabbitMQ of a test's own: one node on loopback, gone with everything it wrote."""

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGTERM

from botfleet.adapters.system.ports import accepts, choose
from botfleet.adapters.system.servers import stop
from tests.deploy.needs import PLACES, need

#: Debian's own starter would run it as another user, in a place of the system's.
SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


@contextmanager
def rabbitmq(home: Path) -> Iterator[str]:
    """Give the URL of a RabbitMQ that serves, or skip the test where there is none."""
    epmd, _ = need("epmd", "rabbitmq-server")
    amqp, names, distribution = choose([0, 0, 0], near=secrets.token_hex(2))
    password = secrets.token_hex(16)
    env = {
        "HOME": str(laid_out(home, amqp, password)),
        "PATH": PLACES,
        "LANG": "C.UTF-8",
        "RABBITMQ_NODENAME": f"botfleet{amqp}@localhost",
        "RABBITMQ_BASE": str(home),
        "RABBITMQ_MNESIA_BASE": str(home / "data"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq"),
        "RABBITMQ_CONF_ENV_FILE": os.devnull,
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
        "RABBITMQ_PID_FILE": str(home / "pid"),
        "RABBITMQ_DIST_PORT": str(distribution),
        "ERL_EPMD_PORT": str(names),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
    }
    with (
        running([epmd, "-port", str(names), "-address", "127.0.0.1"], names, env, home / "epmd"),
        running([str(SERVER)], amqp, env, home / "node"),
    ):
        yield f"amqp://botfleet:{password}@127.0.0.1:{amqp}//"


def laid_out(home: Path, port: int, password: str) -> Path:
    """Write down how the node is to run; give its home."""
    home.mkdir()
    settings = {
        "listeners.tcp.1": f"127.0.0.1:{port}",
        "default_user": "botfleet",
        "default_pass": password,
        "vm_memory_high_watermark.relative": "0.2",
        "disk_free_limit.absolute": "50MB",
    }
    lines = (f"{name} = {value}\n" for name, value in settings.items())
    (home / "rabbitmq.conf").write_text("".join(lines))
    return home


@contextmanager
def running(command: list[str], port: int, env: dict[str, str], log: Path) -> Iterator[None]:
    """Run a server, answering at `port`, for as long as the context lasts."""
    with log.open("wb") as said:
        process = subprocess.Popen(command, env=env, cwd=log.parent, stdout=said, stderr=said)
    try:
        while not accepts(port):
            assert process.poll() is None, log.read_text()[-3000:]
        yield
    finally:
        stop(process, SIGTERM, grace_s=30)
