"""Showing a person's own rows costs what it did before merges: no subquery, and plans that are kept."""

from alembic import op

revision = "0026"
down_revision = "0023"

ME = "nullif(current_setting('etterklang.person', true), '')::uuid"
# The planner works out a stable function beforehand and sees one person; of a subquery it expects ten.
OWN_ROWS = f"person_id = ANY (persons.all_of({ME}))"
FROM_A_SUBQUERY = f"person_id = ANY ((SELECT persons.all_of({ME}))::uuid[])"


def upgrade() -> None:
    # PL/pgSQL keeps its plans for the session.
    op.execute(
        """
        CREATE OR REPLACE FUNCTION persons.all_of(person uuid) RETURNS uuid[]
        LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
        DECLARE reached uuid;
        BEGIN
          SELECT m.into_person_id INTO reached FROM persons.merge m
          WHERE m.person_id = person AND m.unmerged_at IS NULL;
          reached := coalesce(reached, person);
          RETURN reached || ARRAY(
            SELECT m.person_id FROM persons.merge m
            WHERE m.into_person_id = reached AND m.unmerged_at IS NULL ORDER BY m.person_id
          );
        END $$
        """
    )
    _show(OWN_ROWS)


def downgrade() -> None:
    # The function gives the same in either language.
    _show(FROM_A_SUBQUERY)


def _show(rows: str) -> None:
    op.execute(
        f"ALTER POLICY own_assessments ON followup.assessment "
        f"USING ({rows}) WITH CHECK ({rows} AND state = 'submitted')"
    )
    for table in ("draft", "submission"):
        op.execute(f"ALTER POLICY own_rows ON answering.{table} USING ({rows}) WITH CHECK ({rows})")
