"""Merges: which person identifier stands for another one, since when, by whom and why."""

from sqlalchemy import CheckConstraint, Column, Index, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import TIMESTAMP

from surveys.database import metadata

merge = Table(
    "merge",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("merged_at", TIMESTAMP(timezone=True), primary_key=True),
    Column("into_person_id", Uuid, nullable=False),
    Column("merged_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("unmerged_at", TIMESTAMP(timezone=True)),
    Column("unmerged_by", Text),
    Column("unmerge_reason", Text),
    CheckConstraint("person_id <> into_person_id", name="merge_joins_two"),
    CheckConstraint("unmerged_at > merged_at", name="merge_ends_later"),
    Index("merge_once", "person_id", unique=True, postgresql_where=text("unmerged_at IS NULL")),
    Index("merge_into", "into_person_id"),
    schema="persons",
)
