"""Months of responses, audit entries and notices, made ahead by a function: no serving role owns a table."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    # Two steps, so that writing goes on meanwhile: making the table locks nothing, attaching it locks only
    # the partition for the rest. A month of which the rest already holds rows stays there, and so does one
    # whose lock was not to be had at once; nothing is lost, and the next call tries again.
    op.execute(
        """
        CREATE FUNCTION public.ensure_months(first_month date, months integer) RETURNS SETOF text
        LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = '' SET lock_timeout = '2s' SET timezone = 'UTC' AS $$
        DECLARE
          parent text;
          month date;
          partition text;
        BEGIN
          FOR month IN
            SELECT (pg_catalog.date_trunc('month', first_month) + n * interval '1 month')::date
            FROM pg_catalog.generate_series(0, least(months, 24) - 1) AS n
          LOOP
            FOREACH parent IN ARRAY ARRAY['answering.response', 'audit.audit_entry', 'followup.outbox'] LOOP
              partition := parent || pg_catalog.to_char(month, '"_y"YYYY"m"MM');
              CONTINUE WHEN pg_catalog.to_regclass(partition) IS NOT NULL;
              BEGIN
                EXECUTE 'CREATE TABLE ' || partition || ' (LIKE ' || parent || ' INCLUDING ALL)';
                EXECUTE pg_catalog.format(
                  'ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)',
                  parent, partition, month, (month + interval '1 month')::date);
                RETURN NEXT partition;
              EXCEPTION WHEN check_violation OR lock_not_available THEN
                NULL;
              END;
            END LOOP;
          END LOOP;
        END $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION public.ensure_months(date, integer) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION public.ensure_months(date, integer) TO etterklang_worker")


def downgrade() -> None:
    op.execute("DROP FUNCTION public.ensure_months(date, integer)")
