"""Rows of a feed for tests: one synthetic man with a prostate tumour, and variations on him."""

import csv
import io
from collections.abc import AsyncIterator, Mapping

import msgspec

from surveys.national_id import with_control_digits

Row = Mapping[str, str | int | bool | None]


def synthetic_number(n: int) -> str:
    """The n-th valid synthetic national identifier of our tests."""
    found = [
        number
        for individual in range(600)
        if (number := with_control_digits(f"{1 + n // 300 % 28:02d}8145{individual:03d}"))
    ]
    return found[n % 300]


def person(n: int = 0, **changes: str | int | None) -> Row:
    return {
        "kind": "person",
        "pat": f"p{n}",
        "national_id": synthetic_number(n),
        "sex": 1,
        "date_of_birth": "1950-03-01",
        "region": 53,
    } | changes


def tumour(n: int = 0, **changes: str | int | bool | None) -> Row:
    return {
        "kind": "tumour",
        "pat": f"p{n}",
        "tum": f"t{n}",
        "date_of_incidence": "2025-01-10",
        "icd10": "C61",
        "topo": "C61.9",
        "bod": 7,
        "stage": 2,
    } | changes


def treatment(n: int = 0, **changes: str | int | bool | None) -> Row:
    return {
        "kind": "treatment",
        "pat": f"p{n}",
        "tum": f"t{n}",
        "treatment": "1",
        "treatment_kind": "surgery",
        "start_date": "2025-03-10",
    } | changes


def vital_status(n: int = 0, **changes: str | int | None) -> Row:
    return {"kind": "vital_status", "pat": f"p{n}", "vit_sta": 1, "end_of_followup": "2026-11-01"} | changes


def as_ndjson(*rows: Row) -> bytes:
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)


def as_csv(*rows: Row) -> bytes:
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


async def cut(content: bytes, size: int = 64 * 1024) -> AsyncIterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]
