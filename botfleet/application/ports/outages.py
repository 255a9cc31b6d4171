"""What the fleet needs where a broker does not answer: that those who decide know it, unasked."""

from typing import Protocol


class Outages(Protocol):
    """Told by whoever calls brokers; what cannot be written is told again by the next failure."""

    def begin(self, broker: str, wait_s: float) -> None:
        """The broker is not called for so many real seconds: until then nothing is opened there."""
        ...

    def end(self, broker: str) -> None:
        """The broker answers again."""
        ...

    def lasting(self) -> tuple[str, ...]:
        """Name the brokers that are not called just now."""
        ...
