"""Where the figures of an interpretation come from, and how many of them are sure."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from instruments.interpretation.document import Evidence, Interpretation


class SourceRow(NamedTuple):
    """``figures`` figures of one ``kind`` of an instrument that come from one source and are as sure."""

    instrument_id: str
    kind: str
    figures: int
    status: str
    source: str


def sources_of(interpretation: Interpretation) -> tuple[SourceRow, ...]:
    """Each source of an interpretation's figures, in the order of the document."""
    counted = Counter((kind, one.status, one.source) for kind, one in _evidence(interpretation))
    return tuple(
        SourceRow(interpretation.instrument_id, kind, figures, status, source)
        for (kind, status, source), figures in counted.items()
    )


def _evidence(interpretation: Interpretation) -> Iterator[tuple[str, Evidence]]:
    for threshold in interpretation.thresholds:
        yield "cut-off", threshold.evidence
    for banding in interpretation.bandings:
        yield "bands", banding.evidence
    for mid in interpretation.mids:
        yield "important difference", mid.evidence
    for population in interpretation.populations:
        yield "reference population", population.evidence
