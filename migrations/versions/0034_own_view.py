"""The patient's own view: who used the answers, everything that is held of one person, and their leaving."""

from alembic import op

revision = "0034"
down_revision = "0033"

ROLES = "etterklang_web, etterklang_keys, etterklang_research"
WEB = "own.uses(integer), own.participation(), own.facts(), own.responses(), own.scores(), own.signals(), own.me()"


def upgrade() -> None:
    _index_of_persons()
    op.execute("CREATE SCHEMA own")
    op.execute(f"GRANT USAGE ON SCHEMA own TO {ROLES}")
    # A row lets the web process read all that is held of one person, for the minutes in which their login is
    # fresh. Only the key service, which has verified the login, can make one.
    op.execute("CREATE TABLE own.reading (person_id uuid PRIMARY KEY, until timestamptz NOT NULL)")
    op.execute("GRANT SELECT, INSERT, UPDATE ON own.reading TO etterklang_keys")
    _whose()
    _uses()
    _holdings()
    _participation()
    op.execute(f"REVOKE ALL ON FUNCTION {WEB}, own.is_reading(), own.is_erased(uuid, uuid) FROM PUBLIC")
    op.execute(
        "REVOKE ALL ON FUNCTION own.stop(uuid, timestamptz, date), own.forget(uuid), own.leaving() FROM PUBLIC"
    )
    op.execute(f"GRANT EXECUTE ON FUNCTION {WEB} TO etterklang_web")
    op.execute(
        "GRANT EXECUTE ON FUNCTION own.stop(uuid, timestamptz, date), own.forget(uuid) TO etterklang_keys"
    )
    op.execute("GRANT EXECUTE ON FUNCTION own.leaving() TO etterklang_research")


def _index_of_persons() -> None:
    # An entry is canonical JSON whose last key is the person's: its last 38 characters say whose it is.
    op.execute(
        'CREATE INDEX audit_entry_person ON audit.audit_entry ("right"(entry, 38), recorded_at) '
        "WHERE \"right\"(entry, 5) <> 'null}'"
    )


def _whose() -> None:
    op.execute(
        """
        CREATE FUNCTION own.me() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
          SELECT persons.all_of(nullif(current_setting('etterklang.person', true), '')::uuid)
        $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION own.is_reading() RETURNS boolean
        LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
          SELECT EXISTS (
            SELECT FROM own.reading
            WHERE person_id = nullif(current_setting('etterklang.person', true), '')::uuid
              AND until > pg_catalog.clock_timestamp()
          )
        $$
        """
    )


def _uses() -> None:
    op.execute(
        """
        CREATE FUNCTION own.uses(most integer)
        RETURNS TABLE (at timestamptz, action text, recorded_by text,
                       project text, organisation text, basis text)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
          SELECT e.recorded_at, e.said ->> 'action', e.recorded_by,
                 coalesce(nullif(p.title, ''), p.name), p.organisation, p.basis
          FROM (
            SELECT recorded_at, recorded_by, entry::json AS said FROM audit.audit_entry
            WHERE "right"(entry, 38) = ANY (ARRAY(SELECT one || '"}' FROM pg_catalog.unnest(own.me()) AS one))
              AND "right"(entry, 5) <> 'null}'
          ) e
          LEFT JOIN research.extract x ON x.extract_id::text = e.said #>> '{about,extract}'
          LEFT JOIN research.project p USING (project_id)
          WHERE e.said ->> 'action' LIKE 'opened-for-%' OR e.said ->> 'action' IN ('submission-stored', 'signal-seen')
          ORDER BY e.recorded_at DESC LIMIT most
        $$
        """
    )


