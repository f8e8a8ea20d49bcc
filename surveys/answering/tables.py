"""Drafts, submissions, the sealed inbox, responses and their scores."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, SmallInteger, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import TIMESTAMP

from surveys.database import metadata

draft = Table(
    "draft",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("assessment_id", Uuid, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("saved_at", TIMESTAMP(timezone=True), nullable=False),
    schema="answering",
)

submission = Table(
    "submission",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("assessment_id", Uuid, primary_key=True),
    Column("submission_id", Uuid, nullable=False),
    Column("commitment", LargeBinary, nullable=False),
    Column("audit_hash", LargeBinary, nullable=False),
    Column("received_at", TIMESTAMP(timezone=True), nullable=False),
    Index("submission_once", "person_id", "submission_id", unique=True),
    schema="answering",
)

inbox = Table(
    "inbox",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("submission_id", Uuid, primary_key=True),
    Column("assessment_id", Uuid, nullable=False),
    Column("protocol_version_id", Uuid, nullable=False),
    Column("study_id", Uuid, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("received_at", TIMESTAMP(timezone=True), nullable=False),
    Column("lease_until", TIMESTAMP(timezone=True)),
    Column("retry_at", TIMESTAMP(timezone=True)),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("failed_because", Text),
    Index("inbox_waiting", "received_at"),
    schema="answering",
)

response = Table(
    "response",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("response_id", Uuid, primary_key=True),
    Column("received_at", TIMESTAMP(timezone=True), primary_key=True),
    Column("stored_at", TIMESTAMP(timezone=True), nullable=False),
    Column("assessment_id", Uuid, nullable=False),
    Column("protocol_version_id", Uuid, nullable=False),
    Column("study_id", Uuid, nullable=False),
    Column("tumour_id", Uuid, nullable=False),
    Column("wave", SmallInteger, nullable=False),
    Column("part", SmallInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("response_of_study", "study_id", "stored_at"),
    schema="answering",
)

score = Table(
    "score",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("response_id", Uuid, primary_key=True),
    Column("scored_at", TIMESTAMP(timezone=True), primary_key=True),
    Column("study_id", Uuid, nullable=False),
    Column("tumour_id", Uuid, nullable=False),
    Column("wave", SmallInteger, nullable=False),
    Column("part", SmallInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    schema="answering",
)

rescoring = Table(
    "rescoring",
    metadata,
    Column("version_id", Uuid, ForeignKey("catalogue.instrument_version.version_id"), primary_key=True),
    Column("finished_at", TIMESTAMP(timezone=True), primary_key=True),
    Column("actor", Text, nullable=False),
    Column("added", Integer, nullable=False),
    schema="answering",
)

frozen = Table(
    "frozen",
    metadata,
    Column("study_id", Uuid, primary_key=True),
    Column("up_to", TIMESTAMP(timezone=True), nullable=False),
    schema="answering",
)
