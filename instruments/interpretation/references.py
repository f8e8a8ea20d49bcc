"""A score beside a reference population: how far off, and how unusual where the spread is known.

Norms are second best: people of the same age and sex asked the same version in the same period come first,
and scores of different versions or translations are never compared silently.
"""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instruments.interpretation.document import Interpretation, ReferencePopulation, Sex
from instruments.interpretation.errors import NoFigureError
from instruments.interpretation.shelf import check_scale


class Standing(NamedTuple):
    """Scores beside a population: ``difference`` from its mean in points, ``z`` in standard deviations.

    ``percentile`` is the percentage of the population expected below the score, were its scores normal:
    a rough guide, since scores are bounded and skewed. ``z`` and ``percentile`` are NaN without a published
    standard deviation; everything is NaN where the score is missing.
    """

    difference: NDArray[np.float64]
    z: NDArray[np.float64]
    percentile: NDArray[np.float64]


def populations_for(
    interpretation: Interpretation,
    scale: str,
    *,
    country: str | None = None,
    sex: Sex | None = None,
    age: int | None = None,
) -> tuple[ReferencePopulation, ...]:
    """The reference populations of a scale, closest first: one for the sex asked for before one for all.

    ``country`` is an ISO 3166 code. A population without stated ages fits every ``age`` (whole years).
    Raises ``UnknownNameError`` if the instrument has no such scale.
    """
    check_scale(interpretation, scale)
    fitting = [
        one
        for one in interpretation.populations
        if one.scale == scale
        and country in {None, one.country}
        and (sex is None or one.sex in {sex, "all"})
        and _has_age(one, age)
    ]
    return tuple(sorted(fitting, key=lambda one: one.sex != sex))


def compare(values: ArrayLike, population: ReferencePopulation) -> Standing:
    """A column of scores beside a population; ``NoFigureError`` where no mean was published for it."""
    if population.mean is None:
        raise NoFigureError(f"the reference population {population.population_id!r}", "mean")
    difference = np.asarray(values, dtype=np.float64) - population.mean
    if not population.sd:
        unknown = np.full_like(difference, np.nan)
        return Standing(difference, unknown, unknown)
    z = np.asarray(difference / population.sd)
    return Standing(difference, z, _percentile(z))


def _has_age(population: ReferencePopulation, age: int | None) -> bool:
    if age is None:
        return True
    youngest = population.age_from if population.age_from is not None else age
    oldest = population.age_to if population.age_to is not None else age
    return youngest <= age <= oldest


def _percentile(z: NDArray[np.float64]) -> NDArray[np.float64]:
    below = NormalDist().cdf
    shares = [np.nan if np.isnan(one) else 100 * below(one) for one in z.ravel()]
    return np.array(shares, dtype=np.float64).reshape(z.shape)
