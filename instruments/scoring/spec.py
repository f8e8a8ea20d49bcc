"""The rules by which an instrument is scored, as data; nothing here computes a score."""

from collections import Counter
from collections.abc import Iterator
from math import ceil, isfinite
from typing import Literal

from instruments.definition import CHOICES, NUMBERS, Document, Item, Structure, every_item

MOST_RECODED = 1000


class Recode(Document, frozen=True):
    """A table from the number answered to the number that counts, named so that items can share it.

    ``pairs`` are (answered, counted); a number that is not in the table is out of range.
    """

    name: str
    pairs: tuple[tuple[float, float], ...]


class ScoredItem(Document, frozen=True):
    """How one item's answers become numbers.

    ``lowest`` and ``highest`` bound the number that counts, after ``recode`` (a table's name). ``codes``
    gives the number of an option where it is not the option's own ``score``. ``absent`` are answered numbers
    that count as missing.
    """

    item_id: str
    lowest: float
    highest: float
    recode: str | None = None
    codes: tuple[tuple[str, float], ...] = ()
    absent: tuple[float, ...] = ()


class MissingRule(Document, frozen=True):
    """How many parts must be there: any (one), half, all, ``n-of`` or ``percent`` (both rounded up).

    ``least`` is the n of ``n-of`` or the percentage of ``percent``.
    """

    kind: Literal["any", "half", "all", "n-of", "percent"] = "half"
    least: float = 0

    def needed(self, parts: int) -> int:
        """The number of parts out of ``parts`` that must be there, from 1 to ``parts``."""
        counts = {
            "any": 1,
            "half": ceil(parts / 2),
            "all": parts,
            "n-of": int(self.least),
            "percent": ceil(round(parts * self.least / 100, 9)),
        }
        return min(max(counts[self.kind], 1), parts)


class Linear(Document, frozen=True):
    """A straight line from the raw score: ``raw_low`` becomes ``low`` and ``raw_high`` becomes ``high``."""

    raw_low: float
    raw_high: float
    low: float = 0
    high: float = 100


class Scale(Document, frozen=True):
    """One scale: its parts (items, and earlier scales), how they are put together, and what the score means.

    ``reverse`` names the parts that count backwards (lowest + highest - value). ``prorated-sum`` is the mean
    of the parts that are there, times the number of parts. ``lowest`` and ``highest`` bound the score.
    """

    scale_id: str
    items: tuple[str, ...] = ()
    scales: tuple[str, ...] = ()
    reverse: tuple[str, ...] = ()
    combine: Literal["mean", "sum", "prorated-sum"] = "mean"
    missing: MissingRule = MissingRule()
    transform: Linear | None = None
    direction: Literal["higher-better", "higher-worse"] = "higher-better"
    lowest: float = 0
    highest: float = 100


class ScoringSpec(Document, frozen=True):
    """How an instrument is scored: its items as numbers, its scales in an order to compute them in."""

    instrument_id: str
    version: str
    items: tuple[ScoredItem, ...] = ()
    scales: tuple[Scale, ...] = ()
    recodes: tuple[Recode, ...] = ()
    source: str = ""


class SpecFault(Document, frozen=True):
    """Something wrong with a scoring: ``where`` (a scale, item or table) and the ``rule`` it breaks."""

    where: str
    rule: str


def check_spec(spec: ScoringSpec, structure: Structure | None = None) -> list[SpecFault]:
    """What is wrong with ``spec`` in itself and for ``structure``; an empty list if it can be used."""
    faults = [SpecFault(name, "is named twice") for name in _named_twice(spec)]
    tables = {recode.name for recode in spec.recodes}
    for item in spec.items:
        faults.extend(SpecFault(item.item_id, rule) for rule in _wrong_item(item, tables))
    faults.extend(_wrong_scales(spec))
    if structure is not None:
        faults.extend(_misfits(spec, structure))
    return faults


def _named_twice(spec: ScoringSpec) -> list[str]:
    names = [item.item_id for item in spec.items] + [scale.scale_id for scale in spec.scales]
    names += [f"recode {recode.name}" for recode in spec.recodes]
    return [name for name, count in Counter(names).items() if count > 1]


def _wrong_item(item: ScoredItem, tables: set[str]) -> Iterator[str]:
    if not (isfinite(item.lowest) and isfinite(item.highest) and item.lowest < item.highest):
        yield "has a lowest number that is not below its highest"
    if item.recode is not None and item.recode not in tables:
        yield "is recoded by a table that is not there"


def _wrong_scales(spec: ScoringSpec) -> Iterator[SpecFault]:
    items = {item.item_id for item in spec.items}
    earlier: set[str] = set()
    for scale in spec.scales:
        for rule in _wrong_scale(scale, items, earlier):
            yield SpecFault(scale.scale_id, rule)
        earlier.add(scale.scale_id)


def _wrong_scale(scale: Scale, items: set[str], earlier: set[str]) -> Iterator[str]:
    parts = (*scale.items, *scale.scales)
    if not parts:
        yield "has no parts"
    if len(set(parts)) < len(parts):
        yield "counts a part twice"
    for name in scale.items:
        if name not in items:
            yield f"counts the item {name!r}, which is not scored"
    for name in scale.scales:
        if name not in earlier:
            yield f"counts the scale {name!r}, which does not come before it"
    for name in scale.reverse:
        if name not in parts:
            yield f"reverses {name!r}, which is not a part of it"
    yield from _wrong_rules(scale, len(parts))


def _wrong_rules(scale: Scale, parts: int) -> Iterator[str]:
    if scale.missing.kind in ("n-of", "percent") and not _fits(scale.missing, parts):
        yield "needs more parts than it has, or none"
    if scale.transform is not None and scale.transform.raw_low == scale.transform.raw_high:
        yield "is transformed by a line without a slope"


def _fits(missing: MissingRule, parts: int) -> bool:
    return 0 < missing.least <= (100 if missing.kind == "percent" else parts)


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


def _misfit(scored: ScoredItem, item: Item, recode: dict[float, float] | None) -> str | None:
    if item.kind in NUMBERS:
        return _misfit_number(scored, item, recode)
    if item.kind not in CHOICES and item.kind != "boolean":
        return f"is of the kind {item.kind}, which has no number"
    if item.repeats:
        return "lets more than one option be chosen, so it has no one number"
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
    """Whether the engine takes ``number``: as absent, or within the range after recoding."""
    if number in scored.absent:
        return True
    counted = number if recode is None else recode.get(number)
    return counted is not None and scored.lowest <= counted <= scored.highest
