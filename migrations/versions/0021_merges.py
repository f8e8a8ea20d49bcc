"""One person under two identifiers: a merge is a row that can be ended, and no other row is rewritten."""

from alembic import op

revision = "0021"
down_revision = "0017"

ROLES = "etterklang_web, etterklang_worker, etterklang_keys, etterklang_research"
ME = "nullif(current_setting('etterklang.person', true), '')::uuid"
# In a subquery, so that it is worked out once a statement and not once a row.
OWN_ROWS = f"person_id = ANY ((SELECT persons.all_of({ME}))::uuid[])"
MY_ROWS = f"person_id = {ME}"

OVERVIEW = """
    CREATE OR REPLACE FUNCTION followup.overview()
    RETURNS TABLE (protocol_id uuid, wave smallint, persons bigint,
                   planned bigint, open bigint, submitted bigint, lapsed bigint, cancelled bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
      SELECT a.protocol_id, a.wave,
             nullif(greatest(count(DISTINCT {person}), 4), 4),
             nullif(greatest(count(*) FILTER (WHERE a.state = 'planned'), 4), 4),
             nullif(greatest(count(*) FILTER (WHERE a.state = 'open'), 4), 4),
             nullif(greatest(count(*) FILTER (WHERE a.state = 'submitted'), 4), 4),
             nullif(greatest(count(*) FILTER (WHERE a.state = 'lapsed'), 4), 4),
             nullif(greatest(count(*) FILTER (WHERE a.state = 'cancelled'), 4), 4)
      FROM followup.assessment a {merges}
      GROUP BY GROUPING SETS ((a.protocol_id, a.wave), ())
      ORDER BY a.protocol_id, a.wave
    $$
"""
MERGES = "LEFT JOIN persons.merge m ON m.person_id = a.person_id AND m.unmerged_at IS NULL"


def upgrade() -> None:
    op.execute("CREATE SCHEMA persons")
    op.execute(f"GRANT USAGE ON SCHEMA persons TO {ROLES}")
    op.execute(
        """
        CREATE TABLE persons.merge (
          person_id uuid NOT NULL,
          merged_at timestamptz NOT NULL,
          into_person_id uuid NOT NULL,
          merged_by text NOT NULL,
          reason text NOT NULL,
          unmerged_at timestamptz,
          unmerged_by text,
          unmerge_reason text,
          PRIMARY KEY (person_id, merged_at),
          CONSTRAINT merge_joins_two CHECK (person_id <> into_person_id),
          CONSTRAINT merge_ends_later CHECK (unmerged_at > merged_at),
          CONSTRAINT merge_ends_by_somebody CHECK (
            num_nulls(unmerged_at, unmerged_by, unmerge_reason) IN (0, 3)
          )
        )
        """
    )
    op.execute("CREATE UNIQUE INDEX merge_once ON persons.merge (person_id) WHERE unmerged_at IS NULL")
    op.execute("CREATE INDEX merge_into ON persons.merge (into_person_id)")
    op.execute("GRANT SELECT ON persons.merge TO etterklang_worker, etterklang_research")
    op.execute(
        "GRANT SELECT, INSERT, UPDATE (unmerged_at, unmerged_by, unmerge_reason) ON persons.merge "
        "TO etterklang_keys"
    )
    op.execute(
        """
        CREATE FUNCTION persons.all_of(person uuid) RETURNS uuid[]
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
          WITH one AS (
            SELECT coalesce(
              (SELECT into_person_id FROM persons.merge WHERE person_id = person AND unmerged_at IS NULL),
              person
            ) AS person_id
          )
          SELECT array_agg(person_id) FROM (
            SELECT person_id FROM one
            UNION ALL
            SELECT m.person_id FROM persons.merge m JOIN one ON m.into_person_id = one.person_id
            WHERE m.unmerged_at IS NULL
          ) every
        $$
        """
    )
    # What has gone into an extract stays as it was: a merge counts from after every moment that one shows.
    op.execute(
        """
        CREATE FUNCTION persons.after_extracts(moment timestamptz) RETURNS timestamptz
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
          SELECT greatest(moment, max(as_of) + interval '1 microsecond') FROM research.extract
          WHERE state <> 'requested'
        $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION persons.all_of(uuid), persons.after_extracts(timestamptz) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION persons.all_of(uuid) TO {ROLES}")
    op.execute("GRANT EXECUTE ON FUNCTION persons.after_extracts(timestamptz) TO etterklang_keys")
    _show(OWN_ROWS)
    op.execute(OVERVIEW.format(person="coalesce(m.into_person_id, a.person_id)", merges=MERGES))


def downgrade() -> None:
    op.execute(OVERVIEW.format(person="a.person_id", merges=""))
    _show(MY_ROWS)
    op.execute("DROP SCHEMA persons CASCADE")


def _show(rows: str) -> None:
    op.execute(
        f"ALTER POLICY own_assessments ON followup.assessment "
        f"USING ({rows}) WITH CHECK ({rows} AND state = 'submitted')"
    )
    for table in ("draft", "submission"):
        op.execute(f"ALTER POLICY own_rows ON answering.{table} USING ({rows}) WITH CHECK ({rows})")
