"""What options at the money implied at each session's end: the history ranks are taken from."""

from alembic import op

revision = "0008"
down_revision = "0007"

_VOLATILITIES = """
CREATE TABLE volatilities (
    symbol      text NOT NULL,
    day         date NOT NULL,
    value       double precision NOT NULL CHECK (value > 0),    -- a year, over 30 days
    PRIMARY KEY (symbol, day)
)
"""


def upgrade() -> None:
    """Give daily volatilities their table."""
    op.execute(_VOLATILITIES)
