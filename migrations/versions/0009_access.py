"""Logins under way, sessions, and the machines that may ask for a token."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE access.login (
          state_hash bytea PRIMARY KEY,
          sealed bytea NOT NULL,
          ends_at timestamptz NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX login_ends ON access.login (ends_at)")
    op.execute(
        """
        CREATE TABLE access.session (
          session_hash bytea PRIMARY KEY,
          audience text NOT NULL CHECK (audience IN ('patient', 'staff')),
          person_id uuid NOT NULL,
          sealed bytea NOT NULL,
          started_at timestamptz NOT NULL,
          last_used_at timestamptz NOT NULL,
          idle interval NOT NULL,
          ends_at timestamptz NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX session_ends ON access.session (ends_at)")
    op.execute(
        """
        CREATE TABLE access.machine (
          client_id text PRIMARY KEY,
          public_key jsonb NOT NULL,
          scopes text[] NOT NULL,
          project_id uuid,
          registered_at timestamptz NOT NULL,
          revoked_at timestamptz
        )
        """
    )
    op.execute(
        """
        CREATE TABLE access.used_assertion (
          client_id text NOT NULL,
          jti text NOT NULL,
          expires_at timestamptz NOT NULL,
          PRIMARY KEY (client_id, jti)
        )
        """
    )
    # Locking an old attempt before it is removed takes the right to update a column of it.
    op.execute("GRANT SELECT, INSERT, UPDATE (ends_at), DELETE ON access.login TO etterklang_web")
    op.execute("GRANT SELECT, INSERT, DELETE ON access.used_assertion TO etterklang_web")
    op.execute("GRANT SELECT, INSERT, UPDATE (last_used_at), DELETE ON access.session TO etterklang_web")
    op.execute("GRANT SELECT ON access.machine TO etterklang_web")
    op.execute("GRANT SELECT, INSERT, UPDATE (revoked_at) ON access.machine TO etterklang_worker")


def downgrade() -> None:
    op.execute("DROP TABLE access.used_assertion, access.machine, access.session, access.login")
