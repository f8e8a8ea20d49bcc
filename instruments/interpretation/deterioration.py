"""Time to deterioration, and until definitive deterioration, by a definition that is named as data.

The definitions are those of Anota et al., Qual Life Res 2015;24:5-18 (doi 10.1007/s11136-013-0583-6) and
Bonnetain et al., Eur J Cancer 2010;46:2753-62 (doi 10.1016/j.ejca.2010.07.023), in the reading of the R
package QoLR 1.0.3, whose results they give. docs/interpretation.md says where the readings differ.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instruments.definition import Document
from instruments.interpretation.differences import exceeds, reaches, worsening
from instruments.interpretation.errors import InvalidTimesError, UnknownNameError
from instruments.scoring.spec import Direction

DAYS_PER_MONTH = 30.4375
DAY_AFTER_BASELINE = 1.0

Reference = Literal["baseline", "best-previous", "previous"]
Definitive = Literal["first", "no-recovery-from-reference", "at-every-later", "no-recovery-from-deteriorated"]
Because = Literal[
    "deteriorated", "death", "last-assessment", "no-baseline", "no-follow-up", "excluded", "no-answers"
]


class DeteriorationDefinition(Document, frozen=True):
    """What counts as deterioration of one scale, and what becomes of those of whom too little is known.

    ``points``: the least worsening against the ``reference`` that counts. The reference is the first
    (``baseline``) score, the best of all before, or the one before.

    ``definitive``: ``first`` is the first deterioration (TTD). The others are the first that lasts (TUDD):
    ``no-recovery-from-reference`` if no later score is more than ``points`` better than the reference;
    ``at-every-later`` if every later score is at least ``points`` worse than it; and
    ``no-recovery-from-deteriorated`` if no later score is more than ``points`` better than the one that
    deteriorated (QoLR's def1, def2, def3). Missing assessments are passed over. ``unconfirmed`` says what a
    deterioration is that no later assessment confirms or denies; it plays no part in ``first``.

    ``death`` is an event for those who had none, or (``censored``) ends nothing: they are followed to
    their last assessment. ``no_baseline`` and ``no_follow_up`` are those without a first score (at day 0),
    or without a later one (at day 1).
    """

    name: str
    points: float
    direction: Direction
    reference: Reference = "baseline"
    definitive: Definitive = "first"
    unconfirmed: Literal["event", "censored"] = "event"
    death: Literal["censored", "event"] = "censored"
    no_baseline: Literal["censored", "event", "excluded"] = "censored"
    no_follow_up: Literal["censored", "event"] = "censored"


class Times(NamedTuple):
    """One row a person: ``event`` 1 or 0, ``months`` since baseline, and what ended the time.

    Event and months are NaN for whoever is ``excluded`` or answered nothing (``no-answers``). A month is
    30.4375 days.
    """

    event: NDArray[np.float64]
    months: NDArray[np.float64]
    because: NDArray[np.str_]


class _Course(NamedTuple):
    """Scores and days, both of shape (persons, assessments); a score without its day is missing."""

    scores: NDArray[np.float64]
    days: NDArray[np.float64]


def time_to_deterioration(
    scores: ArrayLike,
    days: ArrayLike,
    definition: DeteriorationDefinition,
    death_days: ArrayLike | None = None,
) -> Times:
    """The time to deterioration of each person by ``definition``.

    ``scores`` has the shape (persons, assessments), baseline first, NaN where missing. ``days`` are the days
    of the assessments from any origin: one row for all persons, or one a person, NaN where there was none;
    they ascend. ``death_days`` has one day a person from the same origin, NaN for whoever lives.
    Raises ``InvalidTimesError`` if these do not fit each other or the points are not more than 0.
    """
    course = _course(scores, days, definition)
    deaths = _deaths(death_days, course)
    observed = ~np.isnan(course.scores)
    since = course.days - course.days[:, :1]
    first_day = _earliest(since[:, 1:], _events(course.scores, definition))
    last_day = _latest(since[:, 1:], observed[:, 1:])
    event = np.isfinite(first_day)
    times = Times(
        np.where(event, 1.0, 0.0),
        np.where(event, first_day, last_day) / DAYS_PER_MONTH,
        np.where(event, "deteriorated", "last-assessment").astype("<U16"),
    )
    _settle_incomplete(times, course, observed, definition)
    if deaths is not None and definition.death == "event":
        _count_deaths(times, (deaths - course.days[:, 0]) / DAYS_PER_MONTH)
    return times


def times_by_scale(
    columns: Mapping[str, ArrayLike],
    days: ArrayLike,
    definitions: Mapping[str, DeteriorationDefinition],
    death_days: ArrayLike | None = None,
) -> dict[str, Times]:
    """``time_to_deterioration`` of several scales of the same persons and days, each by its own definition.

    Raises ``UnknownNameError`` for a definition of a scale that has no scores.
    """
    for scale in definitions:
        if scale not in columns:
            raise UnknownNameError("the data", "scores of scale", scale, columns)
    return {
        scale: time_to_deterioration(columns[scale], days, definition, death_days)
        for scale, definition in definitions.items()
    }


def _events(scores: NDArray[np.float64], definition: DeteriorationDefinition) -> NDArray[np.bool_]:
    """Which assessments after the first deteriorated, by the whole definition."""
    burden = worsening(0.0, scores, definition.direction)
    later, points = burden[:, 1:], definition.points
    reference = _reference(burden, definition.reference)
    deteriorated = reaches(later - reference, points)
    if definition.definitive == "first":
        return deteriorated
    best_since = np.fmin.accumulate(later[:, ::-1], axis=1)[:, ::-1]
    if definition.definitive == "no-recovery-from-reference":
        lasting = ~exceeds(reference - best_since, points)
    elif definition.definitive == "at-every-later":
        lasting = reaches(best_since - reference, points)
    else:
        lasting = ~exceeds(later - best_since, points)
    if definition.unconfirmed == "censored":
        lasting &= _seen_again(later)
    return np.asarray(deteriorated & lasting)


def _reference(burden: NDArray[np.float64], reference: Reference) -> NDArray[np.float64]:
    """What each assessment after the first is set against, as burden (higher is worse)."""
    if reference == "baseline":
        return burden[:, :1]
    if reference == "best-previous":
        return np.asarray(np.fmin.accumulate(burden, axis=1)[:, :-1])
    places = np.where(np.isnan(burden), 0, np.arange(burden.shape[1]))
    return np.take_along_axis(burden, np.maximum.accumulate(places, axis=1), axis=1)[:, :-1]


def _seen_again(later: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where a later assessment follows."""
    observed = ~np.isnan(later)
    remaining = np.cumsum(observed[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(remaining > observed)


def _settle_incomplete(
    times: Times, course: _Course, observed: NDArray[np.bool_], definition: DeteriorationDefinition
) -> None:
    """Overwrites the rows of those who lack a baseline, any later score, or everything."""
    followed = np.asarray(observed[:, 1:].any(axis=1))
    started = observed[:, 0] if definition.reference == "baseline" else ~np.isnan(course.days[:, 0])
    without_baseline = ~started & followed
    excluded = definition.no_baseline == "excluded"
    _settle(
        times,
        without_baseline,
        np.nan if excluded else float(definition.no_baseline == "event"),
        np.nan if excluded else 0.0,
        "excluded" if excluded else "no-baseline",
    )
    only_baseline = observed[:, 0] & ~followed
    lost = float(definition.no_follow_up == "event")
    _settle(times, only_baseline, lost, DAY_AFTER_BASELINE / DAYS_PER_MONTH, "no-follow-up")
    _settle(times, np.asarray(~observed.any(axis=1)), np.nan, np.nan, "no-answers")


def _settle(times: Times, rows: NDArray[np.bool_], event: float, months: float, because: Because) -> None:
    times.event[rows] = event
    times.months[rows] = months
    times.because[rows] = because


def _count_deaths(times: Times, months: NDArray[np.float64]) -> None:
    """Those who died without deteriorating; not those without a baseline, whose time never began."""
    waiting = ((times.event == 0) & (times.because != "no-baseline")) | (times.because == "no-follow-up")
    died = waiting & ~np.isnan(months)
    times.event[died] = 1.0
    times.months[died] = months[died]
    times.because[died] = "death"


def _earliest(days: NDArray[np.float64], rows: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.asarray(np.where(rows, days, np.inf).min(axis=1, initial=np.inf))


def _latest(days: NDArray[np.float64], rows: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.asarray(np.where(rows, days, 0.0).max(axis=1, initial=0.0))


def _course(scores: ArrayLike, days: ArrayLike, definition: DeteriorationDefinition) -> _Course:
    table = np.array(scores, dtype=np.float64)
    when = np.asarray(days, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] == 0:
        raise InvalidTimesError("scores", "must have the shape (persons, assessments), baseline first")
    if not (np.isfinite(definition.points) and definition.points > 0):
        raise InvalidTimesError("points", f"must be more than 0, not {definition.points:g}")
    if when.shape not in {table.shape, table.shape[1:]}:
        raise InvalidTimesError(
            "days", f"must be one for each assessment, {table.shape[1]} of them, for all or by person"
        )
    if np.isinf(table).any() or np.isinf(when).any():
        raise InvalidTimesError("scores and days", "must be finite, or NaN where missing")
    when = np.broadcast_to(when, table.shape)
    before = np.fmax.accumulate(when, axis=1)[:, :-1]
    wrong = np.argwhere(when[:, 1:] <= before)
    if wrong.size:
        row, column = (int(place) for place in wrong[0])
        raise InvalidTimesError(
            f"days of row {row + 1}", f"assessment {column + 2} is not later than those before"
        )
    table[np.isnan(when)] = np.nan
    return _Course(table, when)


def _deaths(death_days: ArrayLike | None, course: _Course) -> NDArray[np.float64] | None:
    if death_days is None:
        return None
    deaths = np.asarray(death_days, dtype=np.float64)
    if deaths.shape != course.scores.shape[:1]:
        raise InvalidTimesError(
            "death_days", f"must be one for each person, {course.scores.shape[0]} of them"
        )
    answered = np.where(np.isnan(course.scores), np.nan, course.days)
    late = np.flatnonzero((answered > deaths[:, None]).any(axis=1))
    if late.size:
        raise InvalidTimesError(
            f"death_days of row {int(late[0]) + 1}", "an assessment was answered after the death"
        )
    return deaths
