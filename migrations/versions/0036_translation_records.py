"""How each wording was translated, how far its texts are, and who approved it: needed before publishing."""

from alembic import op

revision = "0036"
down_revision = "0034"

KINDS = "'structure', 'translation', 'presentation', 'scoring', 'protocol', 'late-effect-rule', 'licence'"
TABLES = ("translation_record", "translation_status", "translation_approval")


def upgrade() -> None:
    _allow_documents(KINDS + ", 'translation-record', 'translation-status'")
    _create_tables()
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_is_immutable BEFORE UPDATE OR DELETE ON catalogue.{table} "
            "FOR EACH ROW EXECUTE FUNCTION catalogue.refuse_change()"
        )
        op.execute(f"GRANT SELECT, INSERT ON catalogue.{table} TO etterklang_worker")
    _approve_as_a_second_person()
    _publish_what_is_approved()


def downgrade() -> None:
    op.execute("DROP TRIGGER version_with_approved_languages ON catalogue.version_move")
    op.execute("DROP FUNCTION catalogue.check_languages()")
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE catalogue.{table}")
    op.execute("DROP FUNCTION catalogue.check_approval()")
    _allow_documents(KINDS)


def _create_tables() -> None:
    # All three belong to a wording, not to a version: a version that keeps a wording keeps its approval.
    for table, number in (("translation_record", "record_number"), ("translation_status", "status_number")):
        op.execute(
            f"""
            CREATE TABLE catalogue.{table} (
              {number} bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
              translation_id uuid NOT NULL REFERENCES catalogue.document,
              document_id uuid NOT NULL REFERENCES catalogue.document,
              recorded_at timestamptz NOT NULL,
              recorded_by text NOT NULL CHECK (recorded_by ~ '\\S')
            )
            """
        )
        op.execute(f"CREATE INDEX {table}_of_translation ON catalogue.{table} (translation_id, {number})")
    op.execute(
        """
        CREATE TABLE catalogue.translation_approval (
          approval_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          record_number bigint NOT NULL REFERENCES catalogue.translation_record,
          approved_at timestamptz NOT NULL,
          approved_by text NOT NULL CHECK (approved_by ~ '\\S')
        )
        """
    )
    op.execute(
        "CREATE INDEX translation_approval_of_record ON catalogue.translation_approval (record_number)"
    )


def _approve_as_a_second_person() -> None:
    # Who translated stands in the sealed record, which only surveys.catalogue can read; who recorded it is here.
    op.execute(
        """
        CREATE FUNCTION catalogue.check_approval() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF EXISTS (
            SELECT FROM catalogue.translation_record r
            WHERE r.record_number = NEW.record_number
              AND lower(btrim(r.recorded_by)) = lower(btrim(NEW.approved_by))
          ) THEN
            RAISE EXCEPTION 'a second person approves a translation, not who recorded how it was made';
          END IF;
          RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER approval_takes_two BEFORE INSERT ON catalogue.translation_approval "
        "FOR EACH ROW EXECUTE FUNCTION catalogue.check_approval()"
    )


def _publish_what_is_approved() -> None:
    # Triggers of one kind run by their names' order: this one after version_moves, which holds the states.
    op.execute(
        """
        CREATE FUNCTION catalogue.check_languages() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
          lacking text;
        BEGIN
          SELECT t.language INTO lacking FROM catalogue.instrument_translation t
            WHERE t.version_id = NEW.version_id AND NOT EXISTS (
              SELECT FROM catalogue.translation_approval a
              WHERE a.record_number = (
                SELECT max(r.record_number) FROM catalogue.translation_record r
                WHERE r.translation_id = t.translation_id
              )
            ) ORDER BY t.language LIMIT 1;
          IF lacking IS NOT NULL THEN
            RAISE EXCEPTION 'nobody has approved the record of the translation into %', lacking;
          END IF;
          RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER version_with_approved_languages AFTER INSERT ON catalogue.version_move "
        "FOR EACH ROW WHEN (NEW.to_state = 'published') EXECUTE FUNCTION catalogue.check_languages()"
    )


def _allow_documents(kinds: str) -> None:
    op.execute("ALTER TABLE catalogue.document DROP CONSTRAINT document_kind_check")
    op.execute(f"ALTER TABLE catalogue.document ADD CONSTRAINT document_kind_check CHECK (kind IN ({kinds}))")
