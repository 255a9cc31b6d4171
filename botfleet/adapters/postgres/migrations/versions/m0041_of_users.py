"""A user's accounts, and logins under way, are found by the user: at every request, too."""

from alembic import op

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    """Let nobody read everybody's to find one's own."""
    op.create_index("accounts_of_user", "accounts", ["user_id", "account_id"])
    op.create_index("consents_of_user", "consents", ["user_id", "asked_at"])
