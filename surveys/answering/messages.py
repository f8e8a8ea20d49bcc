"""What a patient sends and gets, and what is sealed: drafts, submissions, receipts, responses, scores."""

from datetime import datetime
from typing import Literal

import msgspec

from instruments.answers import Answers
from instruments.definition import Value
from surveys.identifiers import AssessmentId, PersonId, SubmissionId

Language = Literal["nb", "nn", "en"]


class PartAnswers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answers to one part (one instrument) of an assessment; ``skipped`` items were seen and left."""

    part: int
    values: dict[str, tuple[Value, ...]] = {}
    skipped: tuple[str, ...] = ()

    def answers(self) -> Answers:
        """The same, as the instrument's own rules read it."""
        return Answers(values=self.values, skipped=self.skipped)


class DraftToSave(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A draft, and the revision that it was made from (0 where there was none)."""

    person_id: PersonId
    assessment_id: AssessmentId
    builds_on: int
    answers: tuple[PartAnswers, ...]


class Draft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person's own draft, opened."""

    revision: int
    answers: tuple[PartAnswers, ...]


class Submission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Finished answers to every part of an assessment; ``submission_id`` is made once, by the page."""

    person_id: PersonId
    assessment_id: AssessmentId
    submission_id: SubmissionId
    language: Language
    answers: tuple[PartAnswers, ...]


class SealedSubmission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sealed to the inbox. It names its assessment, so that its row cannot be pointed at another."""

    assessment_id: AssessmentId
    language: Language
    answers: tuple[PartAnswers, ...]
    received_at: datetime


class ContentHashes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The four documents that a response is pinned to, as the SHA-256 of each in hexadecimal."""

    structure: str
    translation: str
    presentation: str
    scoring: str


class StoredResponse(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sealed of one answered part. ``shown`` are the items that branching let the person see."""

    instrument_id: str
    instrument_version: str
    language: Language
    hashes: ContentHashes
    answers: Answers
    shown: tuple[str, ...]
    submitted_at: datetime


class StoredScore(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One scale's value, or nothing where too much was missing; ``rule`` says by which rule, ``se`` is the
    standard error of an estimate.
    """

    scale_id: str
    value: float | None
    rule: str
    se: float | None = None


class StoredScores(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sealed of one scoring of one response: by which documents and which engine, and the values."""

    instrument_id: str
    structure: str
    scoring: str
    engine: str
    scores: tuple[StoredScore, ...]


class Receipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the patient keeps: a signed commitment to the very answers that were received.

    ``commitment``, ``salt`` and ``signature`` are base64url without padding.
    """

    submission_id: SubmissionId
    assessment_id: AssessmentId
    received_at: datetime
    commitment: str
    salt: str
    signature: str
