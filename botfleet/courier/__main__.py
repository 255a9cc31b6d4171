"""Run the courier as a process of the fleet: `python -m botfleet.courier`."""

import signal
import threading

from botfleet.adapters.telemetry.logs import configure
from botfleet.bootstrap import announce_ready
from botfleet.config import Settings
from botfleet.courier.standing import begin


def main() -> None:
    """Carry and count until told to stop."""
    settings = Settings.read()
    configure(settings)
    over = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: over.set())
    begin(settings)
    announce_ready()
    over.wait()


if __name__ == "__main__":
    main()
