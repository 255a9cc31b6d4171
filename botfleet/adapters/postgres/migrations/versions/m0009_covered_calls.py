"""Which shares cover a sold call, and how many of them are promised to calls."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Give positions their cover, and shares what of them is promised."""
    op.execute(
        "ALTER TABLE positions ADD COLUMN covered_by uuid,"
        " ADD COLUMN promised int NOT NULL DEFAULT 0 CHECK (promised >= 0)"
    )
