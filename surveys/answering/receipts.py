"""Receipts: a signed commitment that lets a patient show later which answers were received, and when."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime

import msgspec

from surveys.answering.errors import InvalidReceiptError
from surveys.answering.messages import Receipt, Submission
from surveys.audit import Proven
from surveys.database import Role
from surveys.identifiers import AssessmentId, SubmissionId
from surveys.keys import Commitment, sign_receipt, verify_receipt

RECEIVED = "submission-received"
"""The action of the audit entry that a submission leaves."""


class _Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fields that the signature covers, in the order of their names."""

    assessment_id: AssessmentId
    commitment: str
    received_at: datetime
    salt: str
    submission_id: SubmissionId


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the patient's page sent, without the identifiers that stand in the address."""

    answers: object
    language: str


def canonical_body(submission: Submission) -> bytes:
    """The bytes that are committed to: the body of the request as JSON, keys in the order of their names."""
    return msgspec.json.encode(_Body(submission.answers, submission.language), order="sorted")


def make_receipt(
    receipt_key: bytes,
    assessment_id: AssessmentId,
    submission_id: SubmissionId,
    received_at: datetime,
    commitment: Commitment,
) -> Receipt:
    """The receipt of one submission; the same arguments always give the same bytes."""
    signed = _Signed(
        assessment_id,
        _encode(commitment.digest),
        received_at.astimezone(UTC),
        _encode(commitment.salt),
        submission_id,
    )
    return Receipt(
        submission_id=submission_id,
        assessment_id=assessment_id,
        received_at=signed.received_at,
        commitment=signed.commitment,
        salt=signed.salt,
        signature=_encode(sign_receipt(receipt_key, msgspec.json.encode(signed))),
    )


def is_genuine(receipt: Receipt, public_key: bytes) -> bool:
    """Whether every field of the receipt is as it was signed; ``public_key`` is Ed25519, 32 bytes."""
    signed = _Signed(
        receipt.assessment_id, receipt.commitment, receipt.received_at, receipt.salt, receipt.submission_id
    )
    return verify_receipt(public_key, msgspec.json.encode(signed), _decode(receipt.signature))


def entry_like(receipt: Receipt) -> str:
    """What the audit entry of the submission must contain, as JSON; it gives no answer away."""
    about = {
        "assessment": str(receipt.assessment_id),
        "submission": str(receipt.submission_id),
        "commitment": _decode(receipt.commitment).hex(),
    }
    return msgspec.json.encode({"action": RECEIVED, "about": about}, order="sorted").decode()


def why_not_entered(receipt: Receipt, proven: Proven) -> str | None:
    """Why a proven entry is not that of this receipt, or nothing where it is."""
    about = proven.entry.about
    if (proven.entry.action, proven.recorded_by) != (RECEIVED, Role.WEB.value):
        return "what is proven is not that a submission was received"
    if about.get("submission") != str(receipt.submission_id):
        return "what is proven is of another submission"
    if about.get("assessment") != str(receipt.assessment_id):
        return "what is proven is of another assessment"
    if about.get("commitment") != _decode(receipt.commitment).hex():
        return "what is proven is of other answers than those of the receipt"
    return None if proven.entry.at == receipt.received_at else "what is proven was received at another time"


def _encode(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def _decode(value: str) -> bytes:
    try:
        return urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except ValueError as error:
        raise InvalidReceiptError from error
