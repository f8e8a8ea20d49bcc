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
        """
        CREATE FUNCTION catalogue.check_version_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP = 'INSERT' THEN
            IF NEW.state <> 'draft' THEN
              RAISE EXCEPTION 'an instrument version begins as a draft, not as %', NEW.state;
            END IF;
            RETURN NEW;
          END IF;
          IF (OLD.version_id, OLD.lineage, OLD.structure_id, OLD.presentation_id, OLD.scoring_id, OLD.stored_at)
             IS DISTINCT FROM
             (NEW.version_id, NEW.lineage, NEW.structure_id, NEW.presentation_id, NEW.scoring_id, NEW.stored_at)
          THEN
            RAISE EXCEPTION 'what an instrument version holds is never changed; store a new version';
          END IF;
          IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
            ('draft', 'in-review'), ('draft', 'published'),
            ('in-review', 'draft'), ('in-review', 'published'), ('published', 'retired')
          ) THEN
            RAISE EXCEPTION 'an instrument version does not go from % to %', OLD.state, NEW.state;
          END IF;
          IF OLD.published_at IS NOT NULL AND NEW.published_at IS DISTINCT FROM OLD.published_at THEN
            RAISE EXCEPTION 'the time of publication is never changed';
          END IF;
          RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER version_change BEFORE INSERT OR UPDATE ON catalogue.instrument_version "
        "FOR EACH ROW EXECUTE FUNCTION catalogue.check_version_change()"
    )
    op.execute(
        "CREATE TRIGGER version_stays BEFORE DELETE ON catalogue.instrument_version "
        "FOR EACH ROW EXECUTE FUNCTION catalogue.refuse_change()"
    )
    # A translation is added while the version is a draft; afterwards the version is closed.
    op.execute(
        """
        CREATE FUNCTION catalogue.check_translation() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF (SELECT state FROM catalogue.instrument_version WHERE version_id = NEW.version_id) <> 'draft' THEN
            RAISE EXCEPTION 'a translation is added to a draft only; store a new version';
          END IF;
          RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER translation_of_a_draft BEFORE INSERT ON catalogue.instrument_translation "
        "FOR EACH ROW EXECUTE FUNCTION catalogue.check_translation()"
    )
    op.execute(
        "CREATE TRIGGER translation_is_immutable BEFORE UPDATE OR DELETE ON catalogue.instrument_translation "
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
    op.execute("DROP FUNCTION catalogue.check_translation()")
    op.execute("DROP FUNCTION catalogue.check_version_change()")
    op.execute("DROP FUNCTION catalogue.refuse_change()")
