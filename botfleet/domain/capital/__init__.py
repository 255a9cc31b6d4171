"""The capital pool, the limits that guard it and the sizes drawn from it."""
