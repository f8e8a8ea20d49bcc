"""For how long the web process may read what is held of one person: rows that the key service alone makes."""

from sqlalchemy import Column, Table, Uuid
from sqlalchemy.dialects.postgresql import TIMESTAMP

from surveys.database import metadata

reading = Table(
    "reading",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("until", TIMESTAMP(timezone=True), nullable=False),
    schema="own",
)
