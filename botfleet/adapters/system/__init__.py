"""The operating system: processes, the servers we carry with us, the clock."""
