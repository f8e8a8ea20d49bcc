"""What was opened in the present hour is counted in the database, for every key service and over its restarts."""

from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE keys.quota (
          role text NOT NULL,
          purpose text NOT NULL,
          hour integer NOT NULL,
          opened bigint NOT NULL,
          PRIMARY KEY (role, purpose)
        )
        """
    )
    op.execute("COMMENT ON COLUMN keys.quota.hour IS 'hours since 1970'")
    op.execute("GRANT SELECT, INSERT, UPDATE ON keys.quota TO etterklang_keys")


def downgrade() -> None:
    op.execute("DROP TABLE keys.quota")
