"""Registry facts (append-only), the registry link, and the batches of the feed."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

from surveys.database import metadata

person_link = Table(
    "person_link",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("registry", Text, primary_key=True),
    Column("registry_person", Text, primary_key=True),
    Column("recorded_at", TIMESTAMP(timezone=True), nullable=False),
    Index("person_link_registry_person", "registry", "registry_person", unique=True),
    schema="registry",
)

person_fact = Table(
    "person_fact",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("recorded_at", TIMESTAMP(timezone=True), primary_key=True),
    Column("content_hash", LargeBinary, nullable=False),
    Column("sex", SmallInteger, nullable=False),
    Column("birth_date", Date, nullable=False),
    Column("birth_date_flag", SmallInteger, nullable=False),
    Column("region", SmallInteger),
    schema="registry",
)

tumour_fact = Table(
    "tumour_fact",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("tumour_id", Uuid, primary_key=True),
    Column("recorded_at", TIMESTAMP(timezone=True), primary_key=True),
    Column("content_hash", LargeBinary, nullable=False),
    Column("registry", Text, nullable=False),
    Column("sequence", SmallInteger),
    Column("incidence_date", Date, nullable=False),
    Column("incidence_date_flag", SmallInteger, nullable=False),
    Column("icd10", Text, nullable=False),
    Column("topography", Text),
    Column("morphology", Text),
    Column("behaviour", SmallInteger),
    Column("grade", SmallInteger),
    Column("laterality", SmallInteger),
    Column("basis", SmallInteger, nullable=False),
    Column("autopsy", SmallInteger),
    Column("tnm_edition", Text),
    Column("ct", Text),
    Column("cn", Text),
    Column("cm", Text),
    Column("pt", Text),
    Column("pn", Text),
    Column("pm", Text),
    Column("stage_type", Text),
    Column("stage", SmallInteger),
    Column("withdrawn", Boolean, nullable=False, server_default="false"),
    schema="registry",
)

treatment_fact = Table(
    "treatment_fact",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("treatment_id", Uuid, primary_key=True),
    Column("recorded_at", TIMESTAMP(timezone=True), primary_key=True),
    Column("content_hash", LargeBinary, nullable=False),
    Column("tumour_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("started_on", Date, nullable=False),
    Column("ended_on", Date),
    Column("code_system", Text),
    Column("code", Text),
    Column("intent", Text),
    Column("timing", Text),
    Column("withdrawn", Boolean, nullable=False, server_default="false"),
    schema="registry",
)

vital_status_fact = Table(
    "vital_status_fact",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("recorded_at", TIMESTAMP(timezone=True), primary_key=True),
    Column("content_hash", LargeBinary, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("end_of_followup", Date, nullable=False),
    Column("end_of_followup_flag", SmallInteger, nullable=False),
    Column("death_date", Date),
    Column("cause_icd10", Text),
    Column("emigrated_on", Date),
    schema="registry",
)

reservation_fact = Table(
    "reservation_fact",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("recorded_at", TIMESTAMP(timezone=True), primary_key=True),
    Column("content_hash", LargeBinary, nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date),
    schema="registry",
)

control_fact = Table(
    "control_fact",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("tumour_id", Uuid, primary_key=True),
    Column("recorded_at", TIMESTAMP(timezone=True), primary_key=True),
    Column("content_hash", LargeBinary, nullable=False),
    Column("icd10", Text, nullable=False),
    Column("index_date", Date, nullable=False),
    Column("withdrawn", Boolean, nullable=False, server_default="false"),
    schema="registry",
)

feed_batch = Table(
    "feed_batch",
    metadata,
    Column("registry", Text, primary_key=True),
    Column("batch_id", Uuid, primary_key=True),
    Column("form", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("content_hash", LargeBinary),
    Column("received_at", TIMESTAMP(timezone=True), nullable=False),
    Column("imported_at", TIMESTAMP(timezone=True)),
    Column("report", JSONB),
    schema="registry",
)

feed_chunk = Table(
    "feed_chunk",
    metadata,
    Column("registry", Text, primary_key=True),
    Column("batch_id", Uuid, primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
    ForeignKeyConstraint(["registry", "batch_id"], [feed_batch.c.registry, feed_batch.c.batch_id]),
    schema="registry",
)
