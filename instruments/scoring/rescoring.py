"""Scoring anew: stored answers under a newer scoring, beside the scores that are there already."""

from collections.abc import Iterable, Iterator

from instruments.answers import Answers
from instruments.definition import Document, Structure
from instruments.scoring import ScaleScore, score_answers
from instruments.scoring.engine import ENGINE_VERSION
from instruments.scoring.soundness import check_spec
from instruments.scoring.spec import ScoringSpec
from instruments.versions import InvalidInstrumentError, content_hash


class SameScoringError(Exception):
    """The newer scoring is the older one, word for word: there is nothing to score anew."""

    def __init__(self, version: str) -> None:
        super().__init__(
            f"scoring {version!r}: is the scoring that the answers already have; give a newer one"
        )
        self.version = version


class Rescored(Document, frozen=True):
    """The new scores of one response, to be added beside its old ones, which stay as they are.

    ``response`` counts the answers given, from 0. ``old_scoring`` and ``new_scoring`` are the SHA-256 of the
    two scorings' canonical JSON (32 bytes), ``engine`` the version of the interpreter that scored.
    """

    response: int
    scores: tuple[ScaleScore, ...]
    old_scoring: bytes
    new_scoring: bytes
    engine: str


def rescore(
    old: ScoringSpec, new: ScoringSpec, structure: Structure, answers: Iterable[Answers]
) -> Iterator[Rescored]:
    """The scores of each of ``answers`` by ``new``, in their order, one by one as they are asked for.

    ``old`` is the scoring that the answers were scored by; it is named, not computed again.

    Raises:
        SameScoringError: both scorings have one hash.
        InvalidInstrumentError: ``new`` is unsound, or is no scoring of ``structure``.
        OutOfRangeError: an answer is a number that ``new`` does not allow; raised when it is reached.
    """
    hashes = content_hash(old), content_hash(new)
    if hashes[0] == hashes[1]:
        raise SameScoringError(new.version)
    faults = check_spec(new, structure)
    if faults:
        raise InvalidInstrumentError(faults[0].where, faults[0].rule)
    return _rescored(hashes, new, structure, answers)


def _rescored(
    hashes: tuple[bytes, bytes], new: ScoringSpec, structure: Structure, answers: Iterable[Answers]
) -> Iterator[Rescored]:
    for response, given in enumerate(answers):
        scores = score_answers(new, structure, given)
        yield Rescored(response, scores, hashes[0], hashes[1], ENGINE_VERSION)
