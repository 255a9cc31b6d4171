"""What owners write beside bots, of what they want to be told outside, and what made a bot."""

from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Give bots their descriptions; `made_by` names the request that cloned one."""
    op.execute(
        """ALTER TABLE bots ADD COLUMN icon text NOT NULL DEFAULT '',
           ADD COLUMN group_name text NOT NULL DEFAULT '',
           ADD COLUMN notes text NOT NULL DEFAULT '',
           ADD COLUMN alerts jsonb NOT NULL DEFAULT '["open", "close", "warning", "error"]',
           ADD COLUMN made_by uuid"""
    )
