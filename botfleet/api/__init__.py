"""The HTTP door: /v1 for users, each with a bearer token and only their own things in sight."""
