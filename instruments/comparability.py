"""What may be compared between two versions of an instrument: as a whole, by scale and by item."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from instruments.definition import CONTAINERS, Document, Translation, every_item
from instruments.differences.change import Effect, worst
from instruments.differences.compare import Judged, judge
from instruments.differences.known_pairs import KnownPair, known_pair, known_pairs
from instruments.differences.reach import Node, Reach, outputs_of
from instruments.versions import Instrument

__all__ = ["Comparability", "KnownPair", "comparability", "known_pair", "known_pairs"]

OTHER_ITEMS = ("never", "crosswalk", "correlated")
"""Rules of pairs whose items are others, whatever their ids are."""


class Comparability(Document, frozen=True):
    """What may be compared: ``overall``; by scale, flag or banding; and which ``items`` are the same.

    ``overall`` is the worst of what both versions give, so one scale that is not comparable makes the whole
    so: look at ``scales``. A scale that one version lacks is at best ``items comparable``: it may be scored
    from the other's answers. ``pair`` names the known pair that decided, ``reasons`` say why in sentences.
    """

    overall: Effect
    scales: dict[str, Effect]
    items: tuple[str, ...]
    pair: str = ""
    reasons: tuple[str, ...] = ()


class Both(NamedTuple):
    """Two versions, what changed between them, and what depends on what."""

    a: Instrument
    b: Instrument
    judged: Sequence[Judged]
    reach: Reach


def comparability(a: Instrument, b: Instrument) -> Comparability:
    """What may be compared between ``a`` and ``b``, the same in either direction.

    Items are the same if their id, kind, options, bounds, conditions and (in languages that both have)
    wording are, and those of the items they depend on. Two instruments of different ids have nothing in
    common unless they are a known pair; a known pair's rule goes before what the documents say.
    """
    pair = _pair_of(a, b)
    judged = tuple(one for one in judge(a, b) if pair is None or not _is_other_name(one))
    both = Both(a, b, judged, Reach(a, b))
    scales = {name: _class_of(both, name) for name in both.reach.outputs}
    items = _same_items(both)
    if pair is None:
        return Comparability(_overall(both, scales, items), scales, items, reasons=_reasons(both))
    scales, items = _by_pair(pair, both, scales, items)
    known = f"{pair.one.name} and {pair.other.name} are a known pair: {pair.says} ({pair.source})"
    return Comparability(_overall(both, scales, items), scales, items, pair.pair_id, (known, *_reasons(both)))


def _pair_of(a: Instrument, b: Instrument) -> KnownPair | None:
    one, other = a.structure, b.structure
    return known_pair(
        one.instrument_id, one.version, other.instrument_id, other.version, "structure"
    ) or known_pair(one.instrument_id, a.scoring.version, other.instrument_id, b.scoring.version, "scoring")


def _is_other_name(judged: Judged) -> bool:
    return judged.change.path == ("structure", "instrument_id")


def _class_of(both: Both, name: str) -> Effect:
    return worst(one.change.effect for one in both.judged if name in one.change.scales)


def _same_items(both: Both) -> tuple[str, ...]:
    """The answerable items of both versions that nothing grave has touched, by id."""
    grave = [one for one in both.judged if one.severity is Effect.NONE]
    if any(one.touches_everything for one in grave):
        return ()
    touched = both.reach.items_upon(item_id for one in grave for item_id in one.change.items)
    return tuple(sorted((_answerable(both.a) & _answerable(both.b)) - touched))


def _answerable(instrument: Instrument) -> frozenset[str]:
    return frozenset(item.item_id for item in every_item(instrument.structure) if item.kind not in CONTAINERS)


def _overall(both: Both, scales: Mapping[str, Effect], items: Sequence[str]) -> Effect:
    if all(
        one.change.effect is Effect.IDENTICAL for one in both.judged
    ) and both.a.structure.instrument_id == (both.b.structure.instrument_id):
        return Effect.IDENTICAL
    shared = set(outputs_of(both.a.scoring)) & set(outputs_of(both.b.scoring))
    if shared:
        return worst((Effect.SCORES, *(scales[name] for name in shared)))
    if not scales and all(one.severity is not Effect.NONE for one in both.judged):
        return Effect.SCORES
    return Effect.ITEMS if items else Effect.NONE


def _reasons(both: Both) -> tuple[str, ...]:
    """The changes that leave less than scores to compare, in words."""
    grave = (Effect.ITEMS, Effect.NONE)
    return tuple(one.change.words for one in both.judged if one.change.effect in grave)


def _by_pair(
    pair: KnownPair, both: Both, scales: Mapping[str, Effect], items: tuple[str, ...]
) -> tuple[dict[str, Effect], tuple[str, ...]]:
    """What a known pair's rule makes of the classes and the items that are the same."""
    if pair.rule in OTHER_ITEMS:
        named = _named(pair, both) if pair.rule == "correlated" else frozenset()
        shared = set(outputs_of(both.a.scoring)) & set(outputs_of(both.b.scoring))
        return {name: Effect.SCORES if name in named & shared else Effect.NONE for name in scales}, ()
    if pair.rule == "some-apart":
        apart = {name for part in _named(pair, both) for name in both.reach.scales_with(_scored(part))}
        return {name: Effect.NONE if name in apart else effect for name, effect in scales.items()}, items
    if pair.rule == "derived":
        return {name: worst((effect, Effect.ITEMS)) for name, effect in scales.items()}, items
    if pair.rule == "same-wording":
        return _by_wording(both, scales, items)
    return dict(scales), items


def _named(pair: KnownPair, both: Both) -> frozenset[str]:
    known = {name.casefold() for name in pair.scales}
    return frozenset(name for name in both.reach.outputs if name.casefold() in known)


def _scored(name: str) -> Node:
    return Node(asked=False, name=name)


def _by_wording(
    both: Both, scales: Mapping[str, Effect], items: tuple[str, ...]
) -> tuple[dict[str, Effect], tuple[str, ...]]:
    """Only what is worded in a language that both have can be known to be worded the same."""
    same = tuple(item_id for item_id in items if _is_worded(both, item_id))
    known = frozenset(same)
    answerable = _answerable(both.a) | _answerable(both.b)
    classes = {
        name: effect if both.reach.items_of(name) & answerable <= known else Effect.NONE
        for name, effect in scales.items()
    }
    return classes, same


def _is_worded(both: Both, item_id: str) -> bool:
    return any(
        one.texts.get(item_id, "").strip() and other.texts.get(item_id, "").strip()
        for one, other in _in_one_language(both)
    )


def _in_one_language(both: Both) -> Iterable[tuple[Translation, Translation]]:
    others = {translation.language: translation for translation in both.b.translations}
    for translation in both.a.translations:
        if translation.language in others:
            yield translation, others[translation.language]
