"""The audit log: hash chains that only a function can append to, in the transaction of the act itself."""

from alembic import op

revision = "0002"
down_revision = "0001"

LANES = 32


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE audit.head (
          lane smallint PRIMARY KEY,
          sequence bigint NOT NULL,
          hash bytea NOT NULL
        )
        """
    )
    op.execute(
        f"INSERT INTO audit.head SELECT lane, 0, sha256(('etterklang audit lane ' || lane)::bytea) "
        f"FROM generate_series(0, {LANES - 1}) AS lane"
    )
    op.execute(
        """
        CREATE TABLE audit.audit_entry (
          lane smallint NOT NULL,
          sequence bigint NOT NULL,
          recorded_at timestamptz NOT NULL,
          recorded_by text NOT NULL,
          entry text NOT NULL,
          hash bytea NOT NULL,
          PRIMARY KEY (lane, sequence, recorded_at)
        ) PARTITION BY RANGE (recorded_at)
        """
    )
    op.execute("CREATE TABLE audit.audit_entry_rest PARTITION OF audit.audit_entry DEFAULT")
    # A connection keeps to one lane, so that two appends in one transaction cannot deadlock with another's,
    # and sixteen clients do not queue behind one chain head. Time and role are the database's own word and
    # part of what is hashed: whoever may append cannot write in another's name.
    op.execute(
        f"""
        CREATE FUNCTION audit.append(entry text) RETURNS bytea
        LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
          WITH head AS (
            UPDATE audit.head
               SET sequence = sequence + 1,
                   hash = pg_catalog.sha256(hash || pg_catalog.convert_to(
                     (extract(epoch FROM pg_catalog.now()) * 1000000)::bigint || ' ' || session_user || ' ' || entry,
                     'UTF8'))
             WHERE lane = (pg_catalog.pg_backend_pid() % {LANES})::smallint
            RETURNING lane, sequence, hash
          )
          INSERT INTO audit.audit_entry (lane, sequence, recorded_at, recorded_by, entry, hash)
          SELECT lane, sequence, pg_catalog.now(), session_user, entry, hash FROM head
          RETURNING hash
        $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION audit.append(text) FROM PUBLIC")
    op.execute(
        "GRANT EXECUTE ON FUNCTION audit.append(text) TO "
        "etterklang_web, etterklang_worker, etterklang_keys, etterklang_research"
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION audit.append(text)")
    op.execute("DROP TABLE audit.audit_entry, audit.head")
