"""The audit log: one hash chain a lane, appended to by functions alone, and its checkpoints."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, SmallInteger, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP

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
    Index(
        "audit_entry_person",
        text('"right"(entry, 38)'),
        "recorded_at",
        postgresql_where=text("\"right\"(entry, 5) <> 'null}'"),
    ),
    schema="audit",
)

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("lanes", ARRAY(BigInteger), nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
    Column("made_at", TIMESTAMP(timezone=True), nullable=False),
    schema="audit",
)

publication = Table(
    "publication",
    metadata,
    Column("destination", Text, primary_key=True),
    Column("size", BigInteger, nullable=False, server_default="0"),
    Column("published_at", TIMESTAMP(timezone=True)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("retry_at", TIMESTAMP(timezone=True)),
    Column("failed_because", Text),
    schema="audit",
)
