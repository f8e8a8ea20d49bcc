"""The record of one person in their language. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime

from surveys.answering import Language
from surveys.own.holdings import (
    Answered,
    Holdings,
    Planned,
    Score,
    Scoring,
    Seen,
    Unfinished,
)
from surveys.own.reading import HeldDraft, HeldResponse, HeldSignal, Record
from surveys.own.wording import FALLBACK, texts_of, title_of, worded


def to_holdings(record: Record, language: Language, now: datetime) -> Holdings:
    """The record with the questions' wording and the names of waves and rules in ``language``."""
    return Holdings(
        made_at=now,
        language=language,
        facts=record.facts,
        assessments=tuple(
            Planned(
                one.assessment_id,
                _named(names, language),
                one.opens_on,
                one.closes_on,
                one.state,
                one.changed_at.astimezone(UTC),
            )
            for one, names in record.assessments
        ),
        submissions=record.submissions,
        responses=tuple(_answered(one, language) for one in record.responses),
        drafts=tuple(_unfinished(one, language) for one in record.drafts),
        signals=tuple(_seen(one, language) for one in record.signals),
        uses=record.uses,
        participation=record.participation,
    )


def _answered(one: HeldResponse, language: Language) -> Answered:
    stored = one.stored
    return Answered(
        response_id=one.place.response_id,
        assessment_id=one.assessment_id,
        wave=_named(one.wave_names, language),
        title=title_of(one.instrument, texts_of(one.instrument, language, stored.language)),
        instrument_id=stored.instrument_id,
        instrument_version=stored.instrument_version,
        answered_in=stored.language,
        submitted_at=stored.submitted_at,
        answers=worded(one.instrument, stored.answers, stored.shown, language, stored.language),
        scorings=tuple(
            Scoring(
                made.scored_at,
                tuple(Score(score.scale_id, score.value, score.rule) for score in made.scores.scores),
            )
            for made in one.scorings
        ),
    )


def _unfinished(one: HeldDraft, language: Language) -> Unfinished:
    answers = one.answers.answers()
    touched = {*answers.values, *answers.skipped}
    return Unfinished(
        assessment_id=one.assessment_id,
        title=title_of(one.instrument, texts_of(one.instrument, language)),
        answers=worded(one.instrument, answers, touched, language, language),
    )


def _seen(one: HeldSignal, language: Language) -> Seen:
    row, said = one
    return Seen(
        signal_id=row.signal_id,
        raised_at=row.raised_at.astimezone(UTC),
        seen_at=None if row.seen_at is None else row.seen_at.astimezone(UTC),
        rule=_named(said.rule_names, language),
        wave=_named(said.wave_names, language),
        scale=_named(said.scale_names, language),
        baseline=said.baseline,
        score=said.score,
        drop=said.drop,
    )


def _named(names: Mapping[str, str], language: Language) -> str:
    return names.get(language) or names.get(FALLBACK, "")
