"""Interpretations by instrument, from the data files that come with the package."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import msgspec

from instruments.catalogue import entry
from instruments.interpretation.document import Banding, Interpretation, Mid, Threshold
from instruments.interpretation.errors import UnknownNameError
from instruments.scoring.spec import Direction

FOLDER = files("instruments.catalogue") / "interpretation"


def interpretation_of(instrument: str) -> Interpretation:
    """The interpretation of an instrument, by any name that the catalogue knows it by.

    An instrument of which no figure is known has one without figures, whose ``gaps`` say so.
    Raises ``instruments.catalogue.UnknownInstrumentError``, which lists the instruments that there are.
    """
    return _read(entry(instrument).spec_id)


def direction_of(instrument: str, scale: str) -> Direction:
    """Which way a scale of a catalogue instrument is read.

    Raises ``UnknownNameError`` if it has no such scale, or one that is off because its direction is disputed.
    """
    scoring = entry(instrument).scoring
    directions = {one.scale_id: one.direction for one in scoring.scales if not one.off} if scoring else {}
    if scale not in directions:
        raise UnknownNameError(instrument, "scale", scale, directions)
    return directions[scale]


def check_scale(interpretation: Interpretation, scale: str) -> None:
    """Raises ``UnknownNameError`` if no figure is of this scale and the instrument has no such scale."""
    figures: tuple[Threshold | Banding | Mid, ...] = (
        *interpretation.thresholds,
        *interpretation.bandings,
        *interpretation.mids,
    )
    named = {name for figure in figures for name in figure.scales}
    named.update(population.scale for population in interpretation.populations)
    if scale not in named:
        direction_of(interpretation.instrument_id, scale)


def mid_named(interpretation: Interpretation, mid_id: str, scale: str) -> Mid:
    """The important difference of this name for this scale, before one of that name for the whole instrument.

    Raises ``UnknownNameError`` if there is neither, or no such scale.
    """
    check_scale(interpretation, scale)
    fitting = {mid.mid_id: mid for mid in _fitting(interpretation.mids, scale)}
    if mid_id not in fitting:
        kind = f"important difference of {scale} named"
        raise UnknownNameError(interpretation.instrument_id, kind, mid_id, fitting)
    return fitting[mid_id]


def _fitting(mids: Iterable[Mid], scale: str) -> list[Mid]:
    """Those of the whole instrument first: a later one of the same name takes its place."""
    return [mid for mid in mids if not mid.scales] + [mid for mid in mids if scale in mid.scales]


@cache
def _read(spec_id: str) -> Interpretation:
    return msgspec.json.decode((FOLDER / f"{spec_id}.json").read_bytes(), type=Interpretation)
