"""Market feeds: a recorded day, a simulated market, and a blend of feeds."""
