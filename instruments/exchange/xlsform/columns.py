"""Headings of the sheets: one name for each column, whatever it was called, and the languages of wording."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from instruments.exchange.losses import InvalidQuestionnaireError
from instruments.exchange.table_rows import Report, Row
from instruments.exchange.wording import NORWEGIAN, UNKNOWN_LANGUAGE
from instruments.exchange.xlsform.sheets import Sheet

LABEL = "label"
HINT = "hint"
CONSTRAINT_MESSAGE = "constraint_message"
WORDING = frozenset((LABEL, HINT, CONSTRAINT_MESSAGE, "required_message", "guidance_hint"))
MEDIA = frozenset(("image", "big-image", "audio", "video"))
"""Columns that may stand once for each language."""
ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "caption": LABEL,
        "command": "type",
        "tag": "name",
        "value": "name",
        "list name": "list_name",
        "relevance": "relevant",
        "bind::relevant": "relevant",
        "bind::required": "required",
        "bind::constraint": "constraint",
        "bind::calculate": "calculation",
        "bind::readonly": "read_only",
        "bind::jr:constraintmsg": CONSTRAINT_MESSAGE,
        "bind::jr:requiredmsg": "required_message",
        "calculate": "calculation",
        "readonly": "read_only",
        "constraint message": CONSTRAINT_MESSAGE,
        "constraining message": CONSTRAINT_MESSAGE,
        "constraining_message": CONSTRAINT_MESSAGE,
        "requiredmsg": "required_message",
        "control::appearance": "appearance",
        "body::appearance": "appearance",
        "count": "repeat_count",
        "jr:count": "repeat_count",
        "set_form_title": "form_title",
        "title": "form_title",
        "set_form_id": "form_id",
        "id_string": "form_id",
    }
)
"""Names that the same column had in earlier versions of XLSForm."""
TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
NAMED_TAG = re.compile(r"(?P<name>.*)\((?P<tag>[^()]*)\)\s*", re.DOTALL)
KNOWN_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "english": "en", "norsk": "nb", "norwegian": "nb", "bokmål": "nb", "norsk bokmål": "nb",
        "nynorsk": "nn", "norsk nynorsk": "nn", "swedish": "sv", "svenska": "sv", "danish": "da",
        "dansk": "da", "finnish": "fi", "suomi": "fi", "german": "de", "deutsch": "de", "french": "fr",
        "français": "fr", "spanish": "es", "español": "es", "portuguese": "pt", "português": "pt",
        "arabic": "ar",
    }
)  # fmt: skip
"""Languages that forms name without a code."""
NO_TAG = (
    "this language has no code, so its wording is left out: write it as `Name (code)`, such as `Norsk (nb)`"
)

NO_HEADING = "it stands under no heading, so it is no part of the form"


class Columns(NamedTuple):
    """``names`` are a sheet's columns in order; ``tags`` the language of each that is wording in one.

    A column whose wording cannot be kept, for want of a language code, has the tag None.
    """

    names: list[str]
    tags: dict[str, str | None]

    def of(self, kind: str) -> list[tuple[str, str | None]]:
        """The columns with wording of a kind that can be kept: each with its language (None: the form's)."""
        found: list[tuple[str, str | None]] = [(kind, None)] if kind in self.names else []
        for name, tag in self.tags.items():
            if tag is not None and name.startswith(f"{kind}::"):
                found.append((name, tag))
        return found

    def languages(self) -> list[str | None]:
        """The languages that labels are in, None for the form's own; that alone, where there is no label."""
        return [language for _, language in self.of(LABEL)] or [None]


class Language(NamedTuple):
    """The form's own language: as headings write it, and its tag."""

    written: str
    tag: str


def tag_of(language: str) -> str | None:
    """The BCP 47 tag in ``English (en)`` or ``en``, or of a name that is known without a code; else None."""
    named = NAMED_TAG.fullmatch(language)
    tag = (named["tag"] if named else language).strip()
    if TAG.fullmatch(tag):
        primary, _, rest = tag.partition("-")
        primary = NORWEGIAN.get(primary.lower(), primary.lower())
        return f"{primary}-{rest}" if rest else primary
    return KNOWN_NAMES.get(tag.lower()) or KNOWN_NAMES.get((named["name"] if named else "").strip().lower())


def own_language(survey: Sheet, default: str) -> Language:
    """The language of columns that name none: ``default`` of the settings, else unknown where there is such a
    column, else the first that a heading names.
    """
    if default and default != "default":
        return Language(default, tag_of(default) or UNKNOWN_LANGUAGE)
    headings = [_split(one) for index, one in enumerate(survey.heading) if _is_filled(survey, index)]
    if (LABEL, "") not in headings:
        for kind, language in headings:
            if kind == LABEL and language:
                return Language(language, tag_of(language) or UNKNOWN_LANGUAGE)
    return Language("", UNKNOWN_LANGUAGE)


def read_columns(name: str, sheet: Sheet, own: Language) -> Columns:
    """The columns of a sheet; those for wording that have none are left out.

    Raises:
        InvalidQuestionnaireError: a column is there twice, whatever it is called.
    """
    columns = Columns([], {})
    seen: dict[tuple[str, str | None], str] = {}
    for index, written in enumerate(sheet.heading):
        kind, language = _split(written)
        if kind in WORDING and not _is_filled(sheet, index):
            columns.names.append("")
            continue
        column = f"{kind}::{language}" if language else kind
        is_own = not language or language in (own.written, "default")
        tag = None if is_own else tag_of(language)
        key = (kind, "" if is_own or tag == own.tag else tag or language)
        if written and key in seen:
            raise InvalidQuestionnaireError(
                f"{name} row 1", f"the columns {seen[key][:80]!r} and {written[:80]!r} are the same"
            )
        seen[key] = written
        columns.names.append(column)
        if language:
            columns.tags[column] = own.tag if is_own else tag
    return columns


def read_rows(name: str, sheet: Sheet, columns: Columns, report: Report, order: int, key: str) -> list[Row]:
    """The rows of a sheet; ``key`` is the column that names a row in reports, ``order`` where they stand in
    them.
    """
    rows: list[Row] = []
    for number, cells in sheet.rows:
        by_column: dict[str, str] = {}
        for index, cell in enumerate(cells):
            column = columns.names[index] if index < len(columns.names) else ""
            if cell and not column:
                report.note(order + number, f"{name} row {number}: cell {index + 1}", cell, NO_HEADING)
            if column:
                by_column[column] = cell
        said = by_column.get(key, "")[:100]
        place = f"{name} row {number}" + (f" ({said})" if said else "")
        rows.append(Row(by_column, order + number, place, report))
    return rows


def _is_filled(sheet: Sheet, index: int) -> bool:
    return any(index < len(cells) and cells[index] for _, cells in sheet.rows)


def _split(written: str) -> tuple[str, str]:
    """Kind and language of a heading: ``Label::English (en)`` is ``label`` and ``English (en)``."""
    heading = " ".join(written.split())
    whole = heading.lower().replace(" ::", "::").replace(":: ", "::")
    if whole in ALIASES:
        return ALIASES[whole], ""
    parts = [part.strip() for part in heading.split("::")]
    if len(parts) == 1 and heading.partition(":")[0].strip().lower() in WORDING | MEDIA | {"caption"}:
        parts = [part.strip() for part in heading.split(":", 1)]
    if parts[0].lower() == "media" and len(parts) > 1:
        parts = parts[1:]
    kind = ALIASES.get(parts[0].lower(), parts[0].lower())
    if kind not in WORDING | MEDIA:
        return whole if len(parts) > 1 else kind, ""
    return kind, "::".join(parts[1:])
