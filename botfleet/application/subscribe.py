"""Subscribe: keep a channel an owner wants to be told by; its address is sealed and never shown."""

from collections.abc import Collection
from dataclasses import dataclass

from botfleet.application.ports.channels import ChannelLine, Channels, Notifier
from botfleet.application.ports.clock import Clock
from botfleet.domain.bots.mishaps import Level
from botfleet.domain.ids import UserId
from botfleet.errors import BadInput, Refusal

NAME_CHARACTERS_MAX = 40


@dataclass(frozen=True, slots=True)
class Subscribe:
    """What keeping and trying channels takes."""

    channels: Channels
    notifier: Notifier
    clock: Clock

    def subscribe(
        self, user: UserId, name: str, url: str, levels: Collection[Level]
    ) -> ChannelLine:
        """Keep a channel, or replace the one of its name; give it as it is listed.

        Raises:
            BadInput: the name is none, nothing is to be told, or the address may not be used.
            Refusal: nothing here can carry it, or there are as many as may be.
        """
        if not (name.isprintable() and 0 < len(name.strip()) <= NAME_CHARACTERS_MAX):
            raise BadInput(f"A channel's name has 1 to {NAME_CHARACTERS_MAX} visible characters.")
        if not levels:
            raise BadInput(f"Say of what it is told: {', '.join(Level)}.")
        scheme = self.notifier.scheme_of(url)
        told = {level.value for level in levels}
        self.channels.add(user, name, scheme, url, told, self.clock.now())
        return next(one for one in self.channels.lines(user) if one.name == name)

    def test(self, user: UserId, name: str) -> None:
        """Send a word to a channel now.

        Raises:
            NotFound: there is no such channel.
            Refusal: it was not taken.
        """
        address = self.channels.address(user, name)
        failure = self.notifier.send(address, "botfleet", "This is a test.")
        if failure:
            raise Refusal(f"{name}: {failure}")
