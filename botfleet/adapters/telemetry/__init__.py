"""Telemetry: what the fleet says of itself, as log lines and as numbers."""
