"""What a scoring must be before it is used: names that are there, an order to compute in, bounds kept."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import ceil, isfinite
from typing import NamedTuple

from instruments.bank import BankError, check_bank, check_grid
from instruments.definition import CHOICES, NUMBERS, Document, Item, Structure, every_item
from instruments.scoring.adaptive_fit import misfits_of_adaptive
from instruments.scoring.spec import Banding, Flag, Scale, ScoredItem, ScoringSpec

MOST_RECODED = 1000


class SpecFault(Document, frozen=True):
    """Something wrong with a scoring: ``where`` (a scale, item, table, flag or banding) and its ``rule``."""

    where: str
    rule: str


class _Names(NamedTuple):
    """What a scale may refer to: the items, recodes, tables (by the length of their rows)."""

    items: frozenset[str]
    recodes: frozenset[str]
    tables: Mapping[str, int]
    banks: Mapping[str, frozenset[str]]


def check_spec(spec: ScoringSpec, structure: Structure | None = None) -> list[SpecFault]:
    """What is wrong with ``spec`` in itself and for ``structure``; an empty list if it can be used."""
    faults = [SpecFault(name, "is named twice") for name in _named_twice(spec)]
    faults.extend(_wrong_tables(spec))
    faults.extend(_wrong_banks(spec))
    names = _Names(
        frozenset(item.item_id for item in spec.items),
        frozenset(recode.name for recode in spec.recodes),
        {table.name: len(table.rows[0]) if table.rows else 0 for table in spec.tables},
        {one.name: frozenset(item.item_id for item in one.bank.items) for one in spec.banks},
    )
    for item in spec.items:
        faults.extend(SpecFault(item.item_id, rule) for rule in _wrong_item(item, names))
    faults.extend(_wrong_scales(spec, names))
    faults.extend(_wrong_flags(spec, names))
    if structure is not None:
        faults.extend(_misfits(spec, structure))
    return faults


def _named_twice(spec: ScoringSpec) -> list[str]:
    names = [item.item_id for item in spec.items] + [scale.scale_id for scale in spec.scales]
    names += [flag.flag_id for flag in spec.flags] + [banding.banding_id for banding in spec.bandings]
    names += [f"recode {recode.name}" for recode in spec.recodes]
    names += [f"table {table.name}" for table in spec.tables]
    names += [f"bank {named.name}" for named in spec.banks]
    return [name for name, count in Counter(names).items() if count > 1]


def _wrong_tables(spec: ScoringSpec) -> Iterator[SpecFault]:
    for recode in spec.recodes:
        if len({before for before, _ in recode.pairs}) < len(recode.pairs) or not recode.pairs:
            yield SpecFault(f"recode {recode.name}", "is empty or has a number twice")
        if not all(isfinite(number) for pair in recode.pairs for number in pair):
            yield SpecFault(f"recode {recode.name}", "has a number that is not finite")
    for table in spec.tables:
        where = f"table {table.name}"
        if not table.rows or {len(row) for row in table.rows} != {len(table.rows[0])}:
            yield SpecFault(where, "is empty or has rows of different lengths")
        if len({row[:-1] for row in table.rows}) < len(table.rows):
            yield SpecFault(where, "has two rows for the same numbers")
        if not all(isfinite(number) for row in table.rows for number in row):
            yield SpecFault(where, "has a number that is not finite")


def _wrong_banks(spec: ScoringSpec) -> Iterator[SpecFault]:
    for named in spec.banks:
        try:
            check_bank(named.bank)
        except BankError as error:
            yield SpecFault(f"bank {named.name}", str(error))
    for scale in spec.scales:
        try:
            check_grid(scale.grid)
        except BankError as error:
            yield SpecFault(scale.scale_id, str(error))


def _wrong_item(item: ScoredItem, names: _Names) -> Iterator[str]:
    if not (isfinite(item.lowest) and isfinite(item.highest) and item.lowest < item.highest):
        yield "has a lowest number that is not below its highest"
    if item.recode is not None and item.recode not in names.recodes:
        yield "is recoded by a table that is not there"
    if set(item.absent) & set(item.inapplicable):
        yield "has a number that means both absent and not applicable"


def _wrong_scales(spec: ScoringSpec, names: _Names) -> Iterator[SpecFault]:
    earlier: dict[str, Scale] = {}
    for scale in spec.scales:
        for rule in _wrong_scale(scale, names, earlier):
            yield SpecFault(scale.scale_id, rule)
        earlier[scale.scale_id] = scale


def _wrong_scale(scale: Scale, names: _Names, earlier: Mapping[str, Scale]) -> Iterator[str]:
    yield from _wrong_parts(scale, names, earlier)
    yield from _wrong_rules(scale, names)
    yield from _wrong_bank(scale, names)


def _wrong_parts(scale: Scale, names: _Names, earlier: Mapping[str, Scale]) -> Iterator[str]:
    parts = (*scale.items, *scale.scales)
    if not parts:
        yield "has no parts"
    if len(set(parts)) < len(parts):
        yield "counts a part twice"
    for name in {*scale.reverse, *(part for part, _ in scale.recodes)} - set(parts):
        yield f"reverses or recodes {name!r}, which is not a part of it"
    yield from _unknown_parts(scale, names, earlier)


def _unknown_parts(scale: Scale, names: _Names, earlier: Mapping[str, Scale]) -> Iterator[str]:
    for name in (*scale.items, *(name for need in scale.answered for name in need.items)):
        if name not in names.items:
            yield f"counts the item {name!r}, which is not scored"
    for name in scale.scales:
        if name not in earlier:
            yield f"counts the scale {name!r}, which does not come before it"
        elif earlier[name].off and not scale.off:
            yield f"counts the scale {name!r}, which is off"
    for one in scale.inapplicable_if:
        if one.part not in names.items and one.part not in earlier:
            yield f"looks at {one.part!r}, which is neither scored nor a scale before it"


def _wrong_rules(scale: Scale, names: _Names) -> Iterator[str]:
    parts = len(scale.items) + len(scale.scales)
    if scale.missing.kind in ("n-of", "percent") and not _fits(scale, parts):
        yield "needs more parts than it has, or none"
    if any(not 0 < need.least <= len(need.items) for need in scale.answered):
        yield "needs more items answered than it names, or none"
    if scale.transform is not None and scale.transform.raw_low == scale.transform.raw_high:
        yield "is transformed by a line without a slope"
    if any(recode not in names.recodes for _, recode in scale.recodes) or (
        scale.recode is not None and scale.recode not in names.recodes
    ):
        yield "is recoded by a table that is not there"
    if (scale.combine == "table") != (scale.table is not None):
        yield "is graded by a table and names none, or names one and is not"
    if scale.table is not None and names.tables.get(scale.table) != parts + 1:
        yield "is graded by a table that is not there, or is of another number of parts"
    if not (isfinite(scale.lowest) and isfinite(scale.highest) and scale.lowest < scale.highest):
        yield "has a lowest score that is not below its highest"
    if scale.decimals is not None and not 0 <= scale.decimals <= 9:
        yield "is rounded to fewer than 0 or more than 9 decimals"


def _wrong_bank(scale: Scale, names: _Names) -> Iterator[str]:
    if (scale.combine == "eap") != (scale.bank is not None):
        yield "is estimated on a bank and names none, or names one and is not"
    if scale.bank is not None and not set(scale.items) <= names.banks.get(scale.bank, frozenset()):
        yield "is estimated on a bank that is not there, or that lacks one of its items"
    if scale.bank is not None and (scale.scales or scale.reverse or scale.recodes):
        yield "is estimated on a bank, which counts answers to items as they are"


def _fits(scale: Scale, parts: int) -> bool:
    return 0 < scale.missing.least <= (100 if scale.missing.kind == "percent" else parts)


def _wrong_flags(spec: ScoringSpec, names: _Names) -> Iterator[SpecFault]:
    scales = {scale.scale_id for scale in spec.scales if not scale.off}
    earlier: set[str] = set()
    for flag in spec.flags:
        known = names.items | scales | earlier
        for rule in _wrong_flag(flag, known):
            yield SpecFault(flag.flag_id, rule)
        earlier.add(flag.flag_id)
    for banding in spec.bandings:
        for rule in _wrong_banding(banding, scales):
            yield SpecFault(banding.banding_id, rule)


def _wrong_flag(flag: Flag, known: set[str] | frozenset[str]) -> Iterator[str]:
    if not flag.tests:
        yield "tests nothing"
    for one in flag.tests:
        if one.part not in known:
            yield f"tests {one.part!r}, which is neither an item, a scale that is on, nor a flag before it"


def _wrong_banding(banding: Banding, scales: set[str]) -> Iterator[str]:
    if banding.scale not in scales:
        yield f"is of the scale {banding.scale!r}, which is not there or off"
    lows = [band.lowest for band in banding.bands]
    if not lows or any(low >= high for low, high in pairwise(lows)):
        yield "has no bands, or bands that do not rise"


def _misfits(spec: ScoringSpec, structure: Structure) -> Iterator[SpecFault]:
    if spec.instrument_id != structure.instrument_id:
        yield SpecFault(spec.instrument_id, "is the scoring of another instrument")
    asked = {item.item_id: item for item in every_item(structure)}
    recodes = {recode.name: dict(recode.pairs) for recode in spec.recodes}
    for scored in spec.items:
        if scored.item_id not in asked:
            yield SpecFault(scored.item_id, "is not an item of the instrument")
            continue
        rule = _misfit(scored, asked[scored.item_id], recodes.get(scored.recode or ""))
        if rule is not None:
            yield SpecFault(scored.item_id, rule)
    yield from (SpecFault(where, rule) for where, rule in misfits_of_adaptive(spec, structure))


def _misfit(scored: ScoredItem, item: Item, recode: dict[float, float] | None) -> str | None:
    if item.repeats:
        return "takes more than one answer, so it has no one number"
    if item.kind in NUMBERS:
        return _misfit_number(scored, item, recode)
    if item.kind not in CHOICES and item.kind != "boolean":
        return f"is of the kind {item.kind}, which has no number"
    codes = dict(scored.codes)
    numbers: dict[str, float | None] = {"no": 0, "yes": 1} if item.kind == "boolean" else {}
    numbers |= {option.code: codes.get(option.code, option.score) for option in item.options}
    for code, number in numbers.items():
        if number is None:
            return f"has an option without a number: {code!r}"
        if not _counts(scored, number, recode):
            return f"has an option whose number is out of range: {code!r}"
    return None


def _misfit_number(scored: ScoredItem, item: Item, recode: dict[float, float] | None) -> str | None:
    if item.minimum is None or item.maximum is None:
        return "has no bounds, so an answer could be out of the scoring's range"
    answers = [item.minimum, item.maximum]
    if recode is not None:
        if item.kind != "integer" or item.maximum - item.minimum > MOST_RECODED:
            return "is recoded by a table that cannot hold all its numbers"
        answers = [float(number) for number in range(ceil(item.minimum), int(item.maximum) + 1)]
    if not all(_counts(scored, number, recode) for number in answers):
        return "can be answered by a number that is out of the scoring's range"
    return None


def _counts(scored: ScoredItem, number: float, recode: dict[float, float] | None) -> bool:
    """Whether the engine takes ``number``: as absent, not applicable, or within the range after recoding."""
    if number in scored.absent or number in scored.inapplicable:
        return True
    counted = number if recode is None else recode.get(number)
    return counted is not None and scored.lowest <= counted <= scored.highest
