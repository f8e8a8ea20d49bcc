"""Identifiers with a meaning: a UUIDv7 says when its row was made, its type says what the row is."""

from typing import NewType
from uuid import UUID

import uuid_utils

PersonId = NewType("PersonId", UUID)
StudyId = NewType("StudyId", UUID)
TumourId = NewType("TumourId", UUID)
TreatmentId = NewType("TreatmentId", UUID)
AssessmentId = NewType("AssessmentId", UUID)
ProtocolId = NewType("ProtocolId", UUID)
ProtocolVersionId = NewType("ProtocolVersionId", UUID)
SubmissionId = NewType("SubmissionId", UUID)
ResponseId = NewType("ResponseId", UUID)
DocumentId = NewType("DocumentId", UUID)
InstrumentVersionId = NewType("InstrumentVersionId", UUID)
LicenceId = NewType("LicenceId", UUID)
ProjectId = NewType("ProjectId", UUID)
ExtractId = NewType("ExtractId", UUID)
SignalId = NewType("SignalId", UUID)


def new_id() -> UUID:
    """A fresh UUIDv7 (RFC 9562): sorts by time, 74 random bits."""
    return UUID(bytes=uuid_utils.uuid7().bytes)
