"""Epoch keys leave the database for the key store; erasure by two people."""

from alembic import op

revision = "0013"
down_revision = "0011"


def upgrade() -> None:
    # Keys that an unreleased version wrapped under an epoch key of its own cannot be taken over.
    op.execute(
        """
        DO $$ BEGIN
          IF EXISTS (SELECT FROM keys.epoch_key) THEN
            RAISE EXCEPTION 'this database was made by an unreleased version: run make demo-reset';
          END IF;
        END $$
        """
    )
    op.execute(
        """
        ALTER TABLE keys.epoch_key
          DROP COLUMN wrapped,
          ADD COLUMN check_value bytea NOT NULL,
          ADD COLUMN closed_at timestamptz,
          ADD COLUMN emptied_at timestamptz
        """
    )
    op.execute(
        "COMMENT ON COLUMN keys.epoch_key.check_value IS 'says whether the key store''s key is this one'"
    )
    op.execute("COMMENT ON COLUMN keys.epoch_key.closed_at IS 'nothing new is wrapped in it from then on'")
    op.execute("COMMENT ON COLUMN keys.epoch_key.emptied_at IS 'nothing is wrapped in it any more'")
    op.execute("ALTER TABLE keys.inbox_key ADD COLUMN epoch integer NOT NULL REFERENCES keys.epoch_key")
    op.execute("CREATE INDEX person_key_epoch ON keys.person_key (epoch)")
    op.execute("CREATE INDEX person_key_erased ON keys.person_key (erased_at) WHERE erased_at IS NOT NULL")
    op.execute(
        """
        CREATE TABLE keys.erasure (
          person_id uuid NOT NULL,
          asked_at timestamptz NOT NULL,
          asked_by text NOT NULL,
          approved_by text,
          approved_at timestamptz,
          PRIMARY KEY (person_id, asked_at),
          CONSTRAINT erasure_takes_two CHECK (asked_by <> approved_by)
        )
        """
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON keys.erasure TO etterklang_keys")
    # What waits under the inbox key would open without the person's own: it goes when they are erased.
    op.execute(
        """
        CREATE FUNCTION answering.forget(person uuid) RETURNS void
        LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
          DELETE FROM answering.inbox WHERE person_id = person;
          DELETE FROM answering.draft WHERE person_id = person;
        $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION answering.forget(uuid) FROM PUBLIC")
    op.execute("GRANT USAGE ON SCHEMA answering TO etterklang_keys")
    op.execute("GRANT EXECUTE ON FUNCTION answering.forget(uuid) TO etterklang_keys")


def downgrade() -> None:
    op.execute("DROP FUNCTION answering.forget(uuid)")
    op.execute("REVOKE USAGE ON SCHEMA answering FROM etterklang_keys")
    op.execute("DROP TABLE keys.erasure")
    op.execute("DROP INDEX keys.person_key_epoch, keys.person_key_erased")
    op.execute("ALTER TABLE keys.inbox_key DROP COLUMN epoch")
    op.execute(
        """
        ALTER TABLE keys.epoch_key
          DROP COLUMN check_value, DROP COLUMN closed_at, DROP COLUMN emptied_at,
          ADD COLUMN wrapped bytea NOT NULL
        """
    )
