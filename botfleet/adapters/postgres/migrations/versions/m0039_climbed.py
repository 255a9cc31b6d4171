"""When the database's turns were counted last: a fleet that was away compares every account."""

from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    """Remember it, by the server's clock."""
    op.execute("ALTER TABLE fleet ADD COLUMN climbed_real timestamptz")
