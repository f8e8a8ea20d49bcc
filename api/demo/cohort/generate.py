"""A synthetic Norway as a feed: cases with their treatments and fates, and controls matched to the cases."""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from random import Random
from typing import IO

import msgspec

from api.demo.cohort.people import Numbers, Person, Tumour, death_of, draw_cases, draw_control, pick
from api.demo.cohort.treatments import treatments_of
from surveys.registry import Form

CASE_SHARE = 0.6
"""Six in ten are cases; the others are controls, matched to cases of the sites that are invited."""

INVITED_SITES = frozenset({"prostate", "breast", "colon", "rectum/rectosigmoid", "melanoma", "lung"})
RESERVED = 0.01
EMIGRATED = 0.004
BASIS = ((7, 0.88), (2, 0.07), (5, 0.04), (6, 0.01))
COLUMNS = (
    "kind", "pat", "national_id", "sex", "date_of_birth", "region",
    "vit_sta", "end_of_followup", "date_of_death", "date_of_emigration", "scope",
    "tum", "date_of_incidence", "icd10", "topo", "morpho", "beh", "bod", "stage",
    "treatment", "treatment_kind", "start_date", "stop_date", "intent", "case_pat", "index_date", "synthetic",
)  # fmt: skip
MORPHOLOGY = {"C61": "8140", "C50": "8500", "C43": "8720"}

Row = Mapping[str, str | int | bool]


def write_cohort(out: IO[bytes], persons: int, seed: int, today: date, form: Form) -> None:
    """Writes ``persons`` people up to ``today`` as a feed. The same seed and day give the same bytes."""
    rows = cohort_rows(persons, seed, today)
    if form == "csv":
        text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: str(value) for name, value in row.items()} for row in rows)
        text.detach()
        return
    encoder = msgspec.json.Encoder()
    for row in rows:
        out.write(encoder.encode(row) + b"\n")


def cohort_rows(persons: int, seed: int, today: date) -> Iterator[Row]:
    """The rows of a cohort; each person's own row comes before whatever names that person."""
    random = Random(seed)  # noqa: S311 - drawn again from the same seed, not secret
    numbers = Numbers(random)
    cases = round(persons * CASE_SHARE) if persons > 1 else persons
    matched: list[tuple[Person, Tumour]] = []
    for person, tumour in draw_cases(random, numbers, cases, today):
        yield from _case_rows(random, person, tumour, today)
        if tumour.site.name in INVITED_SITES:
            matched.append((person, tumour))
    for n in range(persons - cases):
        case, tumour = matched[n % len(matched)] if matched else (person, tumour)
        control = draw_control(random, numbers, n, case)
        yield from _control_rows(random, control, case, tumour, today)


def _case_rows(random: Random, person: Person, tumour: Tumour, today: date) -> Iterator[Row]:
    died = death_of(random, person, tumour.incidence_date, tumour.stage, today)
    yield _person_row(person)
    yield _vital_row(random, person, died, tumour.incidence_date, today)
    yield _row(
        "tumour",
        person,
        tum=tumour.key,
        date_of_incidence=tumour.incidence_date.isoformat(),
        icd10=tumour.icd10,
        bod=pick(random, BASIS),
        beh=3,
        stage=tumour.stage,
        **_topography(tumour.icd10),
    )
    last_day = died or today
    for n, given in enumerate(treatments_of(random, tumour, last_day)):
        stop = {} if given.ended_on is None else {"stop_date": given.ended_on.isoformat()}
        yield _row(
            "treatment",
            person,
            tum=tumour.key,
            treatment=str(n + 1),
            treatment_kind=given.kind,
            start_date=given.started_on.isoformat(),
            intent=given.intent,
            **stop,
        )
    yield from _reservation_rows(random, person, today)


def _control_rows(random: Random, person: Person, case: Person, tumour: Tumour, today: date) -> Iterator[Row]:
    died = death_of(random, person, tumour.incidence_date, None, today)
    yield _person_row(person)
    yield _vital_row(random, person, died, tumour.incidence_date, today)
    yield _row(
        "control",
        person,
        case_pat=case.key,
        tum=tumour.key,
        icd10=tumour.icd10,
        index_date=tumour.incidence_date.isoformat(),
    )
    yield from _reservation_rows(random, person, today)


def _person_row(person: Person) -> Row:
    return _row(
        "person",
        person,
        national_id=person.national_id,
        sex=person.sex,
        date_of_birth=person.birth_date.isoformat(),
        region=person.region,
    )


def _vital_row(random: Random, person: Person, died: date | None, since: date, today: date) -> Row:
    if died is not None:
        end = died.isoformat()
        return _row("vital_status", person, vit_sta=2, end_of_followup=end, date_of_death=end)
    if random.random() < EMIGRATED:
        left = since + (today - since) * random.random()
        end = left.isoformat()
        return _row("vital_status", person, vit_sta=3, end_of_followup=end, date_of_emigration=end)
    return _row("vital_status", person, vit_sta=1, end_of_followup=today.isoformat())


def _reservation_rows(random: Random, person: Person, today: date) -> Iterator[Row]:
    if random.random() < RESERVED:
        starts = today - timedelta(days=random.randrange(700))
        yield _row("reservation", person, scope="proms", start_date=starts.isoformat())


def _topography(icd10: str) -> dict[str, str]:
    if icd10 >= "C77":
        return {}
    morphology = MORPHOLOGY.get(icd10)
    return {"topo": f"{icd10}.9"} | ({} if morphology is None else {"morpho": morphology})


def _row(kind: str, person: Person, **cells: str | int) -> Row:
    # The last column says on every row that nobody here is real.
    return {"kind": kind, "pat": person.key, **cells, "synthetic": True}
