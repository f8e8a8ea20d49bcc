"""Checkpoints of the audit log: where each ended in every lane, and where it has been published."""

from alembic import op

revision = "0028"
down_revision = "0026"

LANES = 32


def upgrade() -> None:
    # What lies between the ends of one checkpoint and of the next, by lane and sequence, are the next leaves.
    op.execute(
        f"""
        CREATE TABLE audit.checkpoint (
          size bigint PRIMARY KEY CHECK (size > 0),
          lanes bigint[] NOT NULL CHECK (cardinality(lanes) = {LANES}),
          frontier bytea NOT NULL,
          root bytea NOT NULL,
          note text NOT NULL,
          made_at timestamptz NOT NULL
        )
        """
    )
    op.execute(
        """
        CREATE TABLE audit.publication (
          destination text PRIMARY KEY,
          size bigint NOT NULL DEFAULT 0,
          published_at timestamptz,
          attempts integer NOT NULL DEFAULT 0,
          retry_at timestamptz,
          failed_because text
        )
        """
    )
    # Hashes of entries and nothing else of them: enough for whoever makes the tree.
    op.execute(
        f"""
        CREATE FUNCTION audit.chained(after bigint[], up_to bigint[], most integer)
        RETURNS TABLE (lane smallint, sequence bigint, hash bytea)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
          SELECT e.lane, e.sequence, e.hash
          FROM pg_catalog.generate_series(0, {LANES - 1}) AS n
          CROSS JOIN LATERAL (
            SELECT a.lane, a.sequence, a.hash FROM audit.audit_entry a
            WHERE a.lane = n::smallint AND a.sequence > after[n + 1]
              AND (up_to IS NULL OR a.sequence <= up_to[n + 1])
            ORDER BY a.sequence LIMIT most
          ) e
          ORDER BY e.lane, e.sequence LIMIT most
        $$
        """
    )
    # Many entries of one act: one lock, one statement. Each is chained as audit.append would.
    op.execute(
        f"""
        CREATE FUNCTION audit.append_all(entries text[]) RETURNS bytea
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
        DECLARE
          mine smallint := (pg_catalog.pg_backend_pid() % {LANES})::smallint;
          known bigint; chained bytea; hashes bytea[]; entry text;
          before text := (extract(epoch FROM pg_catalog.now()) * 1000000)::bigint || ' ' || session_user || ' ';
        BEGIN
          SELECT h.sequence, h.hash INTO STRICT known, chained FROM audit.head h WHERE h.lane = mine FOR UPDATE;
          FOREACH entry IN ARRAY entries LOOP
            chained := pg_catalog.sha256(chained || pg_catalog.convert_to(before || entry, 'UTF8'));
            hashes := hashes || chained;
          END LOOP;
          UPDATE audit.head SET sequence = known + cardinality(entries), hash = chained WHERE lane = mine;
          INSERT INTO audit.audit_entry (lane, sequence, recorded_at, recorded_by, entry, hash)
          SELECT mine, known + one.n, pg_catalog.now(), session_user, one.e, one.h
          FROM ROWS FROM (pg_catalog.unnest(entries), pg_catalog.unnest(hashes)) WITH ORDINALITY AS one (e, h, n);
          RETURN chained;
        END $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION audit.chained(bigint[], bigint[], integer) FROM PUBLIC")
    op.execute("REVOKE ALL ON FUNCTION audit.append_all(text[]) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION audit.chained(bigint[], bigint[], integer) TO etterklang_worker")
    op.execute(
        "GRANT EXECUTE ON FUNCTION audit.append_all(text[]) TO "
        "etterklang_web, etterklang_worker, etterklang_keys, etterklang_research"
    )
    op.execute("GRANT SELECT, INSERT ON audit.checkpoint TO etterklang_worker")
    op.execute("GRANT SELECT, INSERT, UPDATE ON audit.publication TO etterklang_worker")


def downgrade() -> None:
    op.execute("DROP FUNCTION audit.append_all(text[])")
    op.execute("DROP FUNCTION audit.chained(bigint[], bigint[], integer)")
    op.execute("DROP TABLE audit.publication, audit.checkpoint")
