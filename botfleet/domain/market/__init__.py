"""The market: sessions, instruments, quotes, chains and indicators."""
