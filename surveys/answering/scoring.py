"""From opened answers to what is stored: pinned to the four documents, scored by the pinned scoring. Pure."""

from collections.abc import Sequence

from instruments.answers import Answers, shown_items
from instruments.calculation import complete
from instruments.scoring.engine import ENGINE_VERSION
from instruments.scoring.verdict import score_answers
from instruments.versions import Instrument, content_hash
from surveys.answering.errors import AnswersRefusedError
from surveys.answering.messages import (
    ContentHashes,
    PartAnswers,
    SealedSubmission,
    StoredResponse,
    StoredScore,
    StoredScores,
)
from surveys.answering.submission import find_faults

FALLBACK_LANGUAGE = "nb"


def store_parts(
    parts: Sequence[Instrument], submission: SealedSubmission
) -> list[tuple[int, StoredResponse, StoredScores]]:
    """Each part's number with its response and its scores, ready to be sealed.

    Raises:
        AnswersRefusedError: the answers break rules of the pinned instruments, which the web process
            checks too: somebody has got round it.
    """
    faults = find_faults(parts, submission.answers)
    if faults:
        raise AnswersRefusedError(submission.assessment_id, faults)
    return [(one.part, *_stored(parts[one.part], one, submission)) for one in submission.answers]


def _stored(
    instrument: Instrument, given: PartAnswers, submission: SealedSubmission
) -> tuple[StoredResponse, StoredScores]:
    """What is calculated from the answers stands with them, and counts in the scores."""
    answers = complete(instrument.structure, given.answers())
    return _response(instrument, answers, submission), scores_of(instrument, answers)


def scores_of(instrument: Instrument, answers: Answers) -> StoredScores:
    """Every scale of an instrument for one person's answers, with what is calculated from them.

    Raises:
        OutOfRangeError: an answer is a number that the scoring does not allow.
    """
    scores = score_answers(instrument.scoring, instrument.structure, answers)
    return StoredScores(
        instrument_id=instrument.structure.instrument_id,
        structure=content_hash(instrument.structure).hex(),
        scoring=content_hash(instrument.scoring).hex(),
        engine=ENGINE_VERSION,
        scores=tuple(StoredScore(one.scale_id, one.value, one.rule, one.se) for one in scores),
    )


def _response(instrument: Instrument, answers: Answers, submission: SealedSubmission) -> StoredResponse:
    shown = shown_items(instrument.structure, answers)
    return StoredResponse(
        instrument_id=instrument.structure.instrument_id,
        instrument_version=instrument.structure.version,
        language=submission.language,
        hashes=_hashes(instrument, submission.language),
        answers=answers,
        shown=tuple(sorted(shown)),
        submitted_at=submission.received_at,
    )


def _hashes(instrument: Instrument, language: str) -> ContentHashes:
    by_language = {one.language: one for one in instrument.translations}
    seen = by_language.get(language) or by_language.get(FALLBACK_LANGUAGE) or instrument.translations[0]
    return ContentHashes(
        structure=content_hash(instrument.structure).hex(),
        translation=content_hash(seen).hex(),
        presentation=content_hash(instrument.presentation).hex(),
        scoring=content_hash(instrument.scoring).hex(),
    )
