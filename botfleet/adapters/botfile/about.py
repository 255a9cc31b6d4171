"""What stands beside a bot's trees in its file: icon, group, notes, tags, alerts."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from botfleet.adapters.botfile.actions import TAGS_MAX
from botfleet.adapters.botfile.fields import Tag, optional_text
from botfleet.adapters.botfile.trades import Strict, refuse
from botfleet.domain.bots.description import (
    ALERTS,
    GROUP_CHARACTERS_MAX,
    ICON_CHARACTERS_MAX,
    NOTES_CHARACTERS_MAX,
    USUAL,
    Description,
)
from botfleet.domain.bots.mishaps import Level

Icon = Annotated[str, optional_text(ICON_CHARACTERS_MAX)]
Group = Annotated[str, optional_text(GROUP_CHARACTERS_MAX)]
Notes = Annotated[str, optional_text(NOTES_CHARACTERS_MAX, lines=True)]
Alert = Literal["open", "close", "warning", "error"]


class AboutModel(Strict):
    """What is not said stays as it was."""

    icon: Icon | None = None
    group: Group | None = None
    notes: Notes | None = None
    tags: list[Tag] | None = Field(default=None, max_length=TAGS_MAX)
    alerts: list[Alert] | None = None

    @model_validator(mode="after")
    def _says_each_once(self) -> "AboutModel":
        for name, said in (("tags", self.tags), ("alerts", self.alerts)):
            if said is not None and len(set(said)) < len(said):
                refuse([(name, "must name each once")])
        return self

    @property
    def description(self) -> Description:
        """Give it as the domain has it."""
        alerts = None
        if self.alerts is not None:
            chosen = {Level(one) for one in self.alerts}
            alerts = tuple(one for one in ALERTS if one in chosen)
        tags = None if self.tags is None else tuple(self.tags)
        return Description(self.icon, self.group, self.notes, tags, alerts)


def plain_about(description: Description) -> dict[str, Any]:
    """Give the plain data of what was said and is not as it would be anyway."""
    written: dict[str, Any] = {}
    for name in ("icon", "group", "notes", "tags", "alerts"):
        value = getattr(description, name)
        if value is not None and value != getattr(USUAL, name):
            written[name] = [str(one) for one in value] if isinstance(value, tuple) else value
    return written
