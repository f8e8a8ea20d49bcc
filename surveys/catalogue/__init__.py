"""Keeps every document that is asked with (instruments, protocols, rules), sealed and never changed.

Instrument versions live here from draft to retirement, with who moved them, under the licences recorded here.
"""

from surveys.catalogue.documents import (
    CATALOGUE_STUDY,
    DocumentKind,
    open_documents,
    store_document,
    store_documents,
)
from surveys.catalogue.errors import (
    CatalogueError,
    NoActorError,
    NotLiveError,
    NotPublishableError,
    SecondPersonError,
    VersionMoveError,
    VersionNotFoundError,
)
from surveys.catalogue.licences import (
    InvitationGate,
    LicenceStanding,
    PatientLimit,
    expiring_licences,
    invitation_gate,
    licence_standings,
    licences_of,
    record_licence,
)
from surveys.catalogue.listing import Listed, list_versions
from surveys.catalogue.moves import Move, moves_of, retire_instrument, return_to_draft, submit_for_review
from surveys.catalogue.publishing import find_gaps, publish_instrument
from surveys.catalogue.versions import (
    live_version_of,
    live_versions,
    load_instrument,
    load_instruments,
    state_of,
    store_instrument,
)

__all__ = [
    "CATALOGUE_STUDY",
    "CatalogueError",
    "DocumentKind",
    "InvitationGate",
    "LicenceStanding",
    "Listed",
    "Move",
    "NoActorError",
    "NotLiveError",
    "NotPublishableError",
    "PatientLimit",
    "SecondPersonError",
    "VersionMoveError",
    "VersionNotFoundError",
    "expiring_licences",
    "find_gaps",
    "invitation_gate",
    "licence_standings",
    "licences_of",
    "list_versions",
    "live_version_of",
    "live_versions",
    "load_instrument",
    "load_instruments",
    "moves_of",
    "open_documents",
    "publish_instrument",
    "record_licence",
    "retire_instrument",
    "return_to_draft",
    "state_of",
    "store_document",
    "store_documents",
    "store_instrument",
    "submit_for_review",
]
