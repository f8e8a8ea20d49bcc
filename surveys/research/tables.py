"""Approved projects, the cases linked for each, and extracts."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Integer, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP

from surveys.database import metadata

project = Table(
    "project",
    metadata,
    Column("project_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("study_id", Uuid, nullable=False),
    Column("title", Text, nullable=False, server_default=""),
    Column("organisation", Text, nullable=False, server_default=""),
    Column("basis", Text, nullable=False, server_default=""),
    Column("purpose", Text, nullable=False),
    Column("variables", ARRAY(Text), nullable=False),
    Column("approved_by", Text, nullable=False),
    Column("approved_at", TIMESTAMP(timezone=True), nullable=False),
    Column("valid_to", Date, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("confirmed_by", Text),
    Column("confirmed_at", TIMESTAMP(timezone=True)),
    CheckConstraint("lower(btrim(recorded_by)) <> lower(btrim(confirmed_by))", name="project_takes_two"),
    schema="research",
)

linked_case = Table(
    "linked_case",
    metadata,
    Column("project_id", Uuid, ForeignKey("research.project.project_id"), primary_key=True),
    Column("person_id", Uuid, primary_key=True),
    Column("tumour_id", Uuid, primary_key=True),
    Column("recorded_at", TIMESTAMP(timezone=True), primary_key=True),
    Column("content_hash", LargeBinary, nullable=False),
    Column("linked", JSONB, nullable=False),
    comment="only the registry variables that the project is approved for",
    schema="research",
)

extract = Table(
    "extract",
    metadata,
    Column("extract_id", Uuid, primary_key=True),
    Column("project_id", Uuid, ForeignKey("research.project.project_id"), nullable=False),
    Column("as_of", TIMESTAMP(timezone=True), nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", TIMESTAMP(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("settled_at", TIMESTAMP(timezone=True)),
    Column("failed_because", Text),
    Column("manifest", JSONB),
    schema="research",
)

extract_part = Table(
    "extract_part",
    metadata,
    Column("extract_id", Uuid, ForeignKey("research.extract.extract_id"), primary_key=True),
    Column("file", Text, primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
    schema="research",
)
