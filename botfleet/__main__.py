"""`botfleet`, `python -m botfleet`: before there is anything to stop, Ctrl-C ends it wordlessly."""

import signal


def main() -> None:
    """Load the command line and run it."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from botfleet.cli.main import main as run  # noqa: PLC0415  # takes a while

    signal.signal(signal.SIGINT, handler)
    run()


if __name__ == "__main__":
    main()
