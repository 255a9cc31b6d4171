"""Trades: legs, structures, theoretical opportunities, their price and their risk."""
