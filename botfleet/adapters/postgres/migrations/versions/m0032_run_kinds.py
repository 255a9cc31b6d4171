"""Of which kind each run was, and whether it was a warning or an error: the log is read by them."""

from alembic import op

revision = "0032"
down_revision = "0031"

#: What was known of runs so far; an event is told from a call by its trigger.
_KINDS = """
UPDATE runs r SET
    kind = CASE WHEN a.one ? 'trigger' AND jsonb_typeof(a.one->'trigger') = 'object'
                     AND a.one->'trigger' ? 'webhook' THEN 'webhook' ELSE a.one->>'lane' END,
    level = CASE WHEN r.outcome IN ('no_trade:E1', 'no_trade:E2', 'refused:symbols',
                                    'refused:overlap') THEN 'error'
                 WHEN split_part(r.outcome, ':', 1) IN ('no_data', 'no_trade', 'refused', 'vetoed')
                     AND r.outcome <> 'no_trade:G1' THEN 'warning' ELSE '' END
FROM (SELECT version, n - 1 AS automation, one FROM definitions
      CROSS JOIN jsonb_array_elements(body::jsonb->'automations') WITH ORDINALITY AS v(one, n)) a
WHERE a.version = r.version AND a.automation = r.automation
"""


def upgrade() -> None:
    """Let runs be listed by kind and level without reading their definitions."""
    op.execute(
        "ALTER TABLE runs ADD COLUMN kind text NOT NULL DEFAULT '',"  # scanner, repeating ...
        " ADD COLUMN level text NOT NULL DEFAULT ''"  # warning, error
    )
    op.execute(_KINDS)
