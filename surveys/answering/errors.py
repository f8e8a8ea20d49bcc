"""What can go wrong between a patient's answers and their place in the database."""

from collections.abc import Sequence

import msgspec

from surveys.identifiers import AssessmentId, InstrumentVersionId, ProtocolVersionId, SubmissionId


class AnsweringError(Exception):
    """The family of everything that this folder raises."""


class PartFault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing wrong with the answers to one part: which item breaks which rule, and what to do."""

    part: int
    item_id: str
    rule: str
    message: str


class InvalidReceiptError(AnsweringError):
    """A receipt's commitment is not what a receipt has."""

    def __init__(self) -> None:
        super().__init__("not a receipt: its commitment is not base64url")


class AssessmentNotFoundError(AnsweringError):
    """The person has no such assessment. Somebody else's looks the same."""

    def __init__(self, assessment_id: AssessmentId) -> None:
        self.assessment_id = assessment_id
        super().__init__(f"you have no assessment {assessment_id}; go back to the list")


class AssessmentNotOpenError(AnsweringError):
    """The assessment takes no answers today: not yet, not any more, or not at all."""

    def __init__(self, assessment_id: AssessmentId, state: str) -> None:
        self.assessment_id = assessment_id
        self.state = state
        super().__init__(f"assessment {assessment_id} does not take answers today; go back to the list")


class DraftConflictError(AnsweringError):
    """Another device saved since the revision that this draft builds on."""

    def __init__(self, assessment_id: AssessmentId, builds_on: int) -> None:
        self.assessment_id = assessment_id
        self.builds_on = builds_on
        super().__init__(
            f"the draft of assessment {assessment_id} has changed since revision {builds_on}; "
            "fetch it and choose which answers to keep"
        )


class AnswersRefusedError(AnsweringError):
    """The answers break rules of the instrument; ``faults`` names each part, item and rule."""

    def __init__(self, assessment_id: AssessmentId, faults: Sequence[PartFault]) -> None:
        self.assessment_id = assessment_id
        self.faults = tuple(faults)
        super().__init__(
            f"the answers to assessment {assessment_id} have {len(self.faults)} faults; mend each"
        )


class AlreadySubmittedError(AnsweringError):
    """The assessment has been answered already, with another body or under another identifier."""

    def __init__(self, assessment_id: AssessmentId, submission_id: SubmissionId) -> None:
        self.assessment_id = assessment_id
        self.submission_id = submission_id
        super().__init__(
            f"assessment {assessment_id} has been answered; submission {submission_id} is not stored"
        )


class MissingDocumentError(AnsweringError):
    """What is stored names a document that is not in the catalogue."""


class UnknownVersionError(MissingDocumentError):
    """A pinned protocol version, or an instrument version in it, is not in the catalogue."""

    def __init__(self, protocol_version_id: ProtocolVersionId, wave: int) -> None:
        self.protocol_version_id = protocol_version_id
        self.wave = wave
        super().__init__(
            f"protocol version {protocol_version_id} has no wave {wave} with published instruments; "
            "load the protocol and its instruments"
        )


class UnknownScoringError(MissingDocumentError):
    """Stored scores name a scoring that is not in the catalogue."""

    def __init__(self, scoring: str) -> None:
        self.scoring = scoring
        super().__init__(f"no published version is scored by {scoring}; load the instrument that is")


class MisplacedError(AnsweringError):
    """An opened inbox row belongs to another assessment than its columns say: somebody has moved it."""

    def __init__(self, submission_id: SubmissionId) -> None:
        self.submission_id = submission_id
        super().__init__(
            f"submission {submission_id} names another assessment than its row; check the audit log"
        )


class NotLiveScoringError(AnsweringError):
    """Responses are scored anew by the scoring of a published version only."""

    def __init__(self, version_id: InstrumentVersionId, state: str) -> None:
        self.version_id = version_id
        self.state = state
        super().__init__(
            f"instrument version {version_id} is {state}; responses are scored by a published version only"
        )
