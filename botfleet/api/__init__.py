"""The HTTP door: what users and their pages may ask and do."""
