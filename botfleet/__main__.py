"""The command line as a module: `python -m botfleet`."""

from botfleet.cli.main import main

if __name__ == "__main__":
    main()
