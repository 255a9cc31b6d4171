"""Which builds may serve this schema: of `oldest` and later; steps that take away raise it."""

from alembic import op

from botfleet.adapters.postgres.migrations.fences import share

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Begin with this one: the builds before it do not look."""
    op.execute("CREATE TABLE served_schemas (oldest text NOT NULL)")
    op.execute("CREATE UNIQUE INDEX served_schemas_one ON served_schemas ((true))")
    op.execute("INSERT INTO served_schemas VALUES ('0031')")
    share("served_schemas")
