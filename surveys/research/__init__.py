"""Gives approved projects their extracts: linked, pseudonymised, documented, the same bytes every time."""

from surveys.research.codebook import Code, Codebook, Column, InstrumentVersion
from surveys.research.disclosure import SmallCells
from surveys.research.errors import (
    ExtractNotFoundError,
    ExtractNotReadyError,
    FutureExtractError,
    IncompleteExtractError,
    NobodyApprovesError,
    ProjectChangedError,
    ProjectExpiredError,
    ProjectNotFoundError,
    ResearchError,
    UnconfirmedProjectError,
    UnsaidTermError,
)
from surveys.research.extracts import (
    ExtractState,
    ExtractStatus,
    build_extract,
    build_requested,
    extract_file,
    extract_status,
    request_extract,
    write_extract,
)
from surveys.research.files import FILES
from surveys.research.linkage import link_requested
from surveys.research.manifest import FileDigest, Manifest
from surveys.research.projects import Project, Variable, approve_project, find_project

__all__ = [
    "FILES",
    "Code",
    "Codebook",
    "Column",
    "ExtractNotFoundError",
    "ExtractNotReadyError",
    "ExtractState",
    "ExtractStatus",
    "FileDigest",
    "FutureExtractError",
    "IncompleteExtractError",
    "InstrumentVersion",
    "Manifest",
    "NobodyApprovesError",
    "Project",
    "ProjectChangedError",
    "ProjectExpiredError",
    "ProjectNotFoundError",
    "ResearchError",
    "SmallCells",
    "UnconfirmedProjectError",
    "UnsaidTermError",
    "Variable",
    "approve_project",
    "build_extract",
    "build_requested",
    "extract_file",
    "extract_status",
    "find_project",
    "link_requested",
    "request_extract",
    "write_extract",
]
