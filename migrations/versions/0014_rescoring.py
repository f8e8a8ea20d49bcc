"""Scoring anew: the research process adds scores beside those that are there, and says when it was done."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE answering.rescoring (
          version_id uuid NOT NULL REFERENCES catalogue.instrument_version,
          finished_at timestamptz NOT NULL,
          actor text NOT NULL,
          added integer NOT NULL,
          PRIMARY KEY (version_id, finished_at)
        )
        """
    )
    # It is the research role that rescores, since the worker, which reads the registry, never reads responses.
    op.execute("GRANT SELECT, INSERT ON answering.rescoring TO etterklang_research")
    op.execute("GRANT INSERT ON answering.score TO etterklang_research")
    # Holding a study's mark while scores are stamped takes the right to update a column of it.
    op.execute("GRANT SELECT, INSERT, UPDATE (study_id) ON answering.frozen TO etterklang_research")


def downgrade() -> None:
    op.execute("REVOKE ALL ON answering.frozen FROM etterklang_research")
    op.execute("REVOKE INSERT ON answering.score FROM etterklang_research")
    op.execute("DROP TABLE answering.rescoring")
