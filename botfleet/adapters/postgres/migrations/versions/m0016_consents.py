"""When the owner of an account last logged in at its broker: some logins last so many days."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Give accounts that instant, real time."""
    op.execute(
        "ALTER TABLE accounts ADD COLUMN consented_real timestamptz NOT NULL"
        " DEFAULT clock_timestamp()"
    )
