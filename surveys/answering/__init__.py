"""Takes a patient's answers: drafts, the one submission and its receipt, and the way from inbox to rest."""

from surveys.answering.drafts import assessments_with_draft, own_draft, save_draft
from surveys.answering.errors import (
    AlreadySubmittedError,
    AnsweringError,
    AnswersRefusedError,
    AssessmentNotFoundError,
    AssessmentNotOpenError,
    DraftConflictError,
    InvalidReceiptError,
    MisplacedError,
    MissingDocumentError,
    NotLiveScoringError,
    PartFault,
    UnknownScoringError,
    UnknownVersionError,
)
from surveys.answering.frozen import freeze
from surveys.answering.inbox import process_inbox
from surveys.answering.library import Library
from surveys.answering.messages import (
    ContentHashes,
    Draft,
    DraftToSave,
    Language,
    PartAnswers,
    Receipt,
    StoredResponse,
    StoredScore,
    StoredScores,
    Submission,
)
from surveys.answering.places import Place
from surveys.answering.receipts import canonical_body, entry_like, is_genuine, why_not_entered
from surveys.answering.rescoring import Rescored, rescore, rescored_by
from surveys.answering.submission import submit
from surveys.answering.vouching import BrokenResponse, first_unvouched

__all__ = [
    "AlreadySubmittedError",
    "AnsweringError",
    "AnswersRefusedError",
    "AssessmentNotFoundError",
    "AssessmentNotOpenError",
    "BrokenResponse",
    "ContentHashes",
    "Draft",
    "DraftConflictError",
    "DraftToSave",
    "InvalidReceiptError",
    "Language",
    "Library",
    "MisplacedError",
    "MissingDocumentError",
    "NotLiveScoringError",
    "PartAnswers",
    "PartFault",
    "Place",
    "Receipt",
    "Rescored",
    "StoredResponse",
    "StoredScore",
    "StoredScores",
    "Submission",
    "UnknownScoringError",
    "UnknownVersionError",
    "assessments_with_draft",
    "canonical_body",
    "entry_like",
    "first_unvouched",
    "freeze",
    "is_genuine",
    "own_draft",
    "process_inbox",
    "rescore",
    "rescored_by",
    "save_draft",
    "submit",
    "why_not_entered",
]
