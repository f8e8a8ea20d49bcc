"""The one line that says how a scale is made."""

import pytest

from instruments.catalogue import entry
from instruments.scoring.formula import formula


@pytest.mark.parametrize(
    ("name", "scale_id", "line"),
    [
        ("qlq_c30", "RF", "mean(q6, q7), brought from 4..1 to 0..100; needs 1 of 2 parts, else empty"),
        (
            "fact_g",
            "FACTG",
            "sum(PWB, SWB, EWB, FWB), rounded to 3 decimals; "
            "needs 4 of 4 parts and 22 of 27 items, else empty",
        ),
        (
            "pro_ctcae",
            "PROCTCAE_18_COMP_imputed",
            "table frq int(PROCTCAE_18A_SCL, PROCTCAE_18B_SCL); needs 2 of 2 parts, else empty; "
            "where the first part is 0, parts that were not asked count as 0",
        ),
        (
            "promis",
            "GPH_T",
            "sum(GPH_raw), looked up in GPH; needs 1 of 1 parts, else empty",
        ),
        ("gad_7", "n_missing", "missing(q1, q2, q3, q4, q5, q6, q7)"),
    ],
)
def test_a_formula_names_parts_rule_and_what_must_be_there(name: str, scale_id: str, line: str) -> None:
    spec = entry(name).scoring
    assert spec is not None
    (scale,) = [scale for scale in spec.scales if scale.scale_id == scale_id]
    assert formula(scale, spec) == line
