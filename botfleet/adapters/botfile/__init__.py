"""Bot files: the one written form of a bot, in YAML or JSON (version 1 of the format).

`read` and `parse` accept only a whole and faultless bot; `write` and `read` are inverse, and so are
the stored form's `dump` and `load`.
"""

from botfleet.adapters.botfile.exits import plain_exits
from botfleet.adapters.botfile.lint import idle, outside, over, warnings
from botfleet.adapters.botfile.reading import (
    faults_of,
    load,
    parse,
    read,
    read_about,
    read_event,
    read_exits,
    read_name,
)
from botfleet.adapters.botfile.schema import schema
from botfleet.adapters.botfile.writing import dump, plain, version, write, written

__all__ = [
    "dump",
    "faults_of",
    "idle",
    "load",
    "outside",
    "over",
    "parse",
    "plain",
    "plain_exits",
    "read",
    "read_about",
    "read_event",
    "read_exits",
    "read_name",
    "schema",
    "version",
    "warnings",
    "write",
    "written",
]
