"""Apprise: one URL names where a message goes and what it needs to get there.

Optional (`pip install botfleet[notify]`). A URL of a user's may make this machine call anything it
can reach, so only schemes on the operator's list are taken: as it stands, services whose address is
fixed. Whoever adds `mailtos` or `jsons` lets owners name hosts, and should watch what leaves.
Source: github.com/caronc/apprise, `Apprise.instantiate` and `Apprise.notify`.
"""

import re
from collections.abc import Collection
from importlib.util import find_spec

from botfleet.errors import BadInput, Refusal

_SCHEME = re.compile(r"([a-z][a-z0-9]{1,19})://.+", re.DOTALL)
_URL_CHARACTERS_MAX = 1_000


def is_installed() -> bool:
    """Say whether the extra is there."""
    return find_spec("apprise") is not None


class AppriseNotifier:
    """Keeps `botfleet.application.ports.channels.Notifier`."""

    def __init__(self, schemes: Collection[str]) -> None:
        self._schemes = frozenset(schemes)

    def scheme_of(self, url: str) -> str:
        """See the port."""
        found = _SCHEME.fullmatch(url) if url.isprintable() else None
        if found is None or len(url) > _URL_CHARACTERS_MAX:
            raise BadInput("That is no address of a channel; it begins like slack:// or discord://")
        scheme = found[1]
        if scheme not in self._schemes:
            allowed = ", ".join(sorted(self._schemes))
            raise BadInput(f"Channels of {scheme}:// are not allowed here; allowed are {allowed}.")
        if not is_installed():
            raise Refusal("The extra is not installed: pip install botfleet[notify]")
        from apprise import Apprise  # noqa: PLC0415  # optional, and slow to import

        if Apprise.instantiate(url, suppress_exceptions=True) is None:
            raise BadInput(f"That is no address {scheme}:// understands.")
        return scheme

    def send(self, url: str, title: str, body: str) -> str:
        """See the port."""
        try:
            self.scheme_of(url)
        except Refusal as why:
            return str(why)
        from apprise import Apprise  # noqa: PLC0415

        there = Apprise()
        there.add(url)
        return "" if there.notify(title=title, body=body) else "It was not taken."
