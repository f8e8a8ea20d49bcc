"""Whether a scoring fits the adaptive tests of its instrument: the same scale, items and categories."""

from collections.abc import Iterator

from instruments.definition import AdaptiveTest, Item, Structure, every_item
from instruments.scoring.spec import ScoredItem, ScoringSpec


def misfits_of_adaptive(spec: ScoringSpec, structure: Structure) -> Iterator[tuple[str, str]]:
    """Where the scoring and an adaptive test part: the scale or item, and the rule that is broken.

    The scoring's calibration may be another than that by which the items were chosen, as a newer one is; what
    is a category of the one must be so of the other.
    """
    asked = {item.item_id: item for item in every_item(structure)} if structure.adaptive else {}
    for test in structure.adaptive:
        yield from _misfits(spec, test, asked)


def _misfits(spec: ScoringSpec, test: AdaptiveTest, asked: dict[str, Item]) -> Iterator[tuple[str, str]]:
    scale = next((one for one in spec.scales if one.scale_id == test.scale), None)
    banks = {named.name: named.bank for named in spec.banks}
    if scale is None or scale.combine != "eap" or scale.bank not in banks:
        yield test.scale, "is asked adaptively and is no scale that is estimated on a bank"
        return
    thresholds = {one.item_id: len(one.b) for one in banks[scale.bank].items}
    scored = {one.item_id: one for one in spec.items}
    recodes = {recode.name: dict(recode.pairs) for recode in spec.recodes}
    for one in test.bank.items:
        if one.item_id not in scale.items or one.item_id not in scored:
            yield one.item_id, f"is asked adaptively for the scale {test.scale!r}, which does not count it"
        elif thresholds.get(one.item_id) != len(one.b):
            yield one.item_id, "is asked adaptively with other categories than it is scored with"
        elif one.item_id in asked:
            counted = scored[one.item_id]
            recode = None if counted.recode is None else recodes.get(counted.recode, {})
            if not _keeps_categories(counted, asked[one.item_id], recode):
                yield (
                    one.item_id,
                    "is asked adaptively and counts in other categories than its options' scores",
                )


def _keeps_categories(scored: ScoredItem, item: Item, recode: dict[float, float] | None) -> bool:
    codes = dict(scored.codes)
    for option in item.options:
        number = codes.get(option.code, option.score)
        if number in scored.absent or number in scored.inapplicable or number is None:
            return False
        if (number if recode is None else recode.get(number)) != option.score:
            return False
    return True
