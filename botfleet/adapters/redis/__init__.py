"""Redis: the arbiter of capital, the shared clock and the bell that says work is done."""
