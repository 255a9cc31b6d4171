"""Orders that were given up for want of a word, by account: their accounts go on being compared."""

from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    """Let them be found; there are few."""
    op.execute("""CREATE INDEX orders_given_up ON orders (account_id)
                  WHERE state = 'rejected' AND looks > 0""")
