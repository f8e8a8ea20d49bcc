"""Registry facts. Append-only: a correction is a new row with its own recorded time; a view shows what holds now."""

from alembic import op

revision = "0005"
down_revision = "0004"

FACTS = {
    # table: (key columns after person_id, columns of the fact)
    "person": (
        (),
        "sex smallint NOT NULL, birth_date date NOT NULL, birth_date_flag smallint NOT NULL, region smallint",
    ),
    "tumour": (
        ("tumour_id",),
        "registry text NOT NULL, sequence smallint, incidence_date date NOT NULL, incidence_date_flag smallint NOT NULL, "
        "icd10 text NOT NULL, topography text, morphology text, behaviour smallint, grade smallint, laterality smallint, "
        "basis smallint NOT NULL, autopsy smallint, tnm_edition text, ct text, cn text, cm text, pt text, pn text, pm text, "
        "stage_type text, stage smallint, withdrawn boolean NOT NULL DEFAULT false",
    ),
    "treatment": (
        ("treatment_id",),
        "tumour_id uuid NOT NULL, kind text NOT NULL, started_on date NOT NULL, ended_on date, code_system text, code text, "
        "intent text, timing text, withdrawn boolean NOT NULL DEFAULT false",
    ),
    "vital_status": (
        (),
        "status smallint NOT NULL, end_of_followup date NOT NULL, end_of_followup_flag smallint NOT NULL, "
        "death_date date, cause_icd10 text, emigrated_on date",
    ),
    "reservation": (
        ("scope",),
        "starts_on date NOT NULL, ends_on date",
    ),
    "control": (
        ("tumour_id",),
        "icd10 text NOT NULL, index_date date NOT NULL, withdrawn boolean NOT NULL DEFAULT false",
    ),
}
KEY_TYPES = {"tumour_id": "uuid", "treatment_id": "uuid", "scope": "text"}


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE registry.person_link (
          person_id uuid NOT NULL,
          registry text NOT NULL,
          registry_person text NOT NULL,
          recorded_at timestamptz NOT NULL,
          PRIMARY KEY (person_id, registry, registry_person)
        )
        """
    )
    op.execute(
        "CREATE UNIQUE INDEX person_link_registry_person ON registry.person_link (registry, registry_person)"
    )
    for table, (keys, columns) in FACTS.items():
        key_columns = "".join(f"{key} {KEY_TYPES[key]} NOT NULL, " for key in keys)
        key = ", ".join(("person_id", *keys))
        op.execute(
            f"""
            CREATE TABLE registry.{table}_fact (
              person_id uuid NOT NULL, {key_columns}
              recorded_at timestamptz NOT NULL,
              content_hash bytea NOT NULL,
              {columns},
              PRIMARY KEY ({key}, recorded_at)
            )
            """
        )
        op.execute(
            f"CREATE VIEW registry.{table}_now AS "
            f"SELECT DISTINCT ON ({key}) * FROM registry.{table}_fact ORDER BY {key}, recorded_at DESC"
        )
    op.execute(
        """
        CREATE TABLE registry.feed_batch (
          registry text NOT NULL,
          batch_id uuid NOT NULL,
          form text NOT NULL CHECK (form IN ('csv', 'ndjson')),
          state text NOT NULL CHECK (state IN ('receiving', 'received', 'imported')),
          client text NOT NULL,
          content_hash bytea,
          received_at timestamptz NOT NULL,
          imported_at timestamptz,
          report jsonb,
          PRIMARY KEY (registry, batch_id)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE registry.feed_chunk (
          registry text NOT NULL,
          batch_id uuid NOT NULL,
          ordinal integer NOT NULL,
          sealed bytea NOT NULL,
          PRIMARY KEY (registry, batch_id, ordinal),
          FOREIGN KEY (registry, batch_id) REFERENCES registry.feed_batch
        )
        """
    )
    op.execute("GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA registry TO etterklang_worker")
    op.execute("GRANT UPDATE (state, imported_at, report) ON registry.feed_batch TO etterklang_worker")
    op.execute("GRANT DELETE ON registry.feed_chunk TO etterklang_worker")
    op.execute("REVOKE INSERT ON registry.feed_chunk FROM etterklang_worker")
    op.execute("GRANT INSERT ON registry.feed_chunk TO etterklang_web")
    op.execute(
        "GRANT SELECT, INSERT, UPDATE (state, content_hash), DELETE ON registry.feed_batch TO etterklang_web"
    )


def downgrade() -> None:
    op.execute("DROP TABLE registry.feed_chunk, registry.feed_batch")
    for table in FACTS:
        op.execute(f"DROP VIEW registry.{table}_now")
        op.execute(f"DROP TABLE registry.{table}_fact")
    op.execute("DROP TABLE registry.person_link")
