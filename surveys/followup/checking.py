"""Whether a protocol document can be followed: every fault, with its place."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import combinations

from surveys.followup.calendar import window_of
from surveys.followup.errors import ProtocolFault
from surveys.followup.protocol import (
    LANGUAGES,
    Protocol,
    ProtocolDraft,
    StopRule,
    Wave,
    WaveDraft,
    WaveTiming,
    Who,
)

Window = tuple[date, date]
"""The first and last day."""
ALWAYS_STOP: tuple[StopRule, ...] = ("death", "reservation", "withdrawal")
"""No protocol may follow the dead, or those who have said no."""

# Four years hold every length of month and both kinds of year.
_REFERENCE_DAYS = tuple(date(2024, 1, 1) + timedelta(days=day) for day in range(4 * 365 + 1))


def check_protocol(protocol: Protocol | ProtocolDraft) -> tuple[ProtocolFault, ...]:
    """Everything that is wrong with ``protocol``; nothing when it can be stored."""
    return (
        *_check_terms(protocol),
        *_check_who(protocol.who),
        *_check_anchors(protocol),
        *_check_waves(protocol),
    )


def _check_terms(protocol: Protocol | ProtocolDraft) -> Iterator[ProtocolFault]:
    if not protocol.version:
        yield ProtocolFault("$.version", "must not be empty")
    if not protocol.title:
        yield ProtocolFault("$.title", "must not be empty")
    if protocol.rest_days < 0:
        yield ProtocolFault("$.rest_days", "must be 0 or more days")
    for stop in ALWAYS_STOP:
        if stop not in protocol.stops:
            yield ProtocolFault("$.stops", f"must hold {stop}: nobody is followed after it")


def _check_who(who: Who) -> Iterator[ProtocolFault]:
    if not who.registry:
        yield ProtocolFault("$.who.registry", "must name a registry")
    if not who.icd10:
        yield ProtocolFault("$.who.icd10", "must hold at least one code")
    for at, code in enumerate(who.icd10):
        if not (code[:1].isascii() and code[:1].isupper() and code[1:].isdigit() and 3 <= len(code) <= 5):
            yield ProtocolFault(
                f"$.who.icd10[{at}]", "must be a letter and 2 to 4 digits without a dot, as C61"
            )
    if not 0 <= who.minimum_age <= 120:
        yield ProtocolFault("$.who.minimum_age", "must be from 0 to 120 years")


def _check_anchors(protocol: Protocol | ProtocolDraft) -> Iterator[ProtocolFault]:
    names = [anchor.anchor_id for anchor in protocol.anchors]
    for at, anchor in enumerate(protocol.anchors):
        if anchor.anchor_id in names[:at]:
            yield ProtocolFault(f"$.anchors[{at}].anchor_id", "is taken by an earlier anchor")
        if not anchor.first_known:
            yield ProtocolFault(f"$.anchors[{at}].first_known", "must hold at least one date")


def _check_waves(protocol: Protocol | ProtocolDraft) -> Iterator[ProtocolFault]:
    waves: tuple[Wave | WaveDraft, ...] = protocol.waves
    if not waves or [wave.number for wave in waves] != list(range(1, len(waves) + 1)):
        yield ProtocolFault("$.waves", "must be numbered 1, 2, 3 … in order, at least one")
    anchors = {anchor.anchor_id for anchor in protocol.anchors}
    for at, wave in enumerate(waves):
        if wave.anchor not in anchors:
            yield ProtocolFault(f"$.waves[{at}].anchor", "is not one of the protocol's anchors")
        yield from _check_wave(f"$.waves[{at}]", wave)
    yield from _check_overlaps(waves)


def _check_wave(place: str, wave: Wave | WaveDraft) -> Iterator[ProtocolFault]:
    if wave.opens_days > wave.closes_days:
        yield ProtocolFault(f"{place}.opens_days", "must not lie after closes_days")
    if set(wave.names) != set(LANGUAGES) or not all(wave.names.values()):
        yield ProtocolFault(f"{place}.names", f"must name the wave in {', '.join(LANGUAGES)}")
    length = wave.closes_days - wave.opens_days
    rising = list(wave.reminder_days) == sorted(set(wave.reminder_days))
    if not rising or not all(0 < days <= length for days in wave.reminder_days):
        yield ProtocolFault(f"{place}.reminder_days", "must rise, and lie inside the window")
    if not wave.instruments or len(set(wave.instruments)) != len(wave.instruments):
        yield ProtocolFault(f"{place}.instruments", "must hold at least one instrument, each once")


def _check_overlaps(waves: Sequence[WaveTiming]) -> Iterator[ProtocolFault]:
    windows = [[window_of(wave, day) for day in _REFERENCE_DAYS] for wave in waves]
    for (earlier, first), (later, second) in combinations(enumerate(waves), 2):
        if first.anchor == second.anchor and _overlap(windows[earlier], windows[later]):
            yield ProtocolFault(
                f"$.waves[{later}]", f"its window overlaps or comes before that of wave {first.number}"
            )


def _overlap(earlier: Sequence[Window], later: Sequence[Window]) -> bool:
    return any(second[0] <= first[1] for first, second in zip(earlier, later, strict=True))
