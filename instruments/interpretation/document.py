"""What scores of one instrument mean, as data: cut-offs, bands, important differences, reference populations.

Every figure carries where it comes from and how sure it is. A figure that could not be retrieved is not
filled in: it stands among the ``gaps``, in words.
"""

from typing import Literal

from instruments.definition import Document

Status = Literal["verified", "single-source", "conflict", "domain-knowledge-unverified-here"]
Side = Literal["below", "at-or-below", "above", "at-or-above"]
Comparison = Literal["within-person", "within-group", "between-group", "not-stated"]
Sex = Literal["women", "men", "all"]


class Evidence(Document, frozen=True):
    """Where a figure comes from: the publication (DOI or PubMed number where known) and how sure it is.

    ``verified``: seen in the source. ``single-source``: seen in one place that is not the original.
    ``conflict``: sources disagree. ``domain-knowledge-unverified-here``: known in the field, and to be
    confirmed from the publication before anyone relies on it.
    """

    source: str
    status: Status
    note: str = ""


class Threshold(Document, frozen=True):
    """A cut-off of each of ``scales``: a score on the ``problem`` side of ``value`` means ``meaning``."""

    threshold_id: str
    scales: tuple[str, ...]
    value: float
    problem: Side
    meaning: str
    evidence: Evidence


class Band(Document, frozen=True):
    """A named part of a scale's range. It ends where the next one begins; the last ends at ``highest``."""

    band_id: str
    lowest: float
    highest: float


class Banding(Document, frozen=True):
    """The bands of each of ``scales``, from the lowest up.

    A score between two bands (a prorated total of 4.5 between 0-4 and 5-9) is in the lower one. Where bands
    share an edge, ``edge`` says which of them has it.
    """

    banding_id: str
    scales: tuple[str, ...]
    bands: tuple[Band, ...]
    evidence: Evidence
    edge: Literal["upper-band", "lower-band"] = "upper-band"


class Amount(Document, frozen=True):
    """Points of change, as a range of positive numbers; no ``highest`` where the range is open."""

    lowest: float
    highest: float | None = None


class Mid(Document, frozen=True):
    """A minimal important difference: how many points better, or worse, matter.

    Empty ``scales``: the source gives one figure for the whole instrument. ``improvement`` or
    ``deterioration`` is missing where the source gives no figure for that way.
    """

    mid_id: str
    evidence: Evidence
    scales: tuple[str, ...] = ()
    improvement: Amount | None = None
    deterioration: Amount | None = None
    comparison: Comparison = "not-stated"
    population: str = ""


class ReferencePopulation(Document, frozen=True):
    """How a population scores on ``scale``: mean and standard deviation, or the percentage past a cut-off.

    ``country`` is an ISO 3166 code, and left out where the population is of several or none is stated.
    ``age_from`` and ``age_to`` are whole years, both included, and left out where not stated. ``n`` counts
    those who answered and ``invited`` those who were asked; ``response_percent`` is as published.
    ``percent`` is that of persons with a score that ``percent_of`` describes. ``year`` is that of the survey
    and ``published`` that of the publication, where known.
    """

    population_id: str
    scale: str
    evidence: Evidence
    country: str = ""
    population: str = "general population"
    sex: Sex = "all"
    age_from: int | None = None
    age_to: int | None = None
    n: int | None = None
    invited: int | None = None
    response_percent: float | None = None
    mean: float | None = None
    sd: float | None = None
    percent: float | None = None
    percent_of: str = ""
    year: int | None = None
    published: int | None = None


class Gap(Document, frozen=True):
    """A figure that exists elsewhere and is not here: what it is, and why not."""

    what: str
    why: str


class Interpretation(Document, frozen=True):
    """What is known of what one instrument's scores mean. Which way a scale is read, its scoring says."""

    instrument_id: str
    version: str
    thresholds: tuple[Threshold, ...] = ()
    bandings: tuple[Banding, ...] = ()
    mids: tuple[Mid, ...] = ()
    populations: tuple[ReferencePopulation, ...] = ()
    gaps: tuple[Gap, ...] = ()
