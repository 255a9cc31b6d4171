"""Ports: a chosen one is nobody else's to choose, though nothing listens there yet."""

import socket
import subprocess
import sys

import pytest

from botfleet.adapters.system.ports import choose
from botfleet.errors import BadInput

CHOOSE = "from botfleet.adapters.system.ports import choose; print(*choose([0, 0], near='one'))"


def chosen_elsewhere() -> list[int]:
    """Have another process choose, near the same place."""
    command = [sys.executable, "-c", CHOOSE]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    return [int(port) for port in told.stdout.split()]


def test_two_processes_that_choose_near_one_place_choose_different_ports() -> None:
    ours = choose([0, 0], near="one")
    assert set(ours).isdisjoint(chosen_elsewhere())
    assert choose([0, 0], near="one") == ours


def test_a_port_somebody_listens_at_is_not_chosen_and_refused_when_asked_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(BadInput, match=f"Port {port} is taken"):
            choose([port], near="one")
