"""Apprise: one URL names where a message goes and what it needs to get there.

Optional (`pip install botfleet[notify]`). A URL of a user's may make this machine call anything it
can reach, so only schemes on the operator's list are taken: as it stands, services whose address is
fixed. Whoever adds `mailtos` or `jsons` lets owners name hosts, and should watch what leaves.
What a URL asks for besides may reach as far (`template` is a file or a URL this machine reads,
`rto` how long it waits), so only what says how a message looks, and to whom it goes, is taken. A
text of several addresses is none, and where an answer leads elsewhere nothing follows.
Source: github.com/caronc/apprise, `Apprise.instantiate`, `URLBase.parse_url`, `Apprise.notify`.
"""

import re
from collections.abc import Collection
from importlib.util import find_spec
from typing import Any

from botfleet.errors import BadInput, Refusal

_SCHEME = re.compile(r"([a-z][a-z0-9]{1,19})://.+", re.DOTALL)
_URL_CHARACTERS_MAX = 1_000
#: What a URL may ask for.
_ASKED = frozenset(
    {
        *("to", "from", "name", "cc", "bcc", "reply", "topic", "thread", "smtp", "mode"),
        *("format", "overflow", "image", "footer", "preview", "priority", "silent", "sound", "tts"),
    }
)


def is_installed() -> bool:
    """Say whether the extra is there."""
    return find_spec("apprise") is not None


class AppriseNotifier:
    """Keeps `botfleet.application.ports.channels.Notifier`."""

    def __init__(self, schemes: Collection[str]) -> None:
        self._schemes = frozenset(schemes)

    def scheme_of(self, url: str) -> str:
        """See the port."""
        return self._opened(url)[0]

    def send(self, url: str, title: str, body: str) -> str:
        """See the port."""
        try:
            _, channel = self._opened(url)
        except Refusal as why:
            return str(why)
        from apprise import Apprise  # noqa: PLC0415

        there = Apprise()
        there.add(channel)
        return "" if there.notify(title=title, body=body) else "It was not taken."

    def _opened(self, url: str) -> tuple[str, Any]:
        """Give an address's scheme and what carries messages there."""
        scheme = self._allowed(url)
        if not is_installed():
            raise Refusal("The extra is not installed: pip install botfleet[notify]")
        from apprise import Apprise, AppriseAsset, URLBase  # noqa: PLC0415  # optional, and slow

        parsed = URLBase.parse_url(url, verify_host=False)  # type: ignore[no-untyped-call]
        unknown = sorted(parsed["qsd"].keys() - _ASKED) if parsed else []
        if unknown:
            raise BadInput(f"An address may not ask for {', '.join(unknown)}.")
        asset = AppriseAsset(http_redirects=False)
        channel = Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
        if channel is None:
            raise BadInput(f"That is no address {scheme}:// understands.")
        return scheme, channel

    def _allowed(self, url: str) -> str:
        found = _SCHEME.fullmatch(url) if url.isprintable() else None
        if found is None or len(url) > _URL_CHARACTERS_MAX:
            raise BadInput("That is no address of a channel; it begins like slack:// or discord://")
        if url.count("://") > 1:
            raise BadInput("A channel has one address.")
        if found[1] not in self._schemes:
            allowed = ", ".join(sorted(self._schemes))
            raise BadInput(
                f"Channels of {found[1]}:// are not allowed here; allowed are {allowed}."
            )
        return found[1]
