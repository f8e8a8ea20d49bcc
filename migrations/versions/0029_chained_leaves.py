"""An entry's hash in its chain is the leaf of the tree; stored responses are in the log by their digests."""

from alembic import op

revision = "0029"
down_revision = "0028"

LANES = 32
LEAF = "'\\x00'::bytea || "


def upgrade() -> None:
    _chain(LEAF)
    _adopt()


def downgrade() -> None:
    _chain("")


def _chain(leaf: str) -> None:
    """Both functions and all that they have written; no log had left its database before this."""
    op.execute(
        f"""
        CREATE OR REPLACE FUNCTION audit.append(entry text) RETURNS bytea
        LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
          WITH head AS (
            UPDATE audit.head
               SET sequence = sequence + 1,
                   hash = pg_catalog.sha256({leaf} hash || pg_catalog.convert_to(
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
    op.execute(
        f"""
        CREATE OR REPLACE FUNCTION audit.append_all(entries text[]) RETURNS bytea
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
        DECLARE
          mine smallint := (pg_catalog.pg_backend_pid() % {LANES})::smallint;
          known bigint; chained bytea; hashes bytea[]; entry text;
          before text := (extract(epoch FROM pg_catalog.now()) * 1000000)::bigint || ' ' || session_user || ' ';
        BEGIN
          SELECT h.sequence, h.hash INTO STRICT known, chained FROM audit.head h WHERE h.lane = mine FOR UPDATE;
          FOREACH entry IN ARRAY entries LOOP
            chained := pg_catalog.sha256({leaf} chained || pg_catalog.convert_to(before || entry, 'UTF8'));
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
    op.execute("CREATE TEMP TABLE rechained (old bytea, new bytea) ON COMMIT DROP")
    op.execute(
        f"""
        DO $$
        DECLARE one record; chained bytea; lane_now smallint;
        BEGIN
          FOR one IN SELECT * FROM audit.audit_entry ORDER BY lane, sequence LOOP
            IF lane_now IS DISTINCT FROM one.lane THEN
              lane_now := one.lane;
              chained := sha256(('etterklang audit lane ' || one.lane)::bytea);
            END IF;
            chained := sha256({leaf} chained || convert_to(
              (extract(epoch FROM one.recorded_at) * 1000000)::bigint || ' ' || one.recorded_by || ' ' || one.entry,
              'UTF8'));
            UPDATE audit.audit_entry SET hash = chained
            WHERE lane = one.lane AND sequence = one.sequence AND recorded_at = one.recorded_at;
            UPDATE audit.head SET hash = chained WHERE lane = one.lane;
            INSERT INTO rechained VALUES (one.hash, chained);
          END LOOP;
        END $$
        """
    )
    op.execute("UPDATE answering.submission SET audit_hash = new FROM rechained WHERE audit_hash = old")
    op.execute("DROP TABLE rechained")
    op.execute("DELETE FROM audit.checkpoint")
    op.execute("DELETE FROM audit.publication")


def _adopt() -> None:
    """What was stored before entries had digests is entered now, as it is."""
    op.execute(
        """
        SELECT audit.append(format(
          '{"about":{"responses":"%s:%s"},"action":"response-adopted","actor":"migration","at":"%s","person_id":"%s"}',
          r.response_id,
          encode(sha256(convert_to(concat_ws(' ', r.person_id, r.response_id,
            (extract(epoch FROM r.received_at) * 1000000)::bigint, (extract(epoch FROM r.stored_at) * 1000000)::bigint,
            r.assessment_id, r.protocol_version_id, r.study_id, r.tumour_id, r.wave, r.part) || E'\\n', 'UTF8')
            || r.sealed), 'hex'),
          to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), r.person_id))
        FROM answering.response r
        """
    )
