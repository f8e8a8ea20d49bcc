"""Interpretation: what a score, or its change, is said to mean, by whom, and how sure that is.

``interpretation_of`` gives the figures of an instrument, ``judge`` a score's cut-offs and bands, ``change``
what became of it, ``compare`` how it stands beside a population,
``time_to_deterioration`` how long it took to worsen, by a definition that has a name.
"""

from instruments.interpretation.deterioration import (
    DeteriorationDefinition,
    Times,
    time_to_deterioration,
    times_by_scale,
)
from instruments.interpretation.differences import ChangeKind, change, changes, reaches, worsening
from instruments.interpretation.document import (
    Amount,
    Band,
    Banding,
    Evidence,
    Gap,
    Interpretation,
    Mid,
    ReferencePopulation,
    Threshold,
)
from instruments.interpretation.errors import (
    InterpretationError,
    InvalidTimesError,
    NoFigureError,
    UnknownNameError,
)
from instruments.interpretation.references import Standing, compare, populations_for
from instruments.interpretation.shelf import (
    direction_of,
    interpretation_of,
    mid_named,
)
from instruments.interpretation.thresholds import Reason, band, bands, judge, past

__all__ = [
    "Amount",
    "Band",
    "Banding",
    "ChangeKind",
    "DeteriorationDefinition",
    "Evidence",
    "Gap",
    "Interpretation",
    "InterpretationError",
    "InvalidTimesError",
    "Mid",
    "NoFigureError",
    "Reason",
    "ReferencePopulation",
    "Standing",
    "Threshold",
    "Times",
    "UnknownNameError",
    "band",
    "bands",
    "change",
    "changes",
    "compare",
    "direction_of",
    "interpretation_of",
    "judge",
    "mid_named",
    "past",
    "populations_for",
    "reaches",
    "time_to_deterioration",
    "times_by_scale",
    "worsening",
]
