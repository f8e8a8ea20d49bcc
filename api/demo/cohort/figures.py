"""The published aggregates that the synthetic Norway is drawn from (``norway.json`` names the sources)."""

from functools import cache
from importlib.resources import files
from typing import NamedTuple

import msgspec

QUARTILES_APART = 1.349
"""How many standard deviations lie between the quartiles of a normal distribution."""

USUAL_SPREAD = 10.0
USUAL_AGE = 68.0

_AGE_NAMES = {
    "rectum/rectosigmoid": "rectum",
    "bladder/urinary": "bladder",
    "corpus uteri": "corpus",
    "brain/CNS": "CNS",
}


class Site(NamedTuple):
    """A cancer site: its ICD-10 codes, new cases a year, and the age at diagnosis (normal, in years)."""

    name: str
    icd10: tuple[str, ...]
    men: float
    women: float
    mean_age: float
    age_spread: float


class Norway(msgspec.Struct, frozen=True):
    """The parts of the file that the generator reads."""

    sites: list[tuple[str, str, int, int, int, str]]
    age_at_diagnosis: dict[str, dict[str, float | str] | str]
    treatment_mix: dict[str, dict[str, float | str]]
    response_model: dict[str, object]


@cache
def norway() -> Norway:
    """The figures as they stand in the file."""
    content = files("api.demo.cohort").joinpath("norway.json").read_bytes()
    return msgspec.json.decode(content, type=Norway)


@cache
def sites() -> tuple[Site, ...]:
    """The sites of adults in the order of the file."""
    return tuple(
        Site(name, _codes(codes), men, women, *_age(name))
        for name, codes, men, women, _, _ in norway().sites
        if codes != "all"
    )


def _codes(ranges: str) -> tuple[str, ...]:
    """``C40-41,C49`` as the codes that it names."""
    codes: list[str] = []
    for part in ranges.split(","):
        first, _, last = part.partition("-")
        low = int(first[1:])
        codes += [f"{first[0]}{number:02d}" for number in range(low, int(last or low) + 1)]
    return tuple(codes)


def _age(name: str) -> tuple[float, float]:
    found = norway().age_at_diagnosis.get(_AGE_NAMES.get(name, name))
    if not isinstance(found, dict):
        return USUAL_AGE, USUAL_SPREAD
    median = float(found.get("median", USUAL_AGE))
    if "q1" not in found:
        return median, USUAL_SPREAD
    return median, (float(found["q3"]) - float(found["q1"])) / QUARTILES_APART
