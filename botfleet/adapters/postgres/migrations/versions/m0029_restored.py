"""How far the database has come, what is restored, and which brokers do not answer."""

from alembic import op

from botfleet.adapters.postgres.migrations.fences import share

revision = "0029"
down_revision = "0028"

_BROKERS = """
CREATE TABLE brokers (
    name        text PRIMARY KEY,
    down_until  timestamptz NOT NULL         -- real time: until then nobody calls it
)
"""


def upgrade() -> None:
    """Let the fleet see that it was restored, and batches that a broker is down."""
    op.execute(
        "ALTER TABLE fleet ADD COLUMN height bigint NOT NULL DEFAULT 0,"
        " ADD COLUMN restored_at timestamptz"
    )
    op.execute("ALTER TABLE passes ADD COLUMN is_restored boolean NOT NULL DEFAULT false")
    op.execute(_BROKERS)
    share("brokers")
