"""Parts of a scoring: the scales whose items were asked, and those that a registry has confirmed."""

from collections.abc import Collection

from msgspec.structs import replace

from instruments.scoring.engine import MissingColumnError
from instruments.scoring.spec import Direction, Scale, ScoringSpec


class NotDisputedError(Exception):
    """A scale is to be confirmed that the scoring does not have, or that is on already."""

    def __init__(self, scale_id: str, disputed: Collection[str]) -> None:
        waiting = ", ".join(disputed) or "none"
        super().__init__(f"{scale_id[:100]!r} is no scale that waits to be confirmed; those are: {waiting}")
        self.scale_id = scale_id


def narrowed(spec: ScoringSpec, asked: Collection[str]) -> ScoringSpec:
    """A separable scoring, with only the scales, flags and bands whose items were ``asked``.

    A scale of which no item was asked is left out, and what is made of it; any other scoring is given back
    as it is.

    Raises:
        MissingColumnError: some items of a scale were asked and others not, or none of all.
    """
    if not spec.separable:
        return spec
    kept: dict[str, Scale] = {}
    for scale in spec.scales:
        there = [name for name in scale.items if name in asked]
        lacking = [name for name in scale.items if name not in asked]
        if there and lacking:
            raise MissingColumnError(lacking[0])
        if not lacking and all(name in kept for name in scale.scales):
            kept[scale.scale_id] = scale
    if not kept:
        raise MissingColumnError(spec.items[0].item_id)
    known = {*kept, *asked}
    return replace(
        spec,
        items=tuple(item for item in spec.items if item.item_id in asked),
        scales=tuple(kept.values()),
        flags=tuple(flag for flag in spec.flags if all(one.part in known for one in flag.tests)),
        bandings=tuple(banding for banding in spec.bandings if banding.scale in kept),
    )


def confirmed(spec: ScoringSpec, scale_id: str, direction: Direction) -> ScoringSpec:
    """The scoring with a disputed scale on, in the direction that the licensed manual gives it.

    Raises:
        NotDisputedError: the scale is not there or not off.
    """
    disputed = [scale.scale_id for scale in spec.scales if scale.off]
    if scale_id not in disputed:
        raise NotDisputedError(scale_id, disputed)
    return replace(spec, scales=tuple(_confirm(one, scale_id, direction) for one in spec.scales))


def _confirm(scale: Scale, scale_id: str, direction: Direction) -> Scale:
    if scale.scale_id != scale_id:
        return scale
    line = scale.transform
    if direction != scale.direction and line is not None:
        line = replace(line, low=line.high, high=line.low)
    return replace(scale, off="", direction=direction, transform=line)
