"""Instrument to FHIR R4 Questionnaire: what FHIR can say in FHIR, the rest in extensions of our own.

What is written is read back before it is given out: the instrument that comes of it must be the same.
"""

import json
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from instruments.definition import Document, Item, Structure, Translation, every_item
from instruments.exchange.additions import MoreWording
from instruments.exchange.canonicals import OWN
from instruments.exchange.fhir import read_questionnaire
from instruments.exchange.logic import places_of
from instruments.exchange.losses import InvalidQuestionnaireError
from instruments.exchange.wording import UNKNOWN_LANGUAGE
from instruments.exchange.written_calculations import written_calculations
from instruments.exchange.written_items import ItemWriter, written_codes
from instruments.exchange.written_values import Json
from instruments.exchange.written_wording import Words
from instruments.primitives import is_address, is_text
from instruments.versions import Instrument, State, canonical, unscored

STATUSES: Mapping[State, str] = {
    State.DRAFT: "draft",
    State.IN_REVIEW: "draft",
    State.PUBLISHED: "active",
    State.RETIRED: "retired",
}
OF_STRUCTURE = ("instrument_id", "version", "recall", "validated", "source", "codes", "variables", "adaptive")


class UnwritableInstrumentError(Exception):
    """An instrument that a Questionnaire cannot hold: ``where`` (item, document) and the ``rule`` broken."""

    def __init__(self, where: str, rule: str) -> None:
        super().__init__(f"{where or 'the instrument'}: {rule}")
        self.where = where
        self.rule = rule


class _Additions(NamedTuple):
    """What FHIR cannot say: JSON by the name of the extension, and by item."""

    of_whole: Mapping[str, str]
    of_items: Mapping[str, str]


NOTHING = _Additions({}, {})


def write_questionnaire(instrument: Instrument, state: State = State.PUBLISHED) -> bytes:
    """The instrument as a FHIR R4 Questionnaire (JSON, UTF-8), its ``status`` from the ``state`` it is in.

    ``read_questionnaire`` reads it without a loss and gives the same instrument: that has been tried.

    Raises:
        UnwritableInstrumentError: there is no such Questionnaire, as where an item's id is not a FHIR string.
    """
    _check_ids(instrument.structure)
    content = _write(instrument, state, NOTHING)
    read = _read_back(content)
    additions = _missing(instrument, read)
    if additions != NOTHING:
        content = _write(instrument, state, additions)
        read = _read_back(content)
    _check_same(instrument, read)
    return content


def _check_ids(structure: Structure) -> None:
    for item in every_item(structure):
        if not is_text(item.item_id):
            raise UnwritableInstrumentError(item.item_id[:200], "has an id that is no FHIR string")


def _write(instrument: Instrument, state: State, additions: _Additions) -> bytes:
    structure, words = instrument.structure, Words(instrument.translations)
    calculations = written_calculations(structure)
    tree: Json = {"resourceType": "Questionnaire"}
    if words.language != UNKNOWN_LANGUAGE:
        tree["language"] = words.language
    extensions = words.extension(OWN + "intro", "intro")
    extensions.extend(calculations.get("", ()))
    extensions.extend({"url": OWN + name, "valueString": text} for name, text in additions.of_whole.items())
    if extensions:
        tree["extension"] = extensions
    if is_address(structure.instrument_id) and not {"|", "#"} & set(structure.instrument_id):
        tree["url"] = structure.instrument_id
    if is_text(structure.version):
        tree["version"] = structure.version
    words.write(tree, "title", "title")
    tree |= {"status": STATUSES[state], "subjectType": ["Patient"]}
    if is_text(structure.source):
        tree["copyright"] = structure.source
    codes = written_codes(structure.codes)
    if codes:
        tree["code"] = codes
    writer = ItemWriter(
        places_of(structure), instrument.presentation, words, calculations, additions.of_items
    )
    tree["item"] = [writer.write(item) for item in structure.items]
    try:
        return json.dumps(tree, ensure_ascii=False, allow_nan=False, indent=2).encode() + b"\n"
    except (ValueError, RecursionError) as error:
        raise UnwritableInstrumentError("", f"holds what JSON cannot: {error}") from error


def _read_back(content: bytes) -> Instrument:
    try:
        imported = read_questionnaire(content)
    except InvalidQuestionnaireError as error:
        raise UnwritableInstrumentError(error.path, error.rule) from error
    if imported.instrument is None:
        first = imported.losses[0]
        raise UnwritableInstrumentError(first.path, f"would lose {first.what}: {first.why}")
    return imported.instrument


def _missing(instrument: Instrument, read: Instrument) -> _Additions:
    """What of ``instrument`` is not in ``read``, which came out of the Questionnaire without additions."""
    of_whole: dict[str, str] = {}
    fields = _other_fields(instrument.structure, read.structure, OF_STRUCTURE)
    if fields:
        of_whole["structure"] = fields
    presentation = msgspec.structs.replace(
        read.presentation, instrument_id=instrument.presentation.instrument_id
    )
    if not _same(instrument.presentation, presentation):
        of_whole["presentation"] = _text(instrument.presentation)
    if not _same(instrument.scoring, unscored(instrument.structure)):
        of_whole["scoring"] = _text(instrument.scoring)
    if not _same_translations(instrument.translations, read.translations):
        more = [
            _more_wording(one, index, read.translations) for index, one in enumerate(instrument.translations)
        ]
        of_whole["translations"] = msgspec.json.encode(more).decode()
    names = [name for name in Item.__struct_fields__ if name not in ("item_id", "items")]
    back = {item.item_id: item for item in every_item(read.structure)}
    of_items = {}
    for item in every_item(instrument.structure):
        fields = _other_fields(item, back[item.item_id], names)
        if fields:
            of_items[item.item_id] = fields
    return _Additions(of_whole, of_items)


def _other_fields(document: Document, read: Document, names: list[str] | tuple[str, ...]) -> str:
    """The fields of ``document`` that ``read`` has otherwise, as JSON; empty where there are none."""
    other = {}
    for name in names:
        value, came = getattr(document, name), getattr(read, name)
        if value is not came and msgspec.json.encode(value) != msgspec.json.encode(came):
            other[name] = value
    return msgspec.json.encode(other).decode() if other else ""


def _more_wording(one: Translation, index: int, read: tuple[Translation, ...]) -> MoreWording:
    same = next((back for back in read if back.language == one.language), None)
    if same is None and index < len(read):
        same = read[index]
    texts = same.texts if same is not None else {}
    return MoreWording(
        read_as=same.language if same is not None else "",
        language=one.language,
        version=one.version,
        texts={key: text for key, text in one.texts.items() if texts.get(key) != text},
        without=tuple(key for key in texts if key not in one.texts),
    )


def _check_same(instrument: Instrument, read: Instrument) -> None:
    pairs = (
        ("the structure", instrument.structure, read.structure),
        ("the presentation", instrument.presentation, read.presentation),
        ("the scoring", instrument.scoring, read.scoring),
    )
    for name, given, came in pairs:
        if not _same(given, came):
            raise UnwritableInstrumentError(name, "would come out of the Questionnaire otherwise")
    if not _same_translations(instrument.translations, read.translations):
        raise UnwritableInstrumentError("the wording", "would come out of the Questionnaire otherwise")


def _same(one: Document, other: Document) -> bool:
    return canonical(one) == canonical(other)


def _same_translations(some: tuple[Translation, ...], others: tuple[Translation, ...]) -> bool:
    return len(some) == len(others) and all(
        _same(one, other) for one, other in zip(some, others, strict=True)
    )


def _text(document: Document) -> str:
    return canonical(document).decode()
