"""A receipt can be proven to be in the log, and nobody else's proof will do."""

from datetime import timedelta

import msgspec
import psycopg
import pytest

from surveys import audit
from surveys.answering import Receipt, entry_like, why_not_entered
from surveys.audit.checkpoints import VerifierKey
from surveys.database import Role, transaction
from tests.builders.answering import NOW, EngineAs, KeysAs, Study, make_submission, open_assessment, send
from tests.builders.audit import checkpointed, verifier


async def received(study: Study) -> Receipt:
    return await send(study, make_submission(await open_assessment(study)))


def proven(database: str, receipt: Receipt, key: VerifierKey) -> audit.Proven:
    with psycopg.connect(database) as connection:
        now = connection.execute("SELECT now()").fetchone()
        assert now is not None
        proof = audit.prove(connection, entry_like(receipt), now[0])
    return audit.check_proof(audit.write_proof(proof).encode(), key)


@pytest.fixture
async def key(keys_as: KeysAs) -> VerifierKey:
    return await verifier(keys_as)


async def test_a_receipt_is_proven_and_another_is_not_by_the_same_proof(
    database: str, study: Study, engine_as: EngineAs, keys_as: KeysAs, key: VerifierKey
) -> None:
    mine, anothers = await received(study), await received(study)
    await checkpointed(engine_as, keys_as)
    assert why_not_entered(mine, proven(database, mine, key)) is None
    why = why_not_entered(anothers, proven(database, mine, key))
    assert why == "what is proven is of another submission"


async def test_a_receipt_of_other_answers_has_no_proof(
    database: str, study: Study, engine_as: EngineAs, keys_as: KeysAs, key: VerifierKey
) -> None:
    mine, anothers = await received(study), await received(study)
    await checkpointed(engine_as, keys_as)
    forged = msgspec.structs.replace(mine, commitment=anothers.commitment)
    with pytest.raises(audit.ProofError, match="no such entry"):
        proven(database, forged, key)
    proof = proven(database, mine, key)
    assert why_not_entered(forged, proof) == "what is proven is of other answers than those of the receipt"
    later = msgspec.structs.replace(mine, received_at=mine.received_at + timedelta(seconds=1))
    assert why_not_entered(later, proof) == "what is proven was received at another time"
    elsewhere = msgspec.structs.replace(mine, assessment_id=anothers.assessment_id)
    assert why_not_entered(elsewhere, proof) == "what is proven is of another assessment"


async def test_only_the_web_process_says_that_a_submission_was_received(
    database: str, study: Study, engine_as: EngineAs, keys_as: KeysAs, key: VerifierKey
) -> None:
    mine = msgspec.structs.replace(await received(study), commitment="AAAA")
    about = msgspec.json.decode(entry_like(mine))["about"]
    async with transaction(engine_as(Role.WORKER)) as connection:
        await audit.append(connection, audit.AuditEntry("submission-received", "patient", NOW, None, about))
    await checkpointed(engine_as, keys_as)
    why = why_not_entered(mine, proven(database, mine, key))
    assert why == "what is proven is not that a submission was received"
