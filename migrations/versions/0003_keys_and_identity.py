"""What only the key service may read: wrapped keys, sealed national identifiers and their blind index."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE keys.inbox_key (
          key_id integer PRIMARY KEY,
          wrapped bytea NOT NULL,
          created_at timestamptz NOT NULL,
          retired_at timestamptz
        )
        """
    )
    op.execute(
        """
        CREATE TABLE keys.epoch_key (
          epoch integer PRIMARY KEY,
          wrapped bytea NOT NULL,
          created_at timestamptz NOT NULL,
          destroyed_at timestamptz
        )
        """
    )
    op.execute(
        """
        CREATE TABLE keys.person_key (
          person_id uuid NOT NULL,
          study_id uuid NOT NULL,
          epoch integer NOT NULL REFERENCES keys.epoch_key,
          wrapped bytea NOT NULL,
          created_at timestamptz NOT NULL,
          erased_at timestamptz,
          PRIMARY KEY (person_id, study_id)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE identity.national_identifier (
          person_id uuid NOT NULL,
          blind_index bytea NOT NULL,
          index_version smallint NOT NULL,
          kind text NOT NULL CHECK (kind IN ('fodselsnummer', 'd-number')),
          sealed bytea NOT NULL,
          valid_from timestamptz NOT NULL,
          valid_to timestamptz,
          PRIMARY KEY (person_id, blind_index)
        )
        """
    )
    op.execute(
        "CREATE UNIQUE INDEX national_identifier_blind_index "
        "ON identity.national_identifier (index_version, blind_index)"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA keys TO etterklang_keys")
    op.execute("GRANT SELECT, INSERT, UPDATE ON identity.national_identifier TO etterklang_keys")


def downgrade() -> None:
    op.execute("DROP TABLE identity.national_identifier, keys.person_key, keys.epoch_key, keys.inbox_key")
