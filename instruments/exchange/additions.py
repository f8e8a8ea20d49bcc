"""What FHIR cannot say of an instrument: extensions of our own, written by ``writing`` and read back here.

Each holds JSON: of an item the fields that came out otherwise (``more-of-item``), of the structure likewise
(``structure``), the whole presentation and scoring, and of each translation the texts that are missing.
"""

from typing import NamedTuple, TypeVar

import msgspec

from instruments.definition import Document, Item, Presentation, Structure, Translation
from instruments.exchange.element import Element
from instruments.exchange.losses import InvalidQuestionnaireError
from instruments.scoring.spec import ScoringSpec

Fields = dict[str, object]
Read = TypeVar("Read")


class MoreWording(Document, frozen=True):
    """A translation as it should be: the one read in the language ``read_as``, with ``texts`` put into it,
    and the keys ``without`` taken out; in ``language`` and ``version``."""

    read_as: str
    language: str
    version: str
    texts: dict[str, str] = msgspec.field(default_factory=dict)
    without: tuple[str, ...] = ()


class Additions(NamedTuple):
    """Those of a questionnaire as a whole; none where it has none."""

    structure: Fields
    presentation: Presentation | None = None
    scoring: ScoringSpec | None = None
    scoring_path: str = ""
    translations: tuple[MoreWording, ...] | None = None


def read_additions(root: Element) -> Additions:
    """The additions of a questionnaire.

    Raises:
        InvalidQuestionnaireError: one of them holds something else.
    """
    scoring = root.extension("own-scoring")
    return Additions(
        structure=_decoded(root.extension("own-structure"), Fields) or {},
        presentation=_decoded(root.extension("own-presentation"), Presentation),
        scoring=_decoded(scoring, ScoringSpec),
        scoring_path=scoring.path if scoring is not None else "",
        translations=_decoded(root.extension("own-translations"), tuple[MoreWording, ...]),
    )


def with_more_of_item(element: Element, item: Item) -> Item:
    """``item`` with the fields that FHIR could not say.

    Raises:
        InvalidQuestionnaireError: the extension holds something else.
    """
    extension = element.extension("own-more-of-item")
    more = _decoded(extension, Fields)
    if extension is None or more is None:
        return item
    within = item.items
    plain = msgspec.to_builtins(msgspec.structs.replace(item, items=()))
    fitted = _converted(extension, plain | more | {"item_id": item.item_id, "items": []}, Item)
    return msgspec.structs.replace(fitted, items=within)


def with_more_of_structure(root: Element, structure: Structure, more: Fields) -> Structure:
    """``structure`` with the fields that FHIR could not say.

    Raises:
        InvalidQuestionnaireError: they do not fit a structure.
    """
    if not more:
        return structure
    plain = msgspec.to_builtins(msgspec.structs.replace(structure, items=()))
    fitted = _converted(root, plain | more | {"items": []}, Structure)
    return msgspec.structs.replace(fitted, items=structure.items)


def with_more_wording(
    read: tuple[Translation, ...], more: tuple[MoreWording, ...] | None, instrument_id: str
) -> tuple[Translation, ...]:
    """The translations with what FHIR could not say of them."""
    if more is None:
        return read
    texts = {one.language: one.texts for one in read}
    return tuple(
        Translation(
            instrument_id=instrument_id,
            language=one.language,
            version=one.version,
            texts=_without(texts.get(one.read_as, {}), frozenset(one.without)) | one.texts,
        )
        for one in more
    )


def _without(texts: dict[str, str], keys: frozenset[str]) -> dict[str, str]:
    return {key: text for key, text in texts.items() if key not in keys}


def _decoded(extension: Element | None, kind: type[Read]) -> Read | None:
    if extension is None:
        return None
    content = extension.text("valueString") or ""
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidQuestionnaireError(extension.path, f"does not hold what it should: {error}") from None


def _converted(element: Element, plain: object, kind: type[Read]) -> Read:
    try:
        return msgspec.convert(plain, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise InvalidQuestionnaireError(element.path, f"does not fit: {error}") from None
