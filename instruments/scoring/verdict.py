"""One person's scores with their reasons: what was used, what was missing, and which rule decided."""

from collections.abc import Mapping
from functools import lru_cache
from math import isnan
from typing import NamedTuple

import numpy as np

from instruments.answers import Answers
from instruments.definition import Bank, Document, Item, Structure, Value, every_item
from instruments.scoring.engine import compare, label, raise_flags, score_parts
from instruments.scoring.irt import estimate
from instruments.scoring.plan import UNCHANGED, Matrix, Plan, bank_of, make_plan
from instruments.scoring.spec import Scale, ScoredItem, ScoringSpec, shown_scales

NAN = float("nan")


class ScaleScore(Document, frozen=True):
    """A scale's score and why it is what it is: the parts used, the parts missing, and the rule in words.

    ``value`` is None where too many parts are missing. ``inapplicable`` are the parts that do not apply to
    the person; a scale ``applies`` not where its own condition says so and it has no score. ``se`` is the
    standard error of an estimate, in the units of its score; None of what is no estimate, or is looked up.
    """

    scale_id: str
    value: float | None
    used: tuple[str, ...]
    missing: tuple[str, ...]
    rule: str
    inapplicable: tuple[str, ...] = ()
    applies: bool = True
    se: float | None = None


class Raised(Document, frozen=True):
    """A flag of one person: yes, no, or None where an item that it tests is missing."""

    flag_id: str
    value: bool | None
    safety: bool = False


class Verdict(Document, frozen=True):
    """All that a scoring says of one person's answers; ``bands`` are (banding, label) of what is scored."""

    scores: tuple[ScaleScore, ...]
    flags: tuple[Raised, ...] = ()
    bands: tuple[tuple[str, str], ...] = ()


class _Reader(NamedTuple):
    """How one item's answer becomes a number: by its option, where the item has options."""

    item_id: str
    is_asked: bool
    numbers: Mapping[str, float]


def score_answers(spec: ScoringSpec, structure: Structure, answers: Answers) -> tuple[ScaleScore, ...]:
    """The scores of one person's answers, each with its reasons, in the order of the scales.

    Items that were skipped or never shown are missing; an option counts by the spec's ``codes``, else by its
    own score.

    Raises:
        OutOfRangeError: an answer is a number that the scoring does not allow; ``check`` finds those first.
    """
    return judge_numbers(spec, numbers_answered(spec, structure, answers)).scores


def judge_answers(spec: ScoringSpec, structure: Structure, answers: Answers) -> Verdict:
    """Scores with reasons, flags and bands of one person's answers.

    Raises:
        OutOfRangeError: as ``score_answers``.
    """
    return judge_numbers(spec, numbers_answered(spec, structure, answers))


def judge_numbers(spec: ScoringSpec, numbers: list[float], row: int = 0) -> Verdict:
    """The verdict on answered numbers, one for each item of the spec in its order, NaN where missing.

    Raises:
        OutOfRangeError: a number is not in its item's range or table; it names ``row``.
    """
    plan = make_plan(spec)
    parts = score_parts(plan, np.array(numbers, dtype=np.float64).reshape(-1, 1), row)
    values: list[float] = parts[:, 0].tolist()
    not_applied = frozenset(
        item.item_id
        for item, number in zip(spec.items, numbers, strict=True)
        if item.inapplicable and number in item.inapplicable
    )
    return Verdict(
        scores=tuple(_reason(one, plan, values, not_applied) for one in _outline(spec)),
        flags=_flags(plan, parts),
        bands=_bands(plan, parts),
    )


def numbers_answered(spec: ScoringSpec, structure: Structure, answers: Answers) -> list[float]:
    """The number that each scored item's answer stands for, before recoding, in the order of the spec.

    NaN where there is no answer, more than one, an option without a number, or free text.
    """
    return [_number(reader, answers.values.get(reader.item_id, ())) for reader in _readers(spec, structure)]


@lru_cache(maxsize=256)
def _readers(spec: ScoringSpec, structure: Structure) -> tuple[_Reader, ...]:
    asked = {item.item_id: item for item in every_item(structure)}
    return tuple(_reader(item, asked.get(item.item_id)) for item in spec.items)


def _reader(scored: ScoredItem, item: Item | None) -> _Reader:
    own = () if item is None else item.options
    numbers = {option.code: option.score for option in own if option.score is not None}
    return _Reader(scored.item_id, item is not None, {**numbers, **dict(scored.codes)})


