"""Orders: their life, their price ladder and their fills."""
