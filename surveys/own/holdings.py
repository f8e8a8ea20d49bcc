"""All that is held of one person, in words that they can read; what they download as JSON is this."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from instruments.definition import Value
from surveys.answering import Language
from surveys.followup import AssessmentState
from surveys.identifiers import AssessmentId, ResponseId, SubmissionId
from surveys.own.participation import Participation
from surveys.own.uses import Use

FactKind = Literal["person", "tumour", "treatment", "vital_status", "reservation", "control"]
AnswerStatus = Literal["answered", "skipped", "not-answered"]


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a registry said of the person, under the names of docs/feed.md's columns.

    ``holds`` is false where something newer has been said of the same. Of a case that the person is matched
    to as a control, the kind of cancer and the day are theirs to know, and whose it is is not.
    """

    kind: FactKind
    recorded_at: datetime
    holds: bool
    fact: dict[str, str | int | bool | None]


class Planned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A questionnaire that was planned for the person: its window, and what became of it."""

    assessment_id: AssessmentId
    wave: str
    opens_on: date
    closes_on: date
    state: AssessmentState
    changed_at: datetime


class Received(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A submission with a receipt; ``is_stored`` is false while it waits, and once its answers are erased."""

    assessment_id: AssessmentId
    submission_id: SubmissionId
    received_at: datetime
    is_stored: bool


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question that the person was shown, with the text above it, and what they said to it.

    ``values`` are as stored, ``said`` the same in words.
    """

    item_id: str
    section: str
    question: str
    status: AnswerStatus
    values: tuple[Value, ...]
    said: tuple[str, ...]


class Score(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One scale's value, or nothing where too much was missing; ``rule`` says by which rule."""

    scale_id: str
    value: float | None
    rule: str


class Scoring(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One scoring of a response; a later one stands beside the earlier."""

    scored_at: datetime
    scores: tuple[Score, ...]


class Answered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One instrument that the person answered, question by question, and what was made of it."""

    response_id: ResponseId
    assessment_id: AssessmentId
    wave: str
    title: str
    instrument_id: str
    instrument_version: str
    answered_in: Language
    submitted_at: datetime
    answers: tuple[Answer, ...]
    scorings: tuple[Scoring, ...]


class Unfinished(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A draft: answers to one instrument that have not been sent in."""

    assessment_id: AssessmentId
    title: str
    answers: tuple[Answer, ...]


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signal: the register saw a scale worse than before and had somebody look at it. In points."""

    signal_id: UUID
    raised_at: datetime
    seen_at: datetime | None
    rule: str
    wave: str
    scale: str
    baseline: float
    score: float
    drop: float


class Holdings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that is held of one person, as it stood at ``made_at``; the wording is in ``language``."""

    made_at: datetime
    language: Language
    facts: tuple[Fact, ...]
    assessments: tuple[Planned, ...]
    submissions: tuple[Received, ...]
    responses: tuple[Answered, ...]
    drafts: tuple[Unfinished, ...]
    signals: tuple[Seen, ...]
    uses: tuple[Use, ...]
    participation: Participation
