"""A small exchange and broker in one HTTP service, with the wire shapes of a retail broker."""
