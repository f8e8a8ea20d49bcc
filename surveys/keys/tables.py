"""Wrapped keys and sealed national identifiers: only the key service has these."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP

from surveys.database import metadata

inbox_key = Table(
    "inbox_key",
    metadata,
    Column("key_id", Integer, primary_key=True, autoincrement=False),
    Column("epoch", Integer, ForeignKey("keys.epoch_key.epoch"), nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("created_at", TIMESTAMP(timezone=True), nullable=False),
    Column("retired_at", TIMESTAMP(timezone=True)),
    schema="keys",
)

pepper = Table(
    "pepper",
    metadata,
    Column("version", SmallInteger, primary_key=True, autoincrement=False),
    Column("epoch", Integer, ForeignKey("keys.epoch_key.epoch"), nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("created_at", TIMESTAMP(timezone=True), nullable=False),
    Column("destroyed_at", TIMESTAMP(timezone=True)),
    schema="keys",
)

epoch_key = Table(
    "epoch_key",
    metadata,
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column(
        "check_value", LargeBinary, nullable=False, comment="says whether the key store's key is this one"
    ),
    Column("created_at", TIMESTAMP(timezone=True), nullable=False),
    Column("closed_at", TIMESTAMP(timezone=True), comment="nothing new is wrapped in it from then on"),
    Column("emptied_at", TIMESTAMP(timezone=True), comment="nothing is wrapped in it any more"),
    Column("destroyed_at", TIMESTAMP(timezone=True)),
    schema="keys",
)

person_key = Table(
    "person_key",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("study_id", Uuid, primary_key=True),
    Column("epoch", Integer, nullable=False, comment="of keys.epoch_key, which the writing statement reads"),
    Column("wrapped", LargeBinary, nullable=False),
    Column("created_at", TIMESTAMP(timezone=True), nullable=False),
    Column("erased_at", TIMESTAMP(timezone=True)),
    Index("person_key_erased", "erased_at", postgresql_where=text("erased_at IS NOT NULL")),
    schema="keys",
)

erasure = Table(
    "erasure",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("asked_at", TIMESTAMP(timezone=True), primary_key=True),
    Column("asked_by", Text, nullable=False),
    Column("approved_by", Text),
    Column("approved_at", TIMESTAMP(timezone=True)),
    CheckConstraint("asked_by <> approved_by", name="erasure_takes_two"),
    schema="keys",
)

quota = Table(
    "quota",
    metadata,
    Column("role", Text, primary_key=True),
    Column("purpose", Text, primary_key=True),
    Column("hour", Integer, nullable=False, comment="hours since 1970"),
    Column("opened", BigInteger, nullable=False),
    schema="keys",
)

national_identifier = Table(
    "national_identifier",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("blind_index", LargeBinary, primary_key=True),
    Column("index_version", SmallInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("valid_from", TIMESTAMP(timezone=True), nullable=False),
    Column("valid_to", TIMESTAMP(timezone=True)),
    Index("national_identifier_blind_index", "index_version", "blind_index", unique=True),
    schema="identity",
)
