"""Wording per language: which keys a structure needs, and which of them a translation lacks."""

from collections import Counter
from collections.abc import Iterable

from instruments.definition import Document, Item, Structure, Translation, every_item

ASPECTS = (
    "help", "prefix", "min", "max", "unit", "placeholder", "error", "short-text", "open-label",
    "markdown", "xhtml",
)  # fmt: skip
"""What may be said of an item beside its text: ``ITEM/help`` and so on. Optional, but in every language or in
none.
"""


MARKUP = ("markdown", "xhtml")
"""The same text with markup, of an item or an option; it is not shown, so no language need have it."""
OPTION_ASPECTS = ("prefix", *MARKUP)


class Completeness(Document, frozen=True):
    """How far a language has come: ``missing`` keys keep it from being published, ``unknown`` are unused."""

    language: str
    needed: int
    missing: tuple[str, ...]
    unknown: tuple[str, ...]


def needed_keys(structure: Structure) -> tuple[str, ...]:
    """The keys every language must have: the title, each item that a person meets, each option.

    A group may stand without a title of its own. Hidden items are never read by anyone.
    """
    keys = ["title"]
    waiting = list(reversed(structure.items))
    while waiting:
        item = waiting.pop()
        if item.hidden:
            continue
        keys.extend(_keys_of(item))
        waiting.extend(reversed(item.items))
    return tuple(keys)


def _keys_of(item: Item) -> list[str]:
    own = [] if item.kind == "group" else [item.item_id]
    return own + [f"{item.item_id}/{option.code}" for option in item.options]


def possible_keys(structure: Structure) -> list[str]:
    """Every key that a translation of ``structure`` may have, once for each thing that it names."""
    keys = ["title", "intro"]
    for item in every_item(structure):
        keys.append(item.item_id)
        keys.extend(f"{item.item_id}/{aspect}" for aspect in ASPECTS)
        for option in item.options:
            keys.append(f"{item.item_id}/{option.code}")
            keys.extend(f"{item.item_id}/{option.code}/{aspect}" for aspect in OPTION_ASPECTS)
    return keys


def ambiguous_keys(structure: Structure) -> frozenset[str]:
    """Keys that would name two things, as an item ``a/b`` and the option ``b`` of an item ``a`` do."""
    if not any(_can_be_mistaken(item) for item in every_item(structure)):
        return frozenset()
    return frozenset(key for key, count in Counter(possible_keys(structure)).items() if count > 1)


def _can_be_mistaken(item: Item) -> bool:
    return (
        "/" in item.item_id
        or item.item_id in ("title", "intro")
        or any("/" in option.code or option.code in ASPECTS for option in item.options)
    )


def completeness(structure: Structure, translations: Iterable[Translation]) -> tuple[Completeness, ...]:
    """How complete each translation is, in the order given.

    A key that any of the languages has, such as a help text, is needed in all of them. A blank text is
    missing.
    """
    given = tuple(translations)
    possible = frozenset(possible_keys(structure))
    needed = list(needed_keys(structure))
    known = set(needed)
    for translation in given:
        extra = [
            key for key in translation.texts if key in possible and key not in known and not _is_markup(key)
        ]
        needed.extend(extra)
        known.update(extra)
    return tuple(_completeness(translation, needed, possible) for translation in given)


def _is_markup(key: str) -> bool:
    return key.rpartition("/")[2] in MARKUP


def _completeness(translation: Translation, needed: list[str], possible: frozenset[str]) -> Completeness:
    return Completeness(
        language=translation.language,
        needed=len(needed),
        missing=tuple(key for key in needed if not translation.texts.get(key, "").strip()),
        unknown=tuple(sorted(key for key in translation.texts if key not in possible)),
    )