def _holdings() -> None:
    op.execute(
        """
        CREATE FUNCTION own.is_erased(person uuid, study uuid) RETURNS boolean
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
          SELECT EXISTS (
            SELECT FROM keys.person_key k
            WHERE k.person_id = person AND k.study_id = study AND k.erased_at IS NOT NULL
          )
        $$
        """
    )
    # What is known of a matched case is somebody else's: a control learns the kind and the day, not which.
    facts = " UNION ALL ".join(
        f"""
        SELECT '{kind}', f.recorded_at,
          row_number() OVER (PARTITION BY {key} ORDER BY f.recorded_at DESC) = 1,
          to_jsonb(f) - ARRAY['person_id', 'content_hash', 'recorded_at'{", 'tumour_id'" if kind == "control" else ""}]
        FROM registry.{kind}_fact f WHERE f.person_id = ANY (own.me()) AND own.is_reading()
        """
        for kind, key in (
            ("person", "f.person_id"),
            ("tumour", "f.person_id, f.tumour_id"),
            ("treatment", "f.person_id, f.treatment_id"),
            ("vital_status", "f.person_id"),
            ("reservation", "f.person_id, f.scope"),
            ("control", "f.person_id, f.tumour_id"),
        )
    )
    op.execute(
        f"""
        CREATE FUNCTION own.facts() RETURNS TABLE (kind text, recorded_at timestamptz, holds boolean, fact jsonb)
        LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = '' AS $$ {facts} ORDER BY 1, 2 $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION own.responses() RETURNS SETOF answering.response
        LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
          SELECT r.* FROM answering.response r
          WHERE r.person_id = ANY (own.me()) AND NOT own.is_erased(r.person_id, r.study_id) AND own.is_reading()
          ORDER BY r.received_at, r.part, r.response_id
        $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION own.scores() RETURNS SETOF answering.score
        LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
          SELECT s.* FROM answering.score s
          WHERE s.person_id = ANY (own.me()) AND NOT own.is_erased(s.person_id, s.study_id) AND own.is_reading()
          ORDER BY s.response_id, s.scored_at
        $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION own.signals() RETURNS SETOF lateeffects.signal
        LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
          SELECT s.* FROM lateeffects.signal s
          WHERE s.person_id = ANY (own.me()) AND NOT own.is_erased(s.person_id, s.study_id) AND own.is_reading()
          ORDER BY s.raised_at, s.signal_id
        $$
        """
    )


def _participation() -> None:
    op.execute(
        """
        CREATE FUNCTION own.participation()
        RETURNS TABLE (stopped_at timestamptz, erasure_asked_at timestamptz, erasure_done_at timestamptz)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
          SELECT
            (SELECT min(recorded_at) FROM registry.reservation_fact
             WHERE person_id = ANY (own.me()) AND scope = 'own'),
            e.asked_at, e.approved_at
          FROM (VALUES (1)) AS one (row)
          LEFT JOIN LATERAL (
            SELECT asked_at, approved_at FROM keys.erasure WHERE person_id = ANY (own.me())
            ORDER BY asked_at DESC LIMIT 1
          ) e ON true
        $$
        """
    )
    # A sweep plans from the facts that it has read: whoever leaves waits for the page that it is at.
    op.execute(
        """
        CREATE FUNCTION own.stop(person uuid, moment timestamptz, today date) RETURNS boolean
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
        DECLARE everybody uuid[] := persons.all_of(person); has_stopped boolean;
        BEGIN
          PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('followup.sweep'));
          INSERT INTO registry.reservation_fact (person_id, scope, recorded_at, content_hash, starts_on)
          SELECT one, 'own', moment, pg_catalog.sha256(pg_catalog.convert_to('own ' || one || today, 'UTF8')), today
          FROM pg_catalog.unnest(everybody) AS one
          WHERE NOT EXISTS (
            SELECT FROM registry.reservation_fact r WHERE r.person_id = one AND r.scope = 'own'
          );
          has_stopped := FOUND;
          UPDATE followup.assessment SET state = 'cancelled', changed_at = moment
          WHERE person_id = ANY (everybody) AND state IN ('planned', 'open');
          UPDATE followup.outbox SET state = 'withheld', reason = 'withdrawal', settled_at = moment
          WHERE person_id = ANY (everybody) AND state = 'due';
          RETURN has_stopped;
        END $$
        """
    )
    # Staff open the signals of many at once: one that has gone dark would keep them from the others.
    op.execute(
        """
        CREATE FUNCTION own.forget(person uuid) RETURNS void
        LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
          DELETE FROM lateeffects.signal WHERE person_id = person
        $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION own.leaving() RETURNS SETOF uuid
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
          SELECT DISTINCT one FROM keys.erasure e, pg_catalog.unnest(persons.all_of(e.person_id)) AS one
        $$
        """
    )


def downgrade() -> None:
    op.execute("DROP SCHEMA own CASCADE")
    op.execute("DROP INDEX audit.audit_entry_person")
