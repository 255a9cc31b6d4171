"""What an owner writes beside a bot, and of what of it the owner wants to be told outside.

None of it changes what a bot does. A part that is None was not said: it stays as it was. A bot's
tags are those that its trees give and ask for (see `memory`); written here they replace them all.
"""

from dataclasses import dataclass, fields, replace

from botfleet.domain.bots.mishaps import Level

#: The flags of a bot (spec 5.1). What a bot asks, and what a tree tells, is always sent on.
ALERTS = (Level.OPEN, Level.CLOSE, Level.WARNING, Level.ERROR)
ICON_CHARACTERS_MAX, GROUP_CHARACTERS_MAX, NOTES_CHARACTERS_MAX = 8, 40, 2_000


@dataclass(frozen=True, slots=True)
class Description:
    """A bot's icon, group, notes and tags, and its flags among `ALERTS`; text, never markup."""

    icon: str | None = None
    group: str | None = None
    notes: str | None = None
    tags: tuple[str, ...] | None = None
    alerts: tuple[Level, ...] | None = None

    def __bool__(self) -> bool:
        """Say whether anything is said."""
        return self != UNSAID

    def over(self, before: "Description") -> "Description":
        """Give what stands once this is said of what stood as `before`."""
        said = {one.name: getattr(self, one.name) for one in fields(self)}
        return replace(before, **{name: value for name, value in said.items() if value is not None})


UNSAID = Description()
#: What stands of a bot of which nothing was said.
USUAL = Description("", "", "", (), ALERTS)
