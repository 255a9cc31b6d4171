"""Rows fenced by user, and the two roles: the fleet's, who sees all, and a door's."""

from alembic import op

from botfleet.adapters.postgres.migrations.fences import DOOR, FLEET, OWN, WHO, fence, lend, share
from botfleet.errors import BadInput

revision = "0023"
down_revision = "0022"

_MISSING = "SELECT name FROM unnest(ARRAY['{}', '{}']) AS v(name) WHERE to_regrole(name) IS NULL"
_MAY_MAKE = "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
_IS_MEMBER = "SELECT pg_has_role(current_user, '{}', 'USAGE')"

#: What of a user's a door may only look at, and what it may change.
_SEEN = "users seats runs breaks order_events"
_MADE = {
    "accounts": "SELECT, INSERT, UPDATE",
    "consents": "SELECT, INSERT, DELETE",
    "bots": "SELECT, INSERT, UPDATE",
    "pools": "SELECT, INSERT, UPDATE",
    "draws": "SELECT, UPDATE",
    "entries": "SELECT, INSERT",
    "positions": "SELECT, UPDATE",
    "orders": "SELECT, UPDATE",
    "notices": "SELECT, INSERT",
    "memories": "SELECT, INSERT, UPDATE, DELETE",
    "presets": "SELECT, INSERT, UPDATE, DELETE",
    "passes": "SELECT, INSERT, UPDATE",
    "events": "SELECT, INSERT, UPDATE, DELETE",
    "asks": "SELECT, UPDATE",
    "hooks": "SELECT, INSERT, UPDATE, DELETE",
    "channels": "SELECT, INSERT, UPDATE, DELETE",
}
_SHARED = ("pods", "fleet", "calendar_changes", "volatilities")

#: Whose hand a definition has been in: it is kept once, however many users wrote the same.
_AUTHORS = """
CREATE TABLE authors (
    user_id     uuid NOT NULL,
    version     text NOT NULL REFERENCES definitions ON DELETE CASCADE,
    PRIMARY KEY (user_id, version)
)
"""
_AUTHORED = """
INSERT INTO authors SELECT user_id, version FROM bots UNION SELECT user_id, version FROM runs
WHERE version IN (SELECT version FROM definitions)
"""
_SIGN = """
CREATE FUNCTION sign_definition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO authors VALUES (NEW.user_id, NEW.version) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$
"""
_SIGNED = """
CREATE TRIGGER sign AFTER INSERT OR UPDATE OF version ON bots
FOR EACH ROW EXECUTE FUNCTION sign_definition()
"""

_MINE = "EXISTS (SELECT FROM {0} m WHERE m.{1} = {2}.{1})"
_BY_BOTS = "EXISTS (SELECT FROM bots b WHERE b.bot_id = ANY (work.bots))"
_ALL_BOTS = """(SELECT count(*) FROM bots b WHERE b.bot_id = ANY (work.bots))
    = cardinality(work.bots)"""
_SUBJECT = f"""(subject = {WHO} OR EXISTS (SELECT FROM accounts a WHERE a.account_id = subject)
    OR EXISTS (SELECT FROM bots b WHERE b.bot_id = subject))"""
_WRITTEN = f"EXISTS (SELECT FROM authors a WHERE a.version = definitions.version AND a.{OWN})"

