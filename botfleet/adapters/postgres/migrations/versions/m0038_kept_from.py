"""From when on days are kept: what was taken away of those before was not forgotten."""

from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    """Let the fleet know what it took away."""
    op.execute("ALTER TABLE fleet ADD COLUMN kept_from timestamptz")  # market time; null: all
