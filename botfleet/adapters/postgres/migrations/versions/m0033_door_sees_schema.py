"""A door may see which schema the database has: it waits for the one it was built for."""

from botfleet.adapters.postgres.migrations.fences import share

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Show it."""
    share("alembic_version")
