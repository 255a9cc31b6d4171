"""The adapters that are put to the proof. Add yours here; the sandbox must have its wire.

See docs/write-a-broker.md.
"""

from collections.abc import Mapping

from botfleet.adapters.brokers.brokers import DIALECTS
from botfleet.adapters.brokers.dialect import Dialect

BRANDS: Mapping[str, Dialect] = DIALECTS
