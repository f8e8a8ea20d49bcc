"""The audit log: one hash chain a lane, appended to by the function audit.append alone."""

from sqlalchemy import BigInteger, Column, LargeBinary, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP

from surveys.database import metadata

head = Table(
    "head",
    metadata,
    Column("lane", SmallInteger, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    schema="audit",
)

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("lane", SmallInteger, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("recorded_at", TIMESTAMP(timezone=True), primary_key=True),
    Column("recorded_by", Text, nullable=False),
    Column("entry", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    schema="audit",
)
