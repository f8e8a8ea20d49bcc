"""Drafts, submissions, the inbox that the web process can only fill, and sealed responses with their scores."""

from alembic import op

revision = "0007"
down_revision = "0006"

OWN_ROWS = "person_id = nullif(current_setting('etterklang.person', true), '')::uuid"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE answering.draft (
          person_id uuid NOT NULL,
          assessment_id uuid NOT NULL,
          revision integer NOT NULL,
          sealed bytea NOT NULL,
          saved_at timestamptz NOT NULL,
          PRIMARY KEY (person_id, assessment_id)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE answering.submission (
          person_id uuid NOT NULL,
          assessment_id uuid NOT NULL,
          submission_id uuid NOT NULL,
          commitment bytea NOT NULL,
          audit_hash bytea NOT NULL,
          received_at timestamptz NOT NULL,
          PRIMARY KEY (person_id, assessment_id)
        )
        """
    )
    op.execute("CREATE UNIQUE INDEX submission_once ON answering.submission (person_id, submission_id)")
    op.execute(
        """
        CREATE TABLE answering.inbox (
          person_id uuid NOT NULL,
          submission_id uuid NOT NULL,
          assessment_id uuid NOT NULL,
          protocol_version_id uuid NOT NULL,
          study_id uuid NOT NULL,
          sealed bytea NOT NULL,
          received_at timestamptz NOT NULL,
          lease_until timestamptz,
          retry_at timestamptz,
          attempts smallint NOT NULL DEFAULT 0,
          failed_because text,
          PRIMARY KEY (person_id, submission_id)
        )
        """
    )
    op.execute("CREATE INDEX inbox_waiting ON answering.inbox (received_at)")
    op.execute(
        """
        CREATE TABLE answering.response (
          person_id uuid NOT NULL,
          response_id uuid NOT NULL,
          received_at timestamptz NOT NULL,
          stored_at timestamptz NOT NULL,
          assessment_id uuid NOT NULL,
          protocol_version_id uuid NOT NULL,
          study_id uuid NOT NULL,
          tumour_id uuid NOT NULL,
          wave smallint NOT NULL,
          part smallint NOT NULL,
          sealed bytea NOT NULL,
          PRIMARY KEY (person_id, response_id, received_at)
        ) PARTITION BY RANGE (received_at)
        """
    )
    op.execute("CREATE TABLE answering.response_rest PARTITION OF answering.response DEFAULT")
    op.execute("CREATE INDEX response_of_study ON answering.response (study_id, stored_at)")
    op.execute(
        """
        CREATE TABLE answering.score (
          person_id uuid NOT NULL,
          response_id uuid NOT NULL,
          scored_at timestamptz NOT NULL,
          study_id uuid NOT NULL,
          tumour_id uuid NOT NULL,
          wave smallint NOT NULL,
          part smallint NOT NULL,
          sealed bytea NOT NULL,
          PRIMARY KEY (person_id, response_id, scored_at)
        )
        """
    )
    # What has gone into an extract stays as it was: a response that commits later is stamped later than ``up_to``.
    op.execute(
        """
        CREATE TABLE answering.frozen (
          study_id uuid PRIMARY KEY,
          up_to timestamptz NOT NULL
        )
        """
    )
    # The worker cannot read responses or scores at large. For the one person whose inbox row it holds under a
    # lease, this gives the earlier scores that a late-effect rule compares with.
    op.execute(
        """
        CREATE FUNCTION answering.earlier_scores(of_person uuid, of_submission uuid)
        RETURNS SETOF answering.score LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
          SELECT s.* FROM answering.score s
          JOIN answering.inbox i ON i.person_id = s.person_id AND i.study_id = s.study_id
          WHERE i.person_id = of_person AND i.submission_id = of_submission
            AND i.lease_until > pg_catalog.now()
          ORDER BY s.wave, s.part, s.scored_at
        $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION answering.earlier_scores(uuid, uuid) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION answering.earlier_scores(uuid, uuid) TO etterklang_worker")
    op.execute("GRANT INSERT ON answering.inbox TO etterklang_web")
    op.execute("GRANT SELECT, INSERT ON answering.submission TO etterklang_web")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON answering.draft TO etterklang_web")
    op.execute(
        "GRANT SELECT, DELETE, UPDATE (lease_until, retry_at, attempts, failed_because) "
        "ON answering.inbox TO etterklang_worker"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON answering.frozen TO etterklang_worker")
    op.execute("GRANT INSERT ON answering.response, answering.score TO etterklang_worker")
    op.execute("GRANT SELECT ON answering.response, answering.score TO etterklang_research")
    for table in ("draft", "submission"):
        op.execute(f"ALTER TABLE answering.{table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_rows ON answering.{table} TO etterklang_web USING ({OWN_ROWS}) WITH CHECK ({OWN_ROWS})"
        )


def downgrade() -> None:
    op.execute("DROP FUNCTION answering.earlier_scores(uuid, uuid)")
    op.execute(
        "DROP TABLE answering.frozen, answering.score, answering.response, answering.inbox, "
        "answering.submission, answering.draft"
    )
