"""Deliveries come back from carriers that died; asks go with their days."""

from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Find what is on its way by when its carrier's time is over, and asks by when they lapsed."""
    op.execute("DROP INDEX deliveries_due")
    op.execute(
        "CREATE INDEX deliveries_due ON deliveries (next_real) WHERE state IN ('due', 'sending')"
    )
    op.create_index("asks_lapsing", "asks", ["lapses_at"])
