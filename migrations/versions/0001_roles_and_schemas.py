"""The four roles, and one schema for each capability that owns tables."""

from alembic import op

revision = "0001"
down_revision = None

ROLES = ("etterklang_web", "etterklang_worker", "etterklang_keys", "etterklang_research")
SCHEMAS = {
    "catalogue": "etterklang_web, etterklang_worker, etterklang_research",
    "identity": "etterklang_keys",
    "keys": "etterklang_keys",
    "registry": "etterklang_web, etterklang_worker",
    "followup": "etterklang_web, etterklang_worker, etterklang_research",
    "answering": "etterklang_web, etterklang_worker, etterklang_research",
    "lateeffects": "etterklang_web, etterklang_worker",
    "research": "etterklang_web, etterklang_worker, etterklang_research",
    "audit": "etterklang_web, etterklang_worker, etterklang_keys, etterklang_research",
    "access": "etterklang_web, etterklang_worker",
}


def upgrade() -> None:
    for role in ROLES:
        # Roles belong to the whole server, so another database (or a migration beside this one) may have made them.
        op.execute(
            f"""
            DO $$ BEGIN
              IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                CREATE ROLE {role} LOGIN;
              END IF;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
            END $$
            """
        )
    for schema, roles in SCHEMAS.items():
        op.execute(f"CREATE SCHEMA {schema}")
        op.execute(f"GRANT USAGE ON SCHEMA {schema} TO {roles}")
    op.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    op.execute("GRANT USAGE ON SCHEMA public TO " + ", ".join(ROLES))


def downgrade() -> None:
    for schema in reversed(SCHEMAS):
        op.execute(f"DROP SCHEMA {schema} CASCADE")
