"""A project that is linked takes two people before it may ask for extracts: the database holds it too."""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE research.project "
        "ADD COLUMN recorded_by text, ADD COLUMN confirmed_by text, ADD COLUMN confirmed_at timestamptz"
    )
    # Who recorded earlier projects is not known: anybody but the committee itself may confirm them.
    op.execute("UPDATE research.project SET recorded_by = approved_by")
    op.execute("ALTER TABLE research.project ALTER COLUMN recorded_by SET NOT NULL")
    op.execute(
        "ALTER TABLE research.project ADD CONSTRAINT project_takes_two "
        "CHECK (lower(btrim(recorded_by)) <> lower(btrim(confirmed_by)))"
    )
    op.execute("GRANT UPDATE (confirmed_by, confirmed_at) ON research.project TO etterklang_worker")
    op.execute(
        """
        CREATE FUNCTION research.check_extract_request() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF EXISTS (
            SELECT FROM research.project
            WHERE project_id = NEW.project_id AND cardinality(variables) > 0 AND confirmed_at IS NULL
          ) THEN
            RAISE EXCEPTION 'a second person has not approved this linked project';
          END IF;
          RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER extract_request BEFORE INSERT ON research.extract "
        "FOR EACH ROW EXECUTE FUNCTION research.check_extract_request()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER extract_request ON research.extract")
    op.execute("DROP FUNCTION research.check_extract_request()")
    op.execute("REVOKE UPDATE (confirmed_by, confirmed_at) ON research.project FROM etterklang_worker")
    op.execute(
        "ALTER TABLE research.project "
        "DROP COLUMN recorded_by, DROP COLUMN confirmed_by, DROP COLUMN confirmed_at"
    )
