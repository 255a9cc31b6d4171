"""Decision trees: what they ask, how they branch, how they are written down."""
