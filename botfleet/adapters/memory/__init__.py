"""The in-process brands: first-class, for tests and tools of one process."""
