"""A translation as XLIFF 2.1 (OASIS, 2018), for whatever tool a translator works in."""

import re
from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape, quoteattr

from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

from instruments.exchange.translation_units import (
    MAX_BYTES,
    NOTHING_KNOWN,
    InvalidTranslationError,
    Translated,
    Unit,
    direction_of,
    original_of,
    units_of,
    with_translation,
)
from instruments.translation_status import STATES, TranslationStatus
from instruments.versions import Instrument

NAMESPACE = "urn:oasis:names:tc:xliff:document:2.0"
NS = f"{{{NAMESPACE}}}"
VERSIONS = ("2.0", "2.1")
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What XML 1.0 cannot hold; XLIFF writes it as ``<cp hex="001A"/>``."""

HEX = re.compile("[0-9A-Fa-f]{4,6}", re.ASCII)
ID = re.compile("k-((?:[0-9a-f]{2})+)", re.ASCII)


def write_xliff(
    instrument: Instrument, source: str, target: str, status: TranslationStatus | None = None
) -> bytes:
    """The texts of the ``source`` language with their translations and states so far: XLIFF 2.1, UTF-8.

    A unit's id is its key in hexadecimal digits, so that it is an NMTOKEN whatever the key holds.

    Raises:
        InvalidTranslationError: the instrument has no wording in ``source``.
    """
    head = (
        f'<xliff xmlns="{NAMESPACE}" version="2.1" srcLang={quoteattr(source)} trgLang={quoteattr(target)}>\n'
        f'<file id="f" original={_attribute(original_of(instrument.structure))} '
        f'srcDir="{direction_of(source)}" trgDir="{direction_of(target)}">\n'
    )
    units = "".join(_unit(one) for one in units_of(instrument, source, target, status))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}{units}</file>\n</xliff>\n'.encode()


def read_xliff(
    content: bytes, instrument: Instrument, statuses: Mapping[str, TranslationStatus] = NOTHING_KNOWN
) -> Translated:
    """The instrument with the translations of an XLIFF 2.0 or 2.1 file that was written from it.

    ``statuses`` holds the states of the texts so far, by language.

    Raises:
        InvalidTranslationError: it is no such file, is of another version of the wording, or names a text
            twice, one that is not the instrument's, one that has changed since, or a state that is none; the
            place and the rule.
    """
    root = _root(content)
    source, target = root.get("srcLang", ""), root.get("trgLang", "")
    if not target:
        raise InvalidTranslationError("xliff", "names no trgLang")
    units: list[Unit] = []
    for file in root.findall(f"{NS}file"):
        if file.get("original") != _plain(original_of(instrument.structure)):
            raise InvalidTranslationError("file", "is of another version of the wording")
        units += map(_read_unit, file.iter(f"{NS}unit"))
    return with_translation(instrument, source, target, units, statuses)


def _unit(unit: Unit) -> str:
    sub_state = f" subState={_attribute(unit.sub_state)}" if unit.sub_state else ""
    target = f"<target>{_text(unit.target)}</target>" if unit.target else ""
    state = f'state="{unit.state}"{sub_state}'
    return (
        f'<unit id="k-{unit.key.encode().hex()}" name={_attribute(unit.key)} xml:space="preserve">'
        f"<segment {state}><source>{_text(unit.source)}</source>{target}</segment></unit>\n"
    )


def _text(text: str) -> str:
    # A carriage return would come back as a line feed, unless it is a reference (XML 1.0, 2.11).
    escaped = escape(text, {"\r": "&#13;"})
    return NOT_XML.sub(lambda found: f'<cp hex="{ord(found[0]):04X}"/>', escaped)


def _plain(text: str) -> str:
    return NOT_XML.sub("�", text)


def _attribute(text: str) -> str:
    return quoteattr(_plain(text), {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"})


def _root(content: bytes) -> Element:
    if len(content) > MAX_BYTES:
        raise InvalidTranslationError("xliff", f"is longer than {MAX_BYTES} bytes")
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError) as error:
        raise InvalidTranslationError("xliff", "is no XML, or declares entities") from error
    if root.tag != f"{NS}xliff" or root.get("version") not in VERSIONS:
        raise InvalidTranslationError("xliff", "must be XLIFF 2.0 or 2.1")
    return root


def _read_unit(element: Element) -> Unit:
    key = _key(element)
    source = target = ""
    states: list[tuple[str, str]] = []
    for part in element:
        if part.tag not in (f"{NS}segment", f"{NS}ignorable"):
            continue
        inner = part.find(f"{NS}source")
        if inner is None:
            raise InvalidTranslationError(key, "has no source")
        said = part.find(f"{NS}target")
        source += "".join(_said(inner, key))
        target += "" if said is None else "".join(_said(said, key))
        if part.tag == f"{NS}segment":
            states.append(_state(part, key))
    return Unit(key, source, target, *min(states, key=_distance, default=("initial", "")))


def _key(element: Element) -> str:
    named = ID.fullmatch(element.get("id", ""))
    try:
        key = bytes.fromhex(named[1]).decode() if named else ""
    except UnicodeDecodeError:
        key = ""
    if not key:
        raise InvalidTranslationError(element.get("id", "unit")[:200], "is no id of a unit that we wrote")
    return key


def _state(segment: Element, key: str) -> tuple[str, str]:
    """A segment's state and subState; a state that is left out is ``initial``."""
    sub_state = segment.get("subState", "")
    if sub_state and "state" not in segment.attrib:
        raise InvalidTranslationError(key, "has a subState without a state")
    return segment.get("state", "initial"), sub_state


def _distance(found: tuple[str, str]) -> int:
    """How far a segment is: a unit that a tool has cut up is where the least of its segments is."""
    return next((place for place, state in enumerate(STATES) if state == found[0]), -1)


def _said(element: Element, key: str) -> Iterator[str]:
    """The text of a source or a target; a tool's own marks in it are refused, since they would be lost."""
    yield element.text or ""
    for inner in element:
        code = inner.get("hex", "")
        if inner.tag != f"{NS}cp" or not HEX.fullmatch(code) or int(code, 16) > 0x10FFFF:
            raise InvalidTranslationError(key, "holds a mark; leave plain text only")
        yield chr(int(code, 16))
        yield inner.tail or ""
