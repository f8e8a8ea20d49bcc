"""The feed keeps every valid row, says why it took no other, and is the same the second time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from surveys.database import Role, transaction
from surveys.keys import Keys
from surveys.registry import FeedError, FeedReport, Form, histories, import_rows
from tests.builders.registry import (
    Row,
    as_csv,
    as_ndjson,
    cut,
    person,
    synthetic_number,
    treatment,
    tumour,
    vital_status,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

EngineAs = Callable[[Role], AsyncEngine]
KeysAs = Callable[[Role], Keys]


@pytest.fixture
def feed(engine_as: EngineAs, keys_as: KeysAs) -> Callable[..., object]:
    async def take(
        content: bytes, form: Form = "ndjson", now: datetime = NOW, size: int = 65536
    ) -> FeedReport:
        return await import_rows(
            engine_as(Role.WORKER), keys_as(Role.WORKER), "norway", form, cut(content, size), now
        )

    return take


async def test_a_case_with_its_treatment_becomes_a_history(feed, engine_as: EngineAs) -> None:
    report = await feed(as_ndjson(person(), vital_status(), tumour(), treatment()))
    assert (report.rows, report.accepted, report.rejected) == (4, 4, ())
    async with transaction(engine_as(Role.WORKER)) as connection:
        (history,) = await histories(connection, None, 10)
    assert history.alive
    assert [one.icd10 for one in history.tumours] == ["C61"]
    assert [one.kind for one in history.treatments] == ["surgery"]
    assert history.treatments[0].tumour_id == history.tumours[0].tumour_id


@pytest.mark.parametrize("size", [1, 7, 100_000])
async def test_csv_and_ndjson_say_the_same_however_the_stream_is_cut(feed, size: int) -> None:
    rows = [person(n) for n in range(3)] + [tumour(n) for n in range(3)]
    assert (await feed(as_csv(*rows), "csv", size=size)).accepted == 6
    again = await feed(as_ndjson(*rows), size=size)
    assert (again.accepted, again.unchanged) == (0, 6)


async def test_a_byte_order_mark_and_quoted_line_breaks_are_read(feed) -> None:
    content = b'\xef\xbb\xbf"kind",pat,national_id,sex,date_of_birth\r\nperson,"p\n1",' + (
        synthetic_number(1).encode() + b",1,1950-01-01\r\n"
    )
    assert (await feed(content, "csv")).accepted == 1


async def test_a_correction_is_a_new_fact_and_the_old_one_stays(feed, engine_as: EngineAs) -> None:
    await feed(as_ndjson(person(), tumour(stage=2)))
    report = await feed(as_ndjson(tumour(stage=3)), now=NOW + timedelta(days=1))
    assert (report.accepted, report.unchanged) == (1, 0)
    async with transaction(engine_as(Role.WORKER)) as connection:
        stages = await connection.scalars(text("SELECT stage FROM registry.tumour_fact ORDER BY recorded_at"))
        assert list(stages) == [2, 3]
        (history,) = await histories(connection, None, 10)
    assert [one.stage for one in history.tumours] == [3]


async def test_a_withdrawn_tumour_is_no_longer_in_the_history(feed, engine_as: EngineAs) -> None:
    await feed(as_ndjson(person(), tumour()))
    await feed(as_ndjson(tumour(withdrawn=True)), now=NOW + timedelta(days=1))
    async with transaction(engine_as(Role.WORKER)) as connection:
        (history,) = await histories(connection, None, 10)
    assert history.tumours == ()


REJECTED: list[tuple[str, list[Row], str, str]] = [
    ("an unknown kind", [{"kind": "x", "pat": "p"}], "kind", "not-a-kind"),
    ("an unknown column", [person(colour="red")], "colour", "unknown-column"),
    ("a column of another kind", [person(icd10="C61")], "icd10", "not-of-this-kind"),
    ("no person key", [person(pat="")], "pat", "missing"),
    ("no birth date", [person(date_of_birth="")], "date_of_birth", "missing"),
    ("a birth date that is none", [person(date_of_birth="1950-02-30")], "date_of_birth", "not-a-date"),
    ("a birth date ahead", [person(date_of_birth="2027-01-01")], "date_of_birth", "in-the-future"),
    ("a sex that is no level", [person(sex=4)], "sex", "not-a-level"),
    (
        "wrong control digits",
        [person(national_id=synthetic_number(0)[:-1] + str((int(synthetic_number(0)[-1]) + 1) % 10))],
        "national_id",
        "not-a-national-id",
    ),
    ("a tumour of nobody", [tumour(n=9)], "pat", "person-unknown"),
    (
        "incidence before birth",
        [person(), tumour(date_of_incidence="1949-01-01")],
        "date_of_incidence",
        "before-birth",
    ),
    ("a woman's prostate", [person(sex=2), tumour()], "icd10", "site-against-sex"),
    ("a man's uterus", [person(), tumour(icd10="C54", topo="C54.1")], "icd10", "site-against-sex"),
    ("a death certificate of the living", [person(), tumour(bod=0)], "bod", "basis-without-death"),
    ("two sites in one tumour", [person(), tumour(topo="C50.1")], "topo", "topography-against-icd10"),
    (
        "an ICD-10 code that is no tumour",
        [person(), tumour(icd10="A00", topo=None)],
        "icd10",
        "unknown-icd10",
    ),
    ("M1 in stage 2", [person(), tumour(cm="1", stage=2)], "stage", "stage-against-m"),
    (
        "incidence after follow-up",
        [person(), vital_status(end_of_followup="2024-01-01"), tumour()],
        "date_of_incidence",
        "after-follow-up",
    ),
    ("death without a date", [person(), vital_status(vit_sta=2)], "date_of_death", "missing"),
    (
        "a treatment that ends first",
        [person(), treatment(stop_date="2025-01-01")],
        "stop_date",
        "ends-before-start",
    ),
    ("another person's key", [person(0), person(1, pat="p0")], "pat", "another-person"),
]


@pytest.mark.parametrize(
    ("rows", "column", "rule"), [case[1:] for case in REJECTED], ids=[c[0] for c in REJECTED]
)
async def test_a_rejected_row_is_named_with_its_column_and_rule_and_the_others_are_kept(
    feed, rows: list[Row], column: str, rule: str
) -> None:
    report = await feed(as_ndjson(*rows, person(40)))
    assert [(one.row, one.column, one.rule) for one in report.rejected] == [(len(rows), column, rule)]
    assert report.accepted == len(rows)


async def test_a_report_never_repeats_a_value(feed) -> None:
    report = await feed(as_ndjson(person(national_id="01814512345", sex=1)))
    assert "01814512345" not in repr(report)


async def test_a_line_that_is_no_row_is_one_rejection(feed) -> None:
    report = await feed(b"not json\n[1]\n" + b"[" * 5000 + b"\n" + as_ndjson(person()))
    assert [one.rule for one in report.rejected] == ["not-a-row"] * 3
    assert report.accepted == 1


async def test_a_line_that_is_not_utf_8_is_one_rejection(feed) -> None:
    report = await feed(as_ndjson(person(0)) + b"\xff\xfe\n" + as_ndjson(person(1)))
    assert [(one.row, one.rule) for one in report.rejected] == [(2, "not-a-row")]
    assert report.accepted == 2


async def test_a_csv_without_a_header_is_refused_as_a_whole(feed) -> None:
    with pytest.raises(FeedError, match="the first line must name the columns"):
        await feed(b"person,p0\n", "csv")


async def test_the_web_role_cannot_read_a_single_fact(engine_as: EngineAs) -> None:
    for table in ("person_fact", "tumour_fact", "person_link", "feed_chunk"):
        async with engine_as(Role.WEB).connect() as connection:
            with pytest.raises(ProgrammingError, match="permission denied"):
                await connection.execute(text(f"SELECT * FROM registry.{table}"))
