"""Signals: a late effect that a rule saw in a person's own course."""

from sqlalchemy import Column, Index, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import TIMESTAMP

from surveys.database import metadata

signal = Table(
    "signal",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("signal_id", Uuid, primary_key=True),
    Column("study_id", Uuid, nullable=False),
    Column("assessment_id", Uuid, nullable=False),
    Column("rule_id", Uuid, nullable=False),
    Column("raised_at", TIMESTAMP(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("seen_at", TIMESTAMP(timezone=True)),
    Column("seen_by", Text),
    Column("sealed", LargeBinary, nullable=False),
    Index("signal_once", "person_id", "assessment_id", "rule_id", unique=True),
    Index("signal_raised", "raised_at"),
    schema="lateeffects",
)
