"""FHIR R4 Questionnaire to instrument: read whole, or refused with every loss named."""

import hashlib
import re
from collections.abc import Collection, Mapping

from msgspec.structs import replace

from instruments.definition import Document, Presentation, Structure
from instruments.exchange.additions import read_additions, with_more_of_structure, with_more_wording
from instruments.exchange.administrative import QUESTIONNAIRE, note
from instruments.exchange.calculations import read_variables
from instruments.exchange.choices import ValueSets
from instruments.exchange.element import Element, Reading
from instruments.exchange.fhir_versions import refuse_other_resource
from instruments.exchange.item_codes import read_codes
from instruments.exchange.item_extensions import note_servers, read_text
from instruments.exchange.items import ItemReader
from instruments.exchange.json_tree import MAX_OBJECTS, Tree, read_tree
from instruments.exchange.losses import InvalidQuestionnaireError, Loss, Note
from instruments.exchange.wording import UNKNOWN_LANGUAGE, Texts
from instruments.scoring.soundness import check_spec
from instruments.soundness import faults_of
from instruments.versions import Instrument, unscored

__all__ = ["Imported", "InvalidQuestionnaireError", "Loss", "Note", "read_questionnaire"]

NUMBER = re.compile(r"\d+")
PEOPLE = frozenset(("Patient", "Person"))


class Imported(Document, frozen=True):
    """What came of an import: the instrument, unless a loss was not accepted; fields and extensions
    understood; items read; every loss, in the order of the document; and what was read and left without a
    loss."""

    instrument: Instrument | None
    understood: int
    items: int
    losses: tuple[Loss, ...]
    notes: tuple[Note, ...] = ()


def read_questionnaire(content: bytes, accept: Collection[str] = ()) -> Imported:
    """Reads a FHIR R4 Questionnaire (JSON, UTF-8).

    ``accept`` holds the paths of losses that somebody has looked at and accepts; the instrument is given only
    if it names every loss there is. Its scoring is empty, unless it stands in our own extension: option
    scores (``ordinalValue``) are kept, rules are not guessed.

    Raises:
        InvalidQuestionnaireError: the content is no Questionnaire that can be read; nothing of it is.
    """
    try:
        return _read_tree(read_tree(content), content, accept)
    except RecursionError:
        raise InvalidQuestionnaireError("", "is nested too deep") from None


def _read_tree(tree: Tree, content: bytes, accept: Collection[str]) -> Imported:
    reading = Reading()
    root = Element(tree, "", reading)
    refuse_other_resource(root)
    language = root.text("language") or UNKNOWN_LANGUAGE
    items = ItemReader(ValueSets(root, language), Texts(language))
    instrument = _read(root, items, hashlib.sha256(content).hexdigest())
    root.finish()
    losses = tuple(sorted(reading.losses, key=_document_order))
    accepted = all(loss.path in accept for loss in losses)
    notes = tuple(sorted(reading.notes, key=_document_order))
    items_read = len(items.paths) - items.parts
    return Imported(instrument if accepted else None, reading.understood, items_read, losses, notes)


def _read(root: Element, items: ItemReader, digest: str) -> Instrument:
    texts = items.texts
    name = root.text("id")
    note(root, QUESTIONNAIRE)
    address = root.text("url") or name or f"urn:sha256:{digest}"
    if "|" in address or "#" in address:
        raise root.invalid("url", "must hold neither | nor #")
    version = root.text("version") or digest[:12]
    texts.read(root, "title", "title")
    read_text(root, "own-intro", "intro", texts)
    additions = read_additions(root)
    note_servers(root)
    _check_subject(root)
    variables = read_variables(root, frozenset())
    structure = Structure(
        instrument_id=address,
        version=version,
        source=root.text("copyright") or "",
        codes=read_codes(root, "", texts),
        items=items.read(root, variables),
        variables=variables,
    )
    structure = with_more_of_structure(root, structure, additions.structure)
    if not structure.items:
        raise root.invalid("item", "a questionnaire without items asks nothing")
    faults = faults_of(structure)
    if faults:
        raise InvalidQuestionnaireError(_path_of(faults[0].where, items.paths), faults[0].rule)
    address, version = structure.instrument_id, structure.version
    presentation = additions.presentation or Presentation(
        instrument_id=address, version=version, controls=items.controls, orientation=items.orientation
    )
    scoring = additions.scoring or unscored(structure)
    for fault in check_spec(scoring, structure):
        raise InvalidQuestionnaireError(additions.scoring_path, f"{fault.where}: {fault.rule}")
    translations = texts.translations(address, version)
    return Instrument(
        structure=structure,
        presentation=replace(presentation, instrument_id=address),
        scoring=scoring,
        translations=with_more_wording(translations, additions.translations, address),
    )


def _path_of(where: str, paths: Mapping[str, str]) -> str:
    """The path of an item, or of the item whose wording key this is; empty for the whole."""
    while where not in paths and "/" in where:
        where = where.rpartition("/")[0]
    return paths.get(where, "")


def _check_subject(root: Element) -> None:
    subjects = root.raw("subjectType")
    if subjects is None:
        return
    if not isinstance(subjects, list) or not all(isinstance(subject, str) for subject in subjects):
        raise root.invalid("subjectType", "must be a list of texts")
    if not PEOPLE.intersection(subjects):
        root.lose(
            "subjectType", "a questionnaire about others", "only people who answer for themselves are asked"
        )


def _document_order(named: Loss | Note) -> str:
    """A key that puts ``item[2]`` before ``item[10]``."""
    return NUMBER.sub(_padded, named.path)


def _padded(number: re.Match[str]) -> str:
    return number[0].zfill(len(str(MAX_OBJECTS)))
