"""Synthetic people: identifiers of the synthetic series, ages, regions and fates, all drawn from one seed."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random
from statistics import NormalDist
from typing import NamedTuple, TypeVar

from api.demo.cohort.figures import Site, sites
from surveys.national_id import with_control_digits

YEARS_OF_DIAGNOSES = 4
YOUNGEST, OLDEST = 18, 99
REGIONS = ((53, 0.57), (54, 0.21), (51, 0.13), (52, 0.09))
STAGES = ((1, 0.35), (2, 0.25), (3, 0.20), (4, 0.15), (9, 0.05))
STAGE_HAZARD = {1: 0.4, 2: 0.6, 3: 1.2, 4: 4.5, 9: 1.0}
YEARLY_HAZARD = 0.051
"""A five-year survival of 77.5 %, as in 2019-2023: -ln(0.775) / 5."""

CONTROL_HAZARD = 0.02
MAIN_CODES = {"lung": "C34", "bladder/urinary": "C67", "soft tissue+bone": "C49"}
MAIN_CODE_SHARE = 0.95
SYNTHETIC_MONTH = 80
CENTURY_BREAK = 2000

Choice = TypeVar("Choice")


class Person(NamedTuple):
    """A synthetic person. ``frailty`` (standard normal) bears on both survival and answering."""

    key: str
    national_id: str
    sex: int
    birth_date: date
    region: int
    frailty: float


class Tumour(NamedTuple):
    """A synthetic case."""

    key: str
    site: Site
    icd10: str
    incidence_date: date
    stage: int


def pick(random: Random, weighted: Sequence[tuple[Choice, float]]) -> Choice:
    """One of the choices, each as likely as its weight says."""
    mark = random.random() * sum(weight for _, weight in weighted)
    for choice, weight in weighted:
        mark -= weight
        if mark < 0:
            return choice
    return weighted[-1][0]


def normal(random: Random, mean: float, spread: float) -> float:
    """A draw from a normal distribution by its inverse, so that it depends on ``random.random`` alone."""
    return NormalDist(mean, spread).inv_cdf(min(max(random.random(), 1e-9), 1 - 1e-9))


class Numbers:
    """National identifiers of the synthetic series (month + 80), none given twice."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._given: set[str] = set()

    def draw(self, born: date) -> str:
        """A valid synthetic identifier for somebody born on this day."""
        low = 500 if born.year >= CENTURY_BREAK else 0
        start = self._random.randrange(500)
        for step in range(500):
            day = f"{born.day:02d}{born.month + SYNTHETIC_MONTH:02d}{born.year % 100:02d}"
            number = with_control_digits(f"{day}{low + (start + step) % 500:03d}")
            if number is not None and number not in self._given:
                self._given.add(number)
                return number
        raise ValueError(f"no synthetic number is left for {born}")


def draw_cases(random: Random, numbers: Numbers, count: int, today: date) -> Iterator[tuple[Person, Tumour]]:
    """``count`` persons with one tumour each, by the incidence of each site and sex."""
    weighted = [((site, sex), rate) for site in sites() for sex, rate in ((1, site.men), (2, site.women))]
    for n in range(count):
        site, sex = pick(random, weighted)
        diagnosed = today - timedelta(days=1 + random.randrange(YEARS_OF_DIAGNOSES * 365))
        age = min(max(normal(random, site.mean_age, site.age_spread), YOUNGEST), OLDEST)
        born = diagnosed - timedelta(days=int(age * 365.25) + random.randrange(365))
        person = _person(random, numbers, f"P{n:07d}", sex, born)
        yield person, Tumour(f"T{n:07d}", site, _code(random, site), diagnosed, pick(random, STAGES))


def _code(random: Random, site: Site) -> str:
    main = MAIN_CODES.get(site.name)
    if main is not None and random.random() < MAIN_CODE_SHARE:
        return main
    return site.icd10[random.randrange(len(site.icd10))]


def draw_control(random: Random, numbers: Numbers, n: int, case: Person) -> Person:
    """Somebody from the population of the same birth year, sex and region as the case."""
    born = date(case.birth_date.year, 1, 1) + timedelta(days=random.randrange(365))
    drawn = _person(random, numbers, f"K{n:07d}", case.sex, born)
    return drawn._replace(region=case.region)


def death_of(random: Random, person: Person, since: date, stage: int | None, today: date) -> date | None:
    """When the person died, if by today: exponential, hastened by stage and frailty."""
    hazard = CONTROL_HAZARD if stage is None else YEARLY_HAZARD * STAGE_HAZARD[stage]
    # Non-participants die 1.47 times as fast as participants (PROFILES): the shared frailty carries that.
    years = random.expovariate(hazard * 1.2**person.frailty)
    died = since + timedelta(days=int(min(years, 200) * 365.25))
    return died if died <= today else None


def _person(random: Random, numbers: Numbers, key: str, sex: int, born: date) -> Person:
    number = numbers.draw(born)
    return Person(key, number, sex, born, pick(random, REGIONS), normal(random, 0, 1))
