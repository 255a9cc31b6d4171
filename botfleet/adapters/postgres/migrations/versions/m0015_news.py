"""Notices at their place: by the transaction that wrote them, and their number."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Let notices be read in turns without missing one."""
    op.execute(
        "ALTER TABLE notices ADD COLUMN seq bigint GENERATED ALWAYS AS IDENTITY,"
        " ADD COLUMN tx xid8 NOT NULL DEFAULT pg_current_xact_id()"
    )
    op.execute("CREATE INDEX notices_of_user ON notices (user_id, tx, seq)")
    op.execute("CREATE INDEX notices_in_order ON notices (tx, seq)")
