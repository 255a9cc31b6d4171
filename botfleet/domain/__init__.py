"""Nouns: frozen values and the rules a trader would state. No I/O, clock, randomness or logging."""