def _number(reader: _Reader, values: tuple[Value, ...]) -> float:
    if not reader.is_asked or len(values) != 1:
        return NAN
    value = values[0]
    return reader.numbers.get(value, NAN) if isinstance(value, str) else float(value)


class _Outlined(NamedTuple):
    """A shown scale, where it and its parts stand, its rule where nothing is missing, and its bank."""

    scale: Scale
    row: int
    names: tuple[str, ...]
    rows: tuple[int, ...]
    whole: str
    bank: Bank | None


@lru_cache(maxsize=256)
def _outline(spec: ScoringSpec) -> tuple[_Outlined, ...]:
    banks = {named.name: named.bank for named in spec.banks}
    return tuple(_outlined(scale, make_plan(spec).rows, banks) for scale in shown_scales(spec))


def _outlined(scale: Scale, rows: Mapping[str, int], banks: Mapping[str, Bank]) -> _Outlined:
    names = (*scale.items, *scale.scales)
    parts = tuple(rows[name] for name in names)
    bank = None if scale.bank is None else bank_of(banks[scale.bank], scale.items)
    return _Outlined(scale, rows[scale.scale_id], names, parts, _rule(scale, len(names), len(names)), bank)


def _reason(one: _Outlined, plan: Plan, values: list[float], not_applied: frozenset[str]) -> ScaleScore:
    value = values[one.row]
    lacking = [name for name, row in zip(one.names, one.rows, strict=True) if values[row] != values[row]]
    if value == value and not lacking:  # noqa: PLR0124 - false for NaN only
        return ScaleScore(one.scale.scale_id, value, one.names, (), one.whole, se=_error(one, values))
    missing = tuple(name for name in lacking if name not in not_applied)
    is_scored = not isnan(value)
    return ScaleScore(
        scale_id=one.scale.scale_id,
        value=value if is_scored else None,
        used=tuple(name for name in one.names if name not in lacking),
        missing=missing,
        rule=_rule(one.scale, len(one.names) - len(lacking), len(one.names)),
        inapplicable=tuple(name for name in lacking if name in not_applied),
        applies=is_scored or bool(missing and not _is_ruled_out(one.scale, plan, values)),
        se=_error(one, values) if is_scored else None,
    )


def _error(one: _Outlined, values: list[float]) -> float | None:
    """The standard error of an estimated score, brought on the line of the score."""
    if one.bank is None or one.scale.recode is not None:
        return None
    error = float(estimate(one.bank, np.array([[values[row] for row in one.rows]]), one.scale.grid).se[0])
    line = one.scale.transform or UNCHANGED
    return error * abs((line.high - line.low) / (line.raw_high - line.raw_low))


def _is_ruled_out(scale: Scale, plan: Plan, values: list[float]) -> bool:
    """Whether the scale's own condition says that it does not apply to the person."""
    conditions = scale.inapplicable_if
    return bool(conditions) and all(
        compare(one, np.array([values[plan.rows[one.part]]]))[0] for one in conditions
    )


def _flags(plan: Plan, parts: Matrix) -> tuple[Raised, ...]:
    if not plan.spec.flags:
        return ()
    raised: list[float] = raise_flags(plan, parts)[:, 0].tolist()
    return tuple(
        Raised(flag.flag_id, None if isnan(value) else value == 1, flag.safety)
        for flag, value in zip(plan.spec.flags, raised, strict=True)
    )


def _bands(plan: Plan, parts: Matrix) -> tuple[tuple[str, str], ...]:
    scores = {banding.scale: parts[plan.rows[banding.scale]] for banding in plan.spec.bandings}
    return tuple((name, str(labels[0])) for name, labels in label(plan.spec, scores).items() if labels[0])


def _rule(scale: Scale, used: int, parts: int) -> str:
    if scale.combine == "missing":
        return f"missing: {parts - used} of {parts} parts"
    if scale.combine == "eap":
        return f"eap on {scale.bank}; {used} of {parts} items, {scale.missing.needed(parts)} needed"
    if scale.combine == "table":
        return f"table; all: {used} of {parts} parts, {parts} needed"
    needed = scale.missing.needed(parts)
    rule = f"{scale.combine}; {scale.missing.kind}: {used} of {parts} parts, {needed} needed"
    for need in scale.answered:
        rule += f"; and {need.least} of {len(need.items)} items answered"
    return rule
