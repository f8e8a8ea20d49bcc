"""The tables of sealed documents: instruments, records of translations, licences, protocols, rules."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP

from surveys.database import metadata

document = Table(
    "document",
    metadata,
    Column("document_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column(
        "fingerprint",
        LargeBinary,
        nullable=False,
        unique=True,
        comment="keyed hash, so that a published text cannot be recognised",
    ),
    Column("sealed", LargeBinary, nullable=False),
    Column("stored_at", TIMESTAMP(timezone=True), nullable=False),
    schema="catalogue",
)

instrument_version = Table(
    "instrument_version",
    metadata,
    Column("version_id", Uuid, primary_key=True),
    Column("lineage", LargeBinary, nullable=False, comment="keyed hash of the instrument identifier"),
    Column("structure_id", Uuid, ForeignKey(document.c.document_id), nullable=False),
    Column("presentation_id", Uuid, ForeignKey(document.c.document_id), nullable=False),
    Column("scoring_id", Uuid, ForeignKey(document.c.document_id), nullable=False),
    Column("state", Text, nullable=False),
    Column("stored_at", TIMESTAMP(timezone=True), nullable=False),
    Column("published_at", TIMESTAMP(timezone=True)),
    Index(
        "instrument_version_one_live", "lineage", unique=True, postgresql_where=text("state = 'published'")
    ),
    schema="catalogue",
)

instrument_translation = Table(
    "instrument_translation",
    metadata,
    Column("version_id", Uuid, ForeignKey(instrument_version.c.version_id), primary_key=True),
    Column("language", Text, primary_key=True),
    Column("translation_id", Uuid, ForeignKey(document.c.document_id), nullable=False),
    schema="catalogue",
)

version_move = Table(
    "version_move",
    metadata,
    Column("move_number", BigInteger, Identity(always=True), primary_key=True),
    Column("version_id", Uuid, ForeignKey(instrument_version.c.version_id), nullable=False),
    Column("from_state", Text),
    Column("to_state", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("moved_at", TIMESTAMP(timezone=True), nullable=False),
    Index("version_move_of_version", "version_id", "move_number"),
    schema="catalogue",
)

translation_record = Table(
    "translation_record",
    metadata,
    Column("record_number", BigInteger, Identity(always=True), primary_key=True),
    Column("translation_id", Uuid, ForeignKey(document.c.document_id), nullable=False),
    Column("document_id", Uuid, ForeignKey(document.c.document_id), nullable=False),
    Column("recorded_at", TIMESTAMP(timezone=True), nullable=False),
    Column("recorded_by", Text, nullable=False),
    Index("translation_record_of_translation", "translation_id", "record_number"),
    schema="catalogue",
)

translation_status = Table(
    "translation_status",
    metadata,
    Column("status_number", BigInteger, Identity(always=True), primary_key=True),
    Column("translation_id", Uuid, ForeignKey(document.c.document_id), nullable=False),
    Column("document_id", Uuid, ForeignKey(document.c.document_id), nullable=False),
    Column("recorded_at", TIMESTAMP(timezone=True), nullable=False),
    Column("recorded_by", Text, nullable=False),
    Index("translation_status_of_translation", "translation_id", "status_number"),
    schema="catalogue",
)

translation_approval = Table(
    "translation_approval",
    metadata,
    Column("approval_number", BigInteger, Identity(always=True), primary_key=True),
    Column("record_number", BigInteger, ForeignKey(translation_record.c.record_number), nullable=False),
    Column("approved_at", TIMESTAMP(timezone=True), nullable=False),
    Column("approved_by", Text, nullable=False),
    Index("translation_approval_of_record", "record_number"),
    schema="catalogue",
)

licence = Table(
    "licence",
    metadata,
    Column("licence_id", Uuid, primary_key=True),
    Column("lineage", LargeBinary, nullable=False, comment="keyed hash of the instrument identifier"),
    Column("document_id", Uuid, ForeignKey(document.c.document_id), nullable=False),
    Column("recorded_at", TIMESTAMP(timezone=True), nullable=False),
    Column("recorded_by", Text, nullable=False),
    Index("licence_of_lineage", "lineage", "licence_id"),
    schema="catalogue",
)
