"""The blind index has versions: each version's pepper is a row, wrapped as the inbox keys are."""

from alembic import op

revision = "0017"
down_revision = "0014"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE keys.pepper (
          version smallint PRIMARY KEY,
          epoch integer NOT NULL REFERENCES keys.epoch_key,
          wrapped bytea NOT NULL,
          created_at timestamptz NOT NULL,
          destroyed_at timestamptz
        )
        """
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON keys.pepper TO etterklang_keys")


def downgrade() -> None:
    op.execute("DROP TABLE keys.pepper")
