"""Accounts' hours; the market's open and close events heed them, and no bot's interval."""

from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Give accounts hours; a bot's first scan no longer bounds when its open event comes."""
    op.execute(
        "ALTER TABLE accounts ADD COLUMN hours_begin time NOT NULL DEFAULT '09:40',"
        " ADD COLUMN hours_end_min int NOT NULL DEFAULT 10"
    )
    for table in ("events", "stints"):
        op.execute(f"ALTER TABLE {table} DROP COLUMN interval_min")
