"""Reference cases that a scoring carries with it: answers, and the scores that another source gave."""

from math import isclose, isnan

from instruments.scoring.engine import OutOfRangeError
from instruments.scoring.soundness import SpecFault
from instruments.scoring.spec import Case, ScoringSpec
from instruments.scoring.verdict import judge_numbers

PRECISION = 1e-6


def failing_cases(spec: ScoringSpec) -> list[SpecFault]:
    """Where the scoring gives another score than its own reference cases; empty where it agrees with all.

    A score agrees to 1e-6, and is missing where the case says so.
    """
    return [
        SpecFault(f"case {number}", rule)
        for number, case in enumerate(spec.cases, start=1)
        for rule in _disagreements(spec, case)
    ]


def _disagreements(spec: ScoringSpec, case: Case) -> list[str]:
    answers = dict(case.answers)
    unknown = sorted(set(answers) - {item.item_id for item in spec.items})
    if unknown:
        return [f"answers {unknown[0]!r}, which is not scored"]
    try:
        verdict = judge_numbers(spec, [answers.get(item.item_id, float("nan")) for item in spec.items])
    except OutOfRangeError as error:
        return [f"answers {error.item_id!r} by a number that is out of range"]
    given = {score.scale_id: score.value for score in verdict.scores}
    rules = []
    for scale_id, expected in case.scores:
        if scale_id not in given:
            rules.append(f"gives a score for {scale_id!r}, which is no scale or is off")
        elif not _agrees(given[scale_id], expected):
            rules.append(f"{scale_id} is {_said(given[scale_id])}, and should be {_said(expected)}")
    return rules


def _agrees(given: float | None, expected: float | None) -> bool:
    if given is None or expected is None:
        return given is expected
    return not isnan(expected) and isclose(given, expected, rel_tol=0, abs_tol=PRECISION)


def _said(score: float | None) -> str:
    return "missing" if score is None else f"{score:.9g}"
