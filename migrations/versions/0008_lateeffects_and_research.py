"""Signals of late effects, research projects, the linked cases prepared for each, and extracts."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE lateeffects.signal (
          person_id uuid NOT NULL,
          signal_id uuid NOT NULL,
          study_id uuid NOT NULL,
          assessment_id uuid NOT NULL,
          rule_id uuid NOT NULL,
          raised_at timestamptz NOT NULL,
          state text NOT NULL CHECK (state IN ('new', 'seen')),
          seen_at timestamptz,
          seen_by text,
          sealed bytea NOT NULL,
          PRIMARY KEY (person_id, signal_id)
        )
        """
    )
    op.execute("CREATE UNIQUE INDEX signal_once ON lateeffects.signal (person_id, assessment_id, rule_id)")
    op.execute("CREATE INDEX signal_raised ON lateeffects.signal (raised_at)")
    op.execute("GRANT INSERT ON lateeffects.signal TO etterklang_worker")
    op.execute("GRANT SELECT, UPDATE (state, seen_at, seen_by) ON lateeffects.signal TO etterklang_web")
    op.execute(
        """
        CREATE TABLE research.project (
          project_id uuid PRIMARY KEY,
          name text NOT NULL UNIQUE,
          study_id uuid NOT NULL,
          purpose text NOT NULL,
          variables text[] NOT NULL,
          approved_by text NOT NULL,
          approved_at timestamptz NOT NULL,
          valid_to date NOT NULL
        )
        """
    )
    op.execute(
        """
        CREATE TABLE research.linked_case (
          project_id uuid NOT NULL REFERENCES research.project,
          person_id uuid NOT NULL,
          tumour_id uuid NOT NULL,
          recorded_at timestamptz NOT NULL,
          content_hash bytea NOT NULL,
          linked jsonb NOT NULL,
          PRIMARY KEY (project_id, person_id, tumour_id, recorded_at)
        )
        """
    )
    op.execute(
        "COMMENT ON TABLE research.linked_case IS 'only the registry variables that the project is approved for'"
    )
    op.execute(
        """
        CREATE TABLE research.extract (
          extract_id uuid PRIMARY KEY,
          project_id uuid NOT NULL REFERENCES research.project,
          as_of timestamptz NOT NULL,
          requested_by text NOT NULL,
          requested_at timestamptz NOT NULL,
          state text NOT NULL CHECK (state IN ('requested', 'linked', 'ready', 'failed')),
          settled_at timestamptz,
          failed_because text,
          manifest jsonb
        )
        """
    )
    op.execute(
        """
        CREATE FUNCTION research.check_extract_move() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF (OLD.state, NEW.state) NOT IN (
            ('requested', 'linked'), ('linked', 'ready'), ('linked', 'failed')
          ) THEN
            RAISE EXCEPTION 'an extract does not go from % to %', OLD.state, NEW.state;
          END IF;
          RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER extract_move BEFORE UPDATE ON research.extract "
        "FOR EACH ROW EXECUTE FUNCTION research.check_extract_move()"
    )
    op.execute(
        """
        CREATE TABLE research.extract_part (
          extract_id uuid NOT NULL REFERENCES research.extract,
          file text NOT NULL,
          ordinal integer NOT NULL,
          sealed bytea NOT NULL,
          PRIMARY KEY (extract_id, file, ordinal)
        )
        """
    )
    op.execute(
        "GRANT SELECT ON research.project, research.extract TO etterklang_web, etterklang_worker, etterklang_research"
    )
    op.execute("GRANT SELECT ON research.extract_part TO etterklang_web, etterklang_research")
    op.execute("GRANT INSERT ON research.extract TO etterklang_web, etterklang_research")
    op.execute("GRANT INSERT ON research.project TO etterklang_worker")
    op.execute("GRANT SELECT, INSERT ON research.linked_case TO etterklang_worker")
    op.execute("GRANT SELECT ON research.linked_case TO etterklang_research")
    op.execute(
        "GRANT UPDATE (state, settled_at, failed_because, manifest) ON research.extract "
        "TO etterklang_worker, etterklang_research"
    )
    op.execute("GRANT INSERT ON research.extract_part TO etterklang_research")


def downgrade() -> None:
    op.execute(
        "DROP TABLE research.extract_part, research.extract, research.linked_case, research.project, lateeffects.signal"
    )
    op.execute("DROP FUNCTION research.check_extract_move()")
