"""Protocol versions, planned assessments and the outbox of notices."""

from alembic import op

revision = "0006"
down_revision = "0005"

OWN_ROWS = "person_id = nullif(current_setting('etterklang.person', true), '')::uuid"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE followup.protocol_version (
          protocol_version_id uuid PRIMARY KEY,
          protocol_id uuid NOT NULL,
          study_id uuid NOT NULL,
          document_id uuid NOT NULL REFERENCES catalogue.document,
          state text NOT NULL CHECK (state IN ('draft', 'published', 'retired')),
          stored_at timestamptz NOT NULL,
          published_at timestamptz
        )
        """
    )
    op.execute(
        "CREATE UNIQUE INDEX protocol_version_one_live ON followup.protocol_version (protocol_id) "
        "WHERE state = 'published'"
    )
    op.execute(
        """
        CREATE TABLE followup.assessment (
          person_id uuid NOT NULL,
          assessment_id uuid NOT NULL,
          protocol_id uuid NOT NULL,
          protocol_version_id uuid NOT NULL REFERENCES followup.protocol_version,
          study_id uuid NOT NULL,
          tumour_id uuid NOT NULL,
          wave smallint NOT NULL,
          state text NOT NULL CHECK (state IN ('planned', 'open', 'submitted', 'lapsed', 'cancelled')),
          anchor_date date NOT NULL,
          opens_on date NOT NULL,
          closes_on date NOT NULL,
          planned_at timestamptz NOT NULL,
          changed_at timestamptz NOT NULL,
          PRIMARY KEY (person_id, assessment_id)
        )
        """
    )
    op.execute(
        "COMMENT ON COLUMN followup.assessment.tumour_id "
        "IS 'the case, or for a control the case it is matched to'"
    )
    op.execute(
        "CREATE UNIQUE INDEX assessment_once_a_wave "
        "ON followup.assessment (person_id, protocol_id, tumour_id, wave)"
    )
    op.execute("CREATE INDEX assessment_by_state ON followup.assessment (state, opens_on)")
    op.execute(
        """
        CREATE FUNCTION followup.check_assessment_move() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
            ('planned', 'open'), ('planned', 'cancelled'), ('planned', 'lapsed'),
            ('open', 'submitted'), ('open', 'lapsed'), ('open', 'cancelled'),
            ('cancelled', 'planned')
          ) THEN
            RAISE EXCEPTION 'an assessment does not go from % to %', OLD.state, NEW.state;
          END IF;
          RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER assessment_move BEFORE UPDATE ON followup.assessment "
        "FOR EACH ROW EXECUTE FUNCTION followup.check_assessment_move()"
    )
    op.execute(
        """
        CREATE TABLE followup.outbox (
          person_id uuid NOT NULL,
          outbox_id uuid NOT NULL,
          created_at timestamptz NOT NULL,
          assessment_id uuid NOT NULL,
          kind text NOT NULL CHECK (kind IN ('invitation', 'reminder')),
          due_at timestamptz NOT NULL,
          state text NOT NULL CHECK (state IN ('due', 'leased', 'sent', 'withheld', 'failed')),
          attempts smallint NOT NULL DEFAULT 0,
          lease_until timestamptz,
          fence bigint NOT NULL DEFAULT 0,
          settled_at timestamptz,
          reason text,
          PRIMARY KEY (person_id, outbox_id, created_at)
        ) PARTITION BY RANGE (created_at)
        """
    )
    op.execute("CREATE TABLE followup.outbox_rest PARTITION OF followup.outbox DEFAULT")
    op.execute("CREATE INDEX outbox_due ON followup.outbox (due_at) WHERE state IN ('due', 'leased')")
    op.execute("GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA followup TO etterklang_worker")
    op.execute(
        "GRANT SELECT ON followup.assessment, followup.protocol_version "
        "TO etterklang_web, etterklang_research"
    )
    op.execute("GRANT UPDATE (state, changed_at) ON followup.assessment TO etterklang_web")
    # The web process sees one person at a time: the one whose session it has just checked. All it may do to a
    # row is to say that it has been answered.
    op.execute("ALTER TABLE followup.assessment ENABLE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own_assessments ON followup.assessment TO etterklang_web "
        f"USING ({OWN_ROWS}) WITH CHECK ({OWN_ROWS} AND state = 'submitted')"
    )
    op.execute(
        "CREATE POLICY all_assessments ON followup.assessment "
        "TO etterklang_worker, etterklang_research USING (true)"
    )
    # Staff see counts of all assessments through the web process, which itself sees one person's rows: only
    # counts, and none under 5. The row without a protocol is the whole.
    op.execute(
        """
        CREATE FUNCTION followup.overview()
        RETURNS TABLE (protocol_id uuid, wave smallint, persons bigint,
                       planned bigint, open bigint, submitted bigint, lapsed bigint, cancelled bigint)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
          SELECT protocol_id, wave,
                 nullif(greatest(count(DISTINCT person_id), 4), 4),
                 nullif(greatest(count(*) FILTER (WHERE state = 'planned'), 4), 4),
                 nullif(greatest(count(*) FILTER (WHERE state = 'open'), 4), 4),
                 nullif(greatest(count(*) FILTER (WHERE state = 'submitted'), 4), 4),
                 nullif(greatest(count(*) FILTER (WHERE state = 'lapsed'), 4), 4),
                 nullif(greatest(count(*) FILTER (WHERE state = 'cancelled'), 4), 4)
          FROM followup.assessment
          GROUP BY GROUPING SETS ((protocol_id, wave), ())
          ORDER BY protocol_id, wave
        $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION followup.overview() FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION followup.overview() TO etterklang_web")


def downgrade() -> None:
    op.execute("DROP FUNCTION followup.overview()")
    op.execute("DROP TABLE followup.outbox, followup.assessment, followup.protocol_version")
    op.execute("DROP FUNCTION followup.check_assessment_move()")
