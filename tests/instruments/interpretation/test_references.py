"""Reference populations: which fits a person, and how a score stands beside it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.interpretation import (
    Evidence,
    Interpretation,
    NoFigureError,
    ReferencePopulation,
    UnknownNameError,
    compare,
    interpretation_of,
    populations_for,
)

MADE_UP = Evidence("made up for this test", "verified")
NORM = ReferencePopulation("norm", "a", MADE_UP, mean=70, sd=20)


def test_a_score_stands_so_many_points_and_standard_deviations_from_the_mean() -> None:
    standing = compare([70, 50, 90, math.nan], NORM)
    np.testing.assert_allclose(standing.difference, [0, -20, 20, math.nan])
    np.testing.assert_allclose(standing.z, [0, -1, 1, math.nan])
    np.testing.assert_allclose(standing.percentile, [50, 15.865525, 84.134475, math.nan], atol=1e-6)


def test_without_a_spread_there_is_no_percentile() -> None:
    standing = compare([12.0], ReferencePopulation("norm", "a", MADE_UP, mean=11.9))
    assert standing.difference[0] == pytest.approx(0.1)
    assert np.isnan(standing.z[0])
    assert np.isnan(standing.percentile[0])


def test_one_score_can_stand_alone() -> None:
    assert float(compare(50, NORM).z) == -1


def test_a_population_of_which_only_a_percentage_is_known_has_no_mean_to_compare_with() -> None:
    (women,) = (one for one in interpretation_of("lars").populations if one.population_id == "juul-women")
    with pytest.raises(NoFigureError, match="'juul-women' gives no mean"):
        compare([30], women)


def test_the_population_of_the_persons_own_sex_comes_first() -> None:
    fss = interpretation_of("fss")
    women = populations_for(fss, "mean", country="NO", sex="women")
    assert women[0].population_id == "lerdal-2005-women"
    assert {one.sex for one in women} == {"women", "all"}
    assert populations_for(fss, "mean", country="SE") == ()


def test_stated_ages_are_kept_both_ends_included() -> None:
    document = Interpretation(
        "made-up",
        "1",
        populations=(
            ReferencePopulation("young", "a", MADE_UP, age_to=39, mean=80),
            ReferencePopulation("middle", "a", MADE_UP, age_from=40, age_to=49, mean=75),
            ReferencePopulation("every-age", "a", MADE_UP, mean=78),
        ),
    )
    fitting = {
        age: [one.population_id for one in populations_for(document, "a", age=age)] for age in (39, 40, 50)
    }
    assert fitting == {39: ["young", "every-age"], 40: ["middle", "every-age"], 50: ["every-age"]}


def test_a_scale_that_the_instrument_does_not_have_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="has no scale 'nothing'"):
        populations_for(interpretation_of("fss"), "nothing")


@given(st.lists(st.floats(0, 100), min_size=2, max_size=6))
def test_a_higher_score_never_has_a_lower_percentile(scores: list[float]) -> None:
    percentiles = compare(np.sort(scores), NORM).percentile
    assert (np.diff(percentiles) >= 0).all()
    assert ((percentiles >= 0) & (percentiles <= 100)).all()
