"""Plug together what changes bots that are there: their stores, and the written form of a file."""

from functools import cached_property

from botfleet.adapters.botfile import written
from botfleet.application.clone import Clone
from botfleet.application.describe import Describe
from botfleet.application.reorder import Reorder
from botfleet.stores import Stores


class Editor(Stores):
    """What owners do to their bots."""

    @cached_property
    def clone(self) -> Clone:
        """Making a bot after another."""
        return Clone(self.roster, self.journal, self.batches, self.clock, written)

    @cached_property
    def reorder(self) -> Reorder:
        """Putting a bot's lanes in another order."""
        return Reorder(self.roster, self.journal, self.batches, self.clock, written)

    @cached_property
    def describe(self) -> Describe:
        """Changing what stands beside a bot's trees."""
        return Describe(self.roster, self.journal, self.batches, written)
