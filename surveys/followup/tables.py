"""Protocol versions, assessments and the outbox of notices."""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, SmallInteger, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import TIMESTAMP

from surveys.database import metadata

protocol_version = Table(
    "protocol_version",
    metadata,
    Column("protocol_version_id", Uuid, primary_key=True),
    Column("protocol_id", Uuid, nullable=False),
    Column("study_id", Uuid, nullable=False),
    Column("document_id", Uuid, ForeignKey("catalogue.document.document_id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("stored_at", TIMESTAMP(timezone=True), nullable=False),
    Column("published_at", TIMESTAMP(timezone=True)),
    Index(
        "protocol_version_one_live", "protocol_id", unique=True, postgresql_where=text("state = 'published'")
    ),
    schema="followup",
)

assessment = Table(
    "assessment",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("assessment_id", Uuid, primary_key=True),
    Column("protocol_id", Uuid, nullable=False),
    Column(
        "protocol_version_id",
        Uuid,
        ForeignKey("followup.protocol_version.protocol_version_id"),
        nullable=False,
    ),
    Column("study_id", Uuid, nullable=False),
    Column(
        "tumour_id",
        Uuid,
        nullable=False,
        comment="the case, or for a control the case it is matched to",
    ),
    Column("wave", SmallInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("anchor_date", Date, nullable=False),
    Column("opens_on", Date, nullable=False),
    Column("closes_on", Date, nullable=False),
    Column("planned_at", TIMESTAMP(timezone=True), nullable=False),
    Column("changed_at", TIMESTAMP(timezone=True), nullable=False),
    Index("assessment_once_a_wave", "person_id", "protocol_id", "tumour_id", "wave", unique=True),
    Index("assessment_by_state", "state", "opens_on"),
    schema="followup",
)

outbox = Table(
    "outbox",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("outbox_id", Uuid, primary_key=True),
    Column("created_at", TIMESTAMP(timezone=True), primary_key=True),
    Column("assessment_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("due_at", TIMESTAMP(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("lease_until", TIMESTAMP(timezone=True)),
    Column("fence", BigInteger, nullable=False, server_default="0"),
    Column("settled_at", TIMESTAMP(timezone=True)),
    Column("reason", Text),
    Index("outbox_due", "due_at", postgresql_where=text("state IN ('due', 'leased')")),
    schema="followup",
)
