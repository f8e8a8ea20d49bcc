"""Who moved an instrument version and when, a second person who approves, and the licences of instruments."""

from alembic import op

revision = "0011"
down_revision = "0010"

KINDS = "'structure', 'translation', 'presentation', 'scoring', 'protocol', 'late-effect-rule'"


def upgrade() -> None:
    _create_moves()
    _move_by_rows_only()
    _create_licences()


def downgrade() -> None:
    op.execute("DROP TABLE catalogue.licence")
    _allow_documents(KINDS)
    op.execute("DROP TABLE catalogue.version_move")
    op.execute("DROP FUNCTION catalogue.move_version()")
    op.execute("GRANT UPDATE (state) ON catalogue.instrument_version TO etterklang_worker")
    op.execute(_CHECK_VERSION_CHANGE_BEFORE)


def _create_moves() -> None:
    op.execute(
        """
        CREATE TABLE catalogue.version_move (
          move_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          version_id uuid NOT NULL REFERENCES catalogue.instrument_version,
          from_state text,
          to_state text NOT NULL CHECK (to_state IN ('draft', 'in-review', 'published', 'retired')),
          actor text NOT NULL CHECK (actor ~ '\\S'),
          moved_at timestamptz NOT NULL,
          CHECK (from_state <> to_state)
        )
        """
    )
    op.execute("CREATE INDEX version_move_of_version ON catalogue.version_move (version_id, move_number)")
    # What stood here before has one move, without a name: nobody wrote down who made it.
    op.execute(
        """
        INSERT INTO catalogue.version_move (version_id, from_state, to_state, actor, moved_at)
        SELECT version_id, NULL, state, '(not recorded)', coalesce(published_at, stored_at)
        FROM catalogue.instrument_version ORDER BY version_id
        """
    )
    op.execute(
        "CREATE TRIGGER move_is_immutable BEFORE UPDATE OR DELETE ON catalogue.version_move "
        "FOR EACH ROW EXECUTE FUNCTION catalogue.refuse_change()"
    )
    op.execute("GRANT SELECT, INSERT ON catalogue.version_move TO etterklang_worker")


def _move_by_rows_only() -> None:
    # A version moves because a row says who moved it; its state cannot be set without one. What is checked
    # here is checked in surveys.catalogue too, which gives the clearer errors.
    op.execute(
        """
        CREATE FUNCTION catalogue.move_version() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
        DECLARE
          present text;
        BEGIN
          SELECT v.state INTO present FROM catalogue.instrument_version v
            WHERE v.version_id = NEW.version_id FOR UPDATE;
          IF NEW.from_state IS NULL THEN
            IF NEW.to_state <> 'draft' OR EXISTS (
              SELECT FROM catalogue.version_move m
              WHERE m.version_id = NEW.version_id AND m.move_number <> NEW.move_number
            ) THEN
              RAISE EXCEPTION 'an instrument version begins once, as a draft';
            END IF;
            RETURN NULL;
          END IF;
          IF NEW.from_state <> present THEN
            RAISE EXCEPTION 'an instrument version that is % does not go from % to %',
              present, NEW.from_state, NEW.to_state;
          END IF;
          IF NOT EXISTS (
            SELECT FROM catalogue.version_move m WHERE m.version_id = NEW.version_id AND m.from_state IS NULL
          ) THEN
            RAISE EXCEPTION 'an instrument version moves when a row of version_move says who stored it';
          END IF;
          IF NEW.to_state = 'published' AND EXISTS (
            SELECT FROM catalogue.version_move m
            WHERE m.version_id = NEW.version_id AND (m.from_state IS NULL OR m.to_state = 'in-review')
              AND lower(btrim(m.actor)) = lower(btrim(NEW.actor))
          ) THEN
            RAISE EXCEPTION 'a second person publishes, not who imported the version or submitted it for review';
          END IF;
          UPDATE catalogue.instrument_version v
          SET state = NEW.to_state,
              published_at = CASE WHEN NEW.to_state = 'published' THEN NEW.moved_at ELSE v.published_at END
          WHERE v.version_id = NEW.version_id;
          RETURN NULL;
        END $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION catalogue.move_version() FROM PUBLIC")
    op.execute(
        "CREATE TRIGGER version_moves AFTER INSERT ON catalogue.version_move "
        "FOR EACH ROW EXECUTE FUNCTION catalogue.move_version()"
    )
    op.execute(_CHECK_VERSION_CHANGE)
    # Locking a version before it is moved takes the right to update a column of it, which the trigger guards.
    op.execute("REVOKE UPDATE (state) ON catalogue.instrument_version FROM etterklang_worker")


def _create_licences() -> None:
    _allow_documents(KINDS + ", 'licence'")
    op.execute(
        """
        CREATE TABLE catalogue.licence (
          licence_id uuid PRIMARY KEY,
          lineage bytea NOT NULL,
          document_id uuid NOT NULL REFERENCES catalogue.document,
          recorded_at timestamptz NOT NULL,
          recorded_by text NOT NULL CHECK (recorded_by ~ '\\S')
        )
        """
    )
    op.execute("COMMENT ON COLUMN catalogue.licence.lineage IS 'keyed hash of the instrument identifier'")
    op.execute("CREATE INDEX licence_of_lineage ON catalogue.licence (lineage, licence_id)")
    op.execute(
        "CREATE TRIGGER licence_is_immutable BEFORE UPDATE OR DELETE ON catalogue.licence "
        "FOR EACH ROW EXECUTE FUNCTION catalogue.refuse_change()"
    )
    op.execute("GRANT SELECT, INSERT ON catalogue.licence TO etterklang_worker")


def _allow_documents(kinds: str) -> None:
    op.execute("ALTER TABLE catalogue.document DROP CONSTRAINT document_kind_check")
    op.execute(f"ALTER TABLE catalogue.document ADD CONSTRAINT document_kind_check CHECK (kind IN ({kinds}))")


_CHECK_VERSION_CHANGE = """
    CREATE OR REPLACE FUNCTION catalogue.check_version_change() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      latest catalogue.version_move;
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' OR NEW.published_at IS NOT NULL THEN
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
      IF OLD.state <> NEW.state THEN
        IF (OLD.state, NEW.state) NOT IN (
          ('draft', 'in-review'), ('in-review', 'draft'), ('in-review', 'published'), ('published', 'retired')
        ) THEN
          RAISE EXCEPTION 'an instrument version does not go from % to %', OLD.state, NEW.state;
        END IF;
        SELECT * INTO latest FROM catalogue.version_move m
          WHERE m.version_id = NEW.version_id ORDER BY m.move_number DESC LIMIT 1;
        IF (latest.from_state, latest.to_state) IS DISTINCT FROM (OLD.state, NEW.state) THEN
          RAISE EXCEPTION 'an instrument version moves by a row of version_move that says who moves it';
        END IF;
      END IF;
      IF NEW.published_at IS DISTINCT FROM OLD.published_at
         AND NOT (OLD.state = 'in-review' AND NEW.state = 'published') THEN
        RAISE EXCEPTION 'the time of publication is never changed';
      END IF;
      RETURN NEW;
    END $$
"""
_CHECK_VERSION_CHANGE_BEFORE = """
    CREATE OR REPLACE FUNCTION catalogue.check_version_change() RETURNS trigger LANGUAGE plpgsql AS $$
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
