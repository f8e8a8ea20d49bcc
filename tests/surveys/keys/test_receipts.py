"""A receipt commits to what was received, the same each time, and anyone can check its signature."""

import hashlib
import os

from surveys.identifiers import SubmissionId, new_id
from surveys.keys import commitment, receipt_public_key, sign_receipt, verify_receipt

KEY = os.urandom(32)
SUBMISSION = SubmissionId(new_id())


def test_the_same_submission_has_the_same_commitment() -> None:
    assert commitment(KEY, SUBMISSION, b"answers") == commitment(KEY, SUBMISSION, b"answers")


def test_with_the_salt_anyone_can_compute_it_and_without_it_nobody_can_guess() -> None:
    made = commitment(KEY, SUBMISSION, b"answers")
    assert hashlib.sha256(made.salt + b"answers").digest() == made.digest
    assert len(made.salt) == 32
    others = [
        commitment(KEY, SubmissionId(new_id()), b"answers"),
        commitment(os.urandom(32), SUBMISSION, b"answers"),
    ]
    assert {made.salt, made.digest}.isdisjoint({part for one in others for part in one})


def test_other_answers_have_another_commitment() -> None:
    assert commitment(KEY, SUBMISSION, b"answers").digest != commitment(KEY, SUBMISSION, b"answerz").digest


def test_the_signature_holds_for_this_message_and_this_service_alone() -> None:
    public, signature = receipt_public_key(KEY), sign_receipt(KEY, b"received")
    assert verify_receipt(public, b"received", signature)
    assert not verify_receipt(public, b"receivee", signature)
    assert not verify_receipt(public, b"received", signature[:-1] + bytes([signature[-1] ^ 1]))
    assert not verify_receipt(receipt_public_key(os.urandom(32)), b"received", signature)
    assert not verify_receipt(public, b"received", b"")