#: What must be known before it is known who asks: each gives the one thing, to whom has its key.
_LOOKS = (
    """
    CREATE FUNCTION who_has(token bytea) RETURNS TABLE (user_id uuid, name text, pod int,
        instance int, account_id uuid) LANGUAGE sql STABLE SECURITY DEFINER
    BEGIN ATOMIC
        SELECT u.user_id, u.name, s.pod, s.instance,
               (SELECT a.account_id FROM accounts a WHERE a.user_id = u.user_id ORDER BY 1 LIMIT 1)
        FROM users u LEFT JOIN seats s USING (user_id) WHERE u.token_hash = token;
    END
    """,
    """
    CREATE FUNCTION whose_hook(hook uuid) RETURNS TABLE (user_id uuid, name text, sealed bytea)
    LANGUAGE sql STABLE SECURITY DEFINER
    BEGIN ATOMIC
        SELECT h.user_id, h.name, h.sealed FROM hooks h WHERE h.hook_id = hook;
    END
    """,
    """
    CREATE FUNCTION count_hook_call(hook uuid, most int) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER
    BEGIN ATOMIC
        WITH counted AS (
            UPDATE hooks SET minute_real = date_trunc('minute', clock_timestamp()),
                calls = CASE WHEN minute_real = date_trunc('minute', clock_timestamp())
                             THEN calls + 1 ELSE 1 END
            WHERE hook_id = hook
              AND (calls < most OR minute_real < date_trunc('minute', clock_timestamp()))
            RETURNING 1
        ) SELECT EXISTS (SELECT FROM counted);
    END
    """,
    """
    CREATE FUNCTION who_has_news(after_tx xid8, after_seq bigint) RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER
    BEGIN ATOMIC
        SELECT array_agg(DISTINCT n.user_id) FROM notices n
        WHERE (n.tx, n.seq) > (after_tx, after_seq)
          AND n.tx < pg_snapshot_xmin(pg_current_snapshot());
    END
    """,
    """
    CREATE FUNCTION cut_off_senders() RETURNS bigint LANGUAGE sql VOLATILE SECURITY DEFINER
    BEGIN ATOMIC
        SELECT count(pg_terminate_backend(l.pid)) FROM pg_locks l
        WHERE l.locktype = 'advisory' AND l.classid = 51 AND l.objid = 0 AND l.granted
          AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database());
    END
    """,
)
_LENT = (
    "who_has(bytea)",
    "whose_hook(uuid)",
    "count_hook_call(uuid, int)",
    "who_has_news(xid8, bigint)",
    "cut_off_senders()",
)


def upgrade() -> None:
    """Make the roles where they are missing, then fence every table."""
    _make_roles()
    op.execute(f"ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO {FLEET}")
    op.execute(_AUTHORS)
    op.execute(_AUTHORED)
    op.execute(_SIGN)
    op.execute(_SIGNED)
    for table in _SEEN.split():
        fence(table)
    for table, verbs in _MADE.items():
        fence(table, verbs)
    for table in _SHARED:
        share(table)
    _fence_the_rest()
    for function in _LOOKS:
        op.execute(function)
    for name in _LENT:
        lend(name)


def _fence_the_rest() -> None:
    """Fence what names its owner only by way of something else."""
    fence("authors", "SELECT, INSERT")
    fence("definitions", "SELECT, INSERT", own=_WRITTEN, check="true")
    fence("work", "SELECT, INSERT, UPDATE", own=_BY_BOTS, check=_ALL_BOTS)
    fence("facts", own=_MINE.format("work", "work_id", "facts"))
    fence("fills", own=_MINE.format("orders", "order_id", "fills"))
    fence("symbol_uses", own=_MINE.format("bots", "bot_id", "symbol_uses"))
    mishap = _MINE.format("bots", "bot_id", "mishaps")
    fence("mishaps", "SELECT, INSERT, UPDATE", own=mishap)
    call = _MINE.format("hooks", "hook_id", "hook_calls")
    fence("hook_calls", "SELECT, INSERT, DELETE", own=call)
    fence("deliveries", own=_MINE.format("channels", "channel_id", "deliveries"))
    own = f"{_SUBJECT} AND held_by <> 'operator'"
    fence("switches", "SELECT, INSERT, UPDATE, DELETE", own=own)
    seen = f"scope = 'fleet' OR {_SUBJECT}"
    op.execute(f"CREATE POLICY door_sees ON switches FOR SELECT TO {DOOR} USING ({seen})")


def _make_roles() -> None:
    bind = op.get_bind()
    missing = bind.exec_driver_sql(_MISSING.format(FLEET, DOOR)).scalars().all()
    if missing and not bind.exec_driver_sql(_MAY_MAKE).scalar_one():
        raise BadInput(
            f"This login may not make the roles {' and '.join(missing)}: have an administrator run"
            " deploy/postgres/roles.sql, then migrate again."
        )
    for role in missing:
        op.execute(f"CREATE ROLE {role} NOLOGIN")
        op.execute(f"GRANT {role} TO CURRENT_USER")
    if not bind.exec_driver_sql(_IS_MEMBER.format(FLEET)).scalar_one():
        raise BadInput(
            f"This login is no member of {FLEET}: have an administrator run"
            " deploy/postgres/roles.sql, then migrate again."
        )
