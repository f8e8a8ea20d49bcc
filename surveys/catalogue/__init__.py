"""Keeps every document that is asked with (instruments, protocols, rules), sealed and never changed."""

from surveys.catalogue.documents import (
    CATALOGUE_STUDY,
    DocumentKind,
    open_documents,
    store_document,
    store_documents,
)
from surveys.catalogue.errors import (
    CatalogueError,
    NotLiveError,
    NotPublishableError,
    VersionMoveError,
    VersionNotFoundError,
)
from surveys.catalogue.publishing import find_gaps, publish_instrument
from surveys.catalogue.versions import (
    live_version_of,
    load_instrument,
    load_instruments,
    state_of,
    store_instrument,
)

__all__ = [
    "CATALOGUE_STUDY",
    "CatalogueError",
    "DocumentKind",
    "NotLiveError",
    "NotPublishableError",
    "VersionMoveError",
    "VersionNotFoundError",
    "find_gaps",
    "live_version_of",
    "load_instrument",
    "load_instruments",
    "open_documents",
    "publish_instrument",
    "state_of",
    "store_document",
    "store_documents",
    "store_instrument",
]
