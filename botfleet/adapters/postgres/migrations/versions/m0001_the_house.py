"""The first schema: users, seats, bots, pools, draws, positions, orders, work, runs."""

from importlib import resources

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Lay the house out."""
    here = resources.files("botfleet.adapters.postgres.migrations.versions")
    statements = (here / "0001_the_house.sql").read_text()
    op.get_bind().exec_driver_sql(statements)
