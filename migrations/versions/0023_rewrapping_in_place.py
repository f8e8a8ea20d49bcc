"""A person key is wrapped anew in its own page: room is left beside it, and no index moves with its epoch."""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.execute("DROP INDEX keys.person_key_epoch")
    op.execute("ALTER TABLE keys.person_key SET (fillfactor = 50)")


def downgrade() -> None:
    op.execute("ALTER TABLE keys.person_key RESET (fillfactor)")
    op.execute("CREATE INDEX person_key_epoch ON keys.person_key (epoch)")
