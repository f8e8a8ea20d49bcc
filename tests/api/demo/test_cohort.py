"""The synthetic cohort: the same bytes again, nobody real, published figures, rows that the feed takes."""

import hashlib
import io
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from statistics import median

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.demo.cohort import write_cohort
from api.demo.cohort.behaviour import Respondent, answering_day, answers_of
from api.demo.cohort.figures import sites
from api.demo.cohort.generate import Row, cohort_rows
from instruments.answers import check
from surveys.clock import LOCAL_ZONE
from surveys.database import Role
from surveys.keys import Keys
from surveys.national_id import Series, read
from surveys.registry import Form, import_rows
from tests.builders.answering_badly import demo_instruments
from tests.builders.registry import cut

TODAY = date(2026, 11, 23)
MANY = 12_000


@pytest.fixture(scope="module")
def rows() -> dict[str, list[Row]]:
    by_kind: defaultdict[str, list[Row]] = defaultdict(list)
    for row in cohort_rows(MANY, 3, TODAY):
        by_kind[str(row["kind"])].append(row)
    return by_kind


def made(seed: int, form: Form = "ndjson") -> bytes:
    out = io.BytesIO()
    write_cohort(out, 300, seed, TODAY, form)
    return out.getvalue()


@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(form: Form) -> None:
    assert made(1, form) == made(1, form)
    assert hashlib.sha256(made(1, form)).digest() != hashlib.sha256(made(2, form)).digest()


def test_nobody_is_real_and_no_number_is_given_twice(rows: dict[str, list[Row]]) -> None:
    numbers = [str(row["national_id"]) for row in rows["person"]]
    assert len(set(numbers)) == len(numbers) == MANY
    for number in numbers:
        read(number, Series.SYNTHETIC)
    assert all(row["synthetic"] is True for kind in rows.values() for row in kind)


def test_sites_have_their_published_shares(rows: dict[str, list[Row]]) -> None:
    total = sum(site.men + site.women for site in sites())
    found = Counter(str(row["icd10"]) for row in rows["tumour"])
    cases = len(rows["tumour"])
    for site in sites():
        share = (site.men + site.women) / total
        got = sum(found[code] for code in site.icd10) / cases
        assert got == pytest.approx(share, abs=3 * (share / cases) ** 0.5 + 0.002), site.name


def test_prostate_patients_have_the_published_median_age_and_treatments(rows: dict[str, list[Row]]) -> None:
    born = {row["pat"]: date.fromisoformat(str(row["date_of_birth"])) for row in rows["person"]}
    prostate = {row["pat"]: row for row in rows["tumour"] if row["icd10"] == "C61"}
    ages = [
        (date.fromisoformat(str(row["date_of_incidence"])) - born[pat]).days / 365.25
        for pat, row in prostate.items()
    ]
    assert median(ages) == pytest.approx(69, abs=1.5)
    operated = {row["pat"] for row in rows["treatment"] if row["treatment_kind"] == "surgery"}
    assert len(operated & prostate.keys()) / len(prostate) == pytest.approx(0.28, abs=0.06)


def test_a_control_has_the_birth_year_sex_and_region_of_its_case(rows: dict[str, list[Row]]) -> None:
    people = {row["pat"]: row for row in rows["person"]}
    assert len(rows["control"]) == round(MANY * 0.4)
    for row in rows["control"]:
        control, case = people[row["pat"]], people[row["case_pat"]]
        assert (control["sex"], control["region"]) == (case["sex"], case["region"])
        assert str(control["date_of_birth"])[:4] == str(case["date_of_birth"])[:4]


@pytest.mark.parametrize("form", ["ndjson", "csv"])
async def test_the_feed_takes_every_row(
    engine_as: Callable[[Role], AsyncEngine], keys_as: Callable[[Role], Keys], form: Form
) -> None:
    now = datetime.combine(TODAY, datetime.min.time(), LOCAL_ZONE) + timedelta(hours=12)
    report = await import_rows(
        engine_as(Role.WORKER), keys_as(Role.WORKER), "norway", form, cut(made(1, form)), now
    )
    assert (report.rejected, report.unchanged) == ((), 0)
    assert report.accepted == report.rows > 900


def people_like_patients(is_control: bool) -> list[Respondent]:
    ages = [48] * 4 + [55] * 18 + [65] * 40 + [73] * 30 + [83] * 8
    return [Respondent(f"{is_control} {n}", age, is_control, frozenset()) for n, age in enumerate(ages * 40)]


def answered(person: Respondent, wave: int, before: int) -> bool:
    return answering_day(1, person, wave, before, TODAY, TODAY + timedelta(days=120)) is not None


def test_as_many_answer_as_in_the_norwegian_pilot() -> None:
    patients, controls = people_like_patients(is_control=False), people_like_patients(is_control=True)
    first = [one for one in patients if answered(one, 1, 0)]
    assert len(first) / len(patients) == pytest.approx(0.58, abs=0.03)
    assert sum(answered(one, 1, 0) for one in controls) / len(controls) == pytest.approx(0.34, abs=0.03)
    second = [one for one in first if answered(one, 2, 1)]
    assert len(second) / len(first) == pytest.approx(0.76, abs=0.03)
    third = [one for one in second if answered(one, 3, 2)]
    assert len(third) / len(second) == pytest.approx(0.73, abs=0.03)


def test_whoever_answers_does_so_within_the_window() -> None:
    for person in people_like_patients(is_control=False)[:300]:
        day = answering_day(1, person, 1, 0, TODAY, TODAY + timedelta(days=9))
        assert day is None or TODAY <= day <= TODAY + timedelta(days=9)


def test_every_synthetic_answer_is_one_that_the_instrument_allows_and_is_the_same_again() -> None:
    for person in people_like_patients(is_control=False)[:150]:
        for instrument in demo_instruments():
            answers = answers_of(1, person, 1, instrument)
            assert check(instrument.structure, answers) == []
            assert msgspec.json.encode(answers) == msgspec.json.encode(answers_of(1, person, 1, instrument))
