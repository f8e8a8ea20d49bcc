"""The key service has lanes of its own, since it appends while its caller's act waits for it."""

from alembic import op

revision = "0032"
down_revision = "0029"

BY_PROCESS = "(pg_catalog.pg_backend_pid() % 32)::smallint"


def upgrade() -> None:
    # A caller's open transaction may hold its lane until the key service, which it asked, has appended too:
    # in one lane, each would wait for the other for good.
    op.execute(
        """
        CREATE FUNCTION audit.own_lane() RETURNS smallint
        LANGUAGE sql STABLE SET search_path = '' AS $$
          SELECT CASE session_user WHEN 'etterklang_keys'
                   THEN 24 + pg_catalog.pg_backend_pid() % 8
                   ELSE pg_catalog.pg_backend_pid() % 24 END::smallint
        $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION audit.own_lane() FROM PUBLIC")
    _exchange(BY_PROCESS, "audit.own_lane()")


def downgrade() -> None:
    _exchange("audit.own_lane()", BY_PROCESS)
    op.execute("DROP FUNCTION audit.own_lane()")


def _exchange(old: str, new: str) -> None:
    op.execute(
        f"""
        DO $$ DECLARE definition text; BEGIN
          FOR definition IN
            SELECT replace(pg_get_functiondef(oid), '{old}', '{new}') FROM pg_proc
            WHERE pronamespace = 'audit'::regnamespace AND proname IN ('append', 'append_all')
          LOOP
            EXECUTE definition;
          END LOOP;
        END $$
        """
    )
