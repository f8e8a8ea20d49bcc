"""What the patient's page sends and gets, as JSON."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from api.security.login_errors import Notice
from instruments.definition import Presentation, Structure
from surveys.answering import Draft, Language, PartAnswers
from surveys.identifiers import AssessmentId

Revision = Annotated[int, msgspec.Meta(ge=0, lt=2**31 - 1)]
MinePlace = Literal["files", "stop", "erase"]
Parts = Annotated[tuple[PartAnswers, ...], msgspec.Meta(max_length=50)]


class AssessmentSummary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a person's list: the window's first and last day, and about how many minutes it takes."""

    assessment_id: AssessmentId
    opens_on: date
    closes_on: date
    minutes: int
    state: Literal["open", "submitted"]
    has_draft: bool
    submitted_at: datetime | None


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One instrument of an assessment: what is asked, how it is shown, its wording by language and key."""

    part: int
    structure: Structure
    presentation: Presentation
    translations: dict[str, dict[str, str]]


class Questionnaire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An assessment as it is answered; ``content`` is an opaque mark of the pinned version."""

    assessment_id: AssessmentId
    closes_on: date
    parts: tuple[Part, ...]
    draft: Draft | None
    content: str


class Shell(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the page is opened with; ``questionnaire`` is the first open one, to save a round trip."""

    signed_in: bool
    language: Language
    session_ends_at: datetime | None
    csrf: str | None
    assessments: tuple[AssessmentSummary, ...]
    questionnaire: Questionnaire | None
    notice: Notice | None


class MineShell(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the page of a person's own answers is opened with; ``at`` is where a fresh login leads back to."""

    signed_in: bool
    language: Language
    session_ends_at: datetime | None
    csrf: str | None
    at: MinePlace | None


class DraftBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A draft to save; ``revision`` is the one that it builds on, 0 where there is none."""

    revision: Revision
    answers: Parts


class DraftSaved(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The revision that was saved."""

    revision: int


class SubmissionBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Finished answers to every part, and the language that they were given in."""

    language: Language
    answers: Parts
