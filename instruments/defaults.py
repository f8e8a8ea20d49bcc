"""Defaults said or left out: a document that states one is the document that leaves it out."""

from functools import lru_cache
from typing import TypeVar

import msgspec
from msgspec import structs

Struct = TypeVar("Struct", bound=msgspec.Struct)


@lru_cache(maxsize=256)
def fields_of(kind: type[msgspec.Struct]) -> tuple[structs.FieldInfo, ...]:
    """The fields of a kind of document; kept, since working them out takes longer than comparing them."""
    return structs.fields(kind)


def settled(document: Struct) -> Struct:
    """The document with every field that equals its default holding the default itself, all the way down.

    ``omit_defaults`` leaves out a number or a struct only where it *is* the default, not where it equals it:
    ``"lowest": 0`` as read is 0.0 and would be written out, though 0 is the default.
    """
    changed: dict[str, object] = {}
    for field in fields_of(type(document)):
        value = getattr(document, field.name)
        inner = field.default if _is_default(value, field.default) else _settled(value)
        if inner is not value:
            changed[field.name] = inner
    return structs.replace(document, **changed) if changed else document


def _is_default(value: object, default: object) -> bool:
    return isinstance(value, bool) is isinstance(default, bool) and value == default


def _settled(value: object) -> object:
    if isinstance(value, msgspec.Struct):
        return settled(value)
    if isinstance(value, tuple):
        inner = tuple(_settled(one) for one in value)
        return inner if any(new is not old for new, old in zip(inner, value, strict=True)) else value
    return value
