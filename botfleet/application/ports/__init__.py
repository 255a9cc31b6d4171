"""What the verbs need of the world, one Protocol a file."""
