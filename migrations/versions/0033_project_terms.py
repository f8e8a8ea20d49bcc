"""A project says to those whose answers it uses what it is called, who is responsible, and by what right."""

from alembic import op

revision = "0033"
down_revision = "0032"

TERMS = ("title", "organisation", "basis")


def upgrade() -> None:
    # Of projects that were approved before, nobody has said it: they are empty.
    for term in TERMS:
        op.execute(f"ALTER TABLE research.project ADD COLUMN {term} text NOT NULL DEFAULT ''")


def downgrade() -> None:
    for term in TERMS:
        op.execute(f"ALTER TABLE research.project DROP COLUMN {term}")
