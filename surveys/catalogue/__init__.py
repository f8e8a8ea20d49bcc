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
    NoRecordError,
    NoTextError,
    NotLiveError,
    NotPublishableError,
    NoWordingError,
    OtherInstrumentError,
    OwnTranslationError,
    SecondPersonError,
    VersionMoveError,
    VersionNotFoundError,
)
from surveys.catalogue.languages import Approval, Language, languages_of, translation_faults
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
from surveys.catalogue.translations import (
    Marking,
    approve_translations,
    import_translation,
    mark_texts,
    record_translations,
)
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
    "Approval",
    "CatalogueError",
    "DocumentKind",
    "InvitationGate",
    "Language",
    "LicenceStanding",
    "Listed",
    "Marking",
    "Move",
    "NoActorError",
    "NoRecordError",
    "NoTextError",
    "NoWordingError",
    "NotLiveError",
    "NotPublishableError",
    "OtherInstrumentError",
    "OwnTranslationError",
    "PatientLimit",
    "SecondPersonError",
    "VersionMoveError",
    "VersionNotFoundError",
    "approve_translations",
    "expiring_licences",
    "find_gaps",
    "import_translation",
    "invitation_gate",
    "languages_of",
    "licence_standings",
    "licences_of",
    "list_versions",
    "live_version_of",
    "live_versions",
    "load_instrument",
    "load_instruments",
    "mark_texts",
    "moves_of",
    "open_documents",
    "publish_instrument",
    "record_licence",
    "record_translations",
    "retire_instrument",
    "return_to_draft",
    "state_of",
    "store_document",
    "store_documents",
    "store_instrument",
    "submit_for_review",
    "translation_faults",
]
