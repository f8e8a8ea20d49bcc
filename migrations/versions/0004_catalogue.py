"""Sealed documents: instruments in their four parts, protocols and late-effect rules."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE catalogue.document (
          document_id uuid PRIMARY KEY,
          kind text NOT NULL CHECK (kind IN
            ('structure', 'translation', 'presentation', 'scoring', 'protocol', 'late-effect-rule')),
          fingerprint bytea NOT NULL UNIQUE,
          sealed bytea NOT NULL,
          stored_at timestamptz NOT NULL
        )
        """
    )
    op.execute(
        "COMMENT ON COLUMN catalogue.document.fingerprint IS 'keyed hash, so that a published text cannot be recognised'"
    )
    op.execute(
        """
        CREATE TABLE catalogue.instrument_version (
          version_id uuid PRIMARY KEY,
          lineage bytea NOT NULL,
          structure_id uuid NOT NULL REFERENCES catalogue.document,
          presentation_id uuid NOT NULL REFERENCES catalogue.document,
          scoring_id uuid NOT NULL REFERENCES catalogue.document,
          state text NOT NULL CHECK (state IN ('draft', 'in-review', 'published', 'retired')),
          stored_at timestamptz NOT NULL,
          published_at timestamptz
        )
        """
    )
    op.execute(
        "COMMENT ON COLUMN catalogue.instrument_version.lineage IS 'keyed hash of the instrument identifier'"
    )
    op.execute(
        "CREATE UNIQUE INDEX instrument_version_one_live ON catalogue.instrument_version (lineage) "
        "WHERE state = 'published'"
    )
    op.execute(
        """
        CREATE TABLE catalogue.instrument_translation (
          version_id uuid NOT NULL REFERENCES catalogue.instrument_version,
          language text NOT NULL,
          translation_id uuid NOT NULL REFERENCES catalogue.document,
          PRIMARY KEY (version_id, language)
        )
        """
    )
    op.execute(
        """
        CREATE FUNCTION catalogue.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION 'a stored document is never changed or removed; store a new version';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER document_is_immutable BEFORE UPDATE OR DELETE ON catalogue.document "
        "FOR EACH ROW EXECUTE FUNCTION catalogue.refuse_change()"
    )
    op.execute(
        "GRANT SELECT ON ALL TABLES IN SCHEMA catalogue TO etterklang_web, etterklang_worker, etterklang_research"
    )
    op.execute("GRANT INSERT ON ALL TABLES IN SCHEMA catalogue TO etterklang_worker")
    op.execute("GRANT UPDATE (state, published_at) ON catalogue.instrument_version TO etterklang_worker")


def downgrade() -> None:
    op.execute(
        "DROP TABLE catalogue.instrument_translation, catalogue.instrument_version, catalogue.document"
    )
    op.execute("DROP FUNCTION catalogue.refuse_change()")
