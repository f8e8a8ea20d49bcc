"""Logins under way, sessions and registered machines."""

from sqlalchemy import Column, Index, Interval, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP

from surveys.database import metadata

login = Table(
    "login",
    metadata,
    Column("state_hash", LargeBinary, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("ends_at", TIMESTAMP(timezone=True), nullable=False),
    Index("login_ends", "ends_at"),
    schema="access",
)

session = Table(
    "session",
    metadata,
    Column("session_hash", LargeBinary, primary_key=True),
    Column("audience", Text, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("started_at", TIMESTAMP(timezone=True), nullable=False),
    Column("last_used_at", TIMESTAMP(timezone=True), nullable=False),
    Column("idle", Interval, nullable=False),
    Column("ends_at", TIMESTAMP(timezone=True), nullable=False),
    Index("session_ends", "ends_at"),
    schema="access",
)

machine = Table(
    "machine",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("public_key", JSONB, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("project_id", Uuid),
    Column("registered_at", TIMESTAMP(timezone=True), nullable=False),
    Column("revoked_at", TIMESTAMP(timezone=True)),
    schema="access",
)

used_assertion = Table(
    "used_assertion",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("jti", Text, primary_key=True),
    Column("expires_at", TIMESTAMP(timezone=True), nullable=False),
    schema="access",
)
