"""The metronome: what rings, and who rings it."""
