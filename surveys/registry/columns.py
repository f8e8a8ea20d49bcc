"""The columns of the feed: names and levels of the registry model, as a table that one reader goes by.

Source of names and levels: the ENCR/NORDCAN call for data as in CancerRegistryOfNorway/nordcancore
(MIT), data/nordcan_column_levels.csv; what that lacks (treatments, reservations, controls) is ours.
See docs/feed.md.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

from surveys.registry.messages import RowFault

Cell = str | int | float | bool | None
Read = str | int | date | bool | None

LONGEST = 64


class Column(NamedTuple):
    """One column: how it is read, what it becomes, and whether a row must have it."""

    name: str
    read: Callable[[str, str], Read]
    becomes: str
    required: bool = False


def _text(name: str, value: str) -> str:
    if len(value) > LONGEST:
        raise RowFault(name, "too-long", f"at most {LONGEST} characters")
    return value


def _date(name: str, value: str) -> date:
    try:
        if len(value) == 10:
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise RowFault(name, "not-a-date", "write a date as YYYY-MM-DD")


def _level(*levels: int) -> Callable[[str, str], int]:
    allowed = {str(level): level for level in levels}

    def read(name: str, value: str) -> int:
        if value not in allowed:
            raise RowFault(name, "not-a-level", "one of " + ", ".join(allowed))
        return allowed[value]

    return read


def _code(*codes: str) -> Callable[[str, str], str]:
    def read(name: str, value: str) -> str:
        if value not in codes:
            raise RowFault(name, "not-a-code", "one of " + ", ".join(codes))
        return value

    return read


def _pattern(pattern: str, why: str) -> Callable[[str, str], str]:
    compiled = re.compile(pattern)

    def read(name: str, value: str) -> str:
        if not compiled.fullmatch(value):
            raise RowFault(name, "malformed", why)
        return value

    return read


def _yes_no(name: str, value: str) -> bool:
    if value.lower() not in ("true", "false", "1", "0"):
        raise RowFault(name, "not-yes-or-no", "true or false")
    return value.lower() in ("true", "1")


_icd10 = _pattern(r"[A-Z][0-9]{2}[0-9]{0,2}", "an ICD-10 code without a dot, such as C61")
_tnm = _pattern(r"[0-9A-Za-z+()\-]{1,10}", "a TNM category of at most 10 characters")

REGIONS = (51, 52, 53, 54)
TREATMENT_KINDS = (
    "surgery", "radiotherapy", "chemotherapy", "targeted", "immunotherapy", "hormone", "stem-cell",
    "surveillance", "other",
)  # fmt: skip

KINDS: Mapping[str, tuple[Column, ...]] = {
    "person": (
        Column("national_id", _text, "national_id", required=True),
        Column("sex", _level(1, 2, 3), "sex", required=True),
        Column("date_of_birth", _date, "birth_date", required=True),
        Column("flag_dob", _level(0, 1), "birth_date_flag"),
        Column("region", _level(*REGIONS), "region"),
    ),
    "tumour": (
        Column("tum", _text, "tum", required=True),
        Column("tum_sequence", _level(*range(1, 21)), "sequence"),
        Column("date_of_incidence", _date, "incidence_date", required=True),
        Column("flag_doi", _level(0, 1), "incidence_date_flag"),
        Column("icd10", _icd10, "icd10", required=True),
        Column("topo", _pattern(r"C[0-9]{2}\.?[0-9]?", "an ICD-O-3 topography, such as C61.9"), "topography"),
        Column("morpho", _pattern(r"[0-9]{4}", "an ICD-O-3 morphology of four digits"), "morphology"),
        Column("beh", _level(0, 1, 2, 3, 6), "behaviour"),
        Column("grade", _level(*range(10)), "grade"),
        Column("laterality", _level(0, 1, 2, 3, 4, 9), "laterality"),
        Column("bod", _level(0, 1, 2, 4, 5, 6, 7, 9), "basis", required=True),
        Column("autopsy", _level(0, 1, 9), "autopsy"),
        Column("tnm_ed", _tnm, "tnm_edition"),
        *(Column(name, _tnm, name) for name in ("ct", "cn", "cm", "pt", "pn", "pm")),
        Column(
            "tos",
            _code("A", "D", "E", "F", "S", "cIS", "paS", "cpS", "coS", "esS", "T1", "T2", "8", "9"),
            "stage_type",
        ),
        Column("stage", _level(0, 1, 2, 3, 4, 9), "stage"),
        Column("withdrawn", _yes_no, "withdrawn"),
    ),
    "treatment": (
        Column("tum", _text, "tum", required=True),
        Column("treatment", _text, "treatment", required=True),
        Column("treatment_kind", _code(*TREATMENT_KINDS), "kind", required=True),
        Column("start_date", _date, "started_on", required=True),
        Column("stop_date", _date, "ended_on"),
        Column("code_system", _code("NCSP", "NCMP", "NCRP", "ATC"), "code_system"),
        Column("code", _text, "code"),
        Column("intent", _code("curative", "palliative", "unknown"), "intent"),
        Column("timing", _code("neoadjuvant", "adjuvant", "primary", "unknown"), "timing"),
        Column("withdrawn", _yes_no, "withdrawn"),
    ),
    "vital_status": (
        Column("vit_sta", _level(1, 2, 3, 9), "status", required=True),
        Column("end_of_followup", _date, "end_of_followup", required=True),
        Column("flag_eof", _level(0, 1), "end_of_followup_flag"),
        Column("date_of_death", _date, "death_date"),
        Column("cod", _icd10, "cause_icd10"),
        Column("date_of_emigration", _date, "emigrated_on"),
    ),
    "reservation": (
        Column("scope", _code("register", "proms"), "scope", required=True),
        Column("start_date", _date, "starts_on", required=True),
        Column("stop_date", _date, "ends_on"),
    ),
    "control": (
        Column("case_pat", _text, "case_pat", required=True),
        Column("tum", _text, "tum", required=True),
        Column("icd10", _icd10, "icd10", required=True),
        Column("index_date", _date, "index_date", required=True),
        Column("withdrawn", _yes_no, "withdrawn"),
    ),
}
COMMON = ("kind", "pat", "synthetic")
ALL_COLUMNS = frozenset(COMMON) | {column.name for columns in KINDS.values() for column in columns}


def read_row(row: Mapping[str, Cell]) -> tuple[str, str, dict[str, Read]]:
    """A row's kind, its registry person key, and its values under the names that the database has for them.

    Raises:
        RowFault: the first column that breaks a rule.
    """
    cells = {name: _plain(name, value) for name, value in row.items()}
    kind = cells.get("kind", "")
    if kind not in KINDS:
        raise RowFault("kind", "not-a-kind", "one of " + ", ".join(KINDS))
    columns = KINDS[kind]
    names = {column.name for column in columns}
    for name, value in cells.items():
        if value and name not in names and name not in COMMON:
            rule = "not-of-this-kind" if name in ALL_COLUMNS else "unknown-column"
            raise RowFault(name[:LONGEST], rule, f"a {kind} has no such column; docs/feed.md lists them")
    person_key = _text("pat", cells.get("pat", ""))
    if not person_key:
        raise RowFault("pat", "missing", "every row names its person")
    values: dict[str, Read] = {}
    for column in columns:
        value = cells.get(column.name, "")
        if value:
            values[column.becomes] = column.read(column.name, value)
        elif column.required:
            raise RowFault(column.name, "missing", f"a {kind} must have it")
    return kind, person_key, values


def _plain(name: str, value: Cell) -> str:
    """The cell as the text that a CSV file would have."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        raise RowFault(name[:LONGEST], "not-text", "write text or a whole number")
    return str(value).strip()
