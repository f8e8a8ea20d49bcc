"""No check of the epoch for each person key that is wrapped anew; two grants that nobody used are taken back."""

from alembic import op

revision = "0039"
down_revision = "0036"


def upgrade() -> None:
    # The reference was checked once a row, which took half of the time of a rotation. The epoch of every row comes
    # from keys.epoch_key in the statement that writes it, and nobody may delete one there.
    op.execute("ALTER TABLE keys.person_key DROP CONSTRAINT person_key_epoch_fkey")
    op.execute("REVOKE DELETE ON keys.epoch_key FROM etterklang_keys")
    op.execute("REVOKE ALL ON followup.outbox_rest FROM etterklang_worker")
    op.execute(
        "COMMENT ON COLUMN keys.person_key.epoch IS 'of keys.epoch_key, which the writing statement reads'"
    )


def downgrade() -> None:
    op.execute("COMMENT ON COLUMN keys.person_key.epoch IS NULL")
    op.execute("GRANT SELECT, INSERT, UPDATE ON followup.outbox_rest TO etterklang_worker")
    op.execute("GRANT DELETE ON keys.epoch_key TO etterklang_keys")
    op.execute("ALTER TABLE keys.person_key ADD FOREIGN KEY (epoch) REFERENCES keys.epoch_key")
