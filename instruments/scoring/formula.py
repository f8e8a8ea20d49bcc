"""A scale's rule in one line, for a codebook."""

from collections.abc import Iterator

from instruments.scoring.spec import Scale, ScoringSpec


def formula(scale: Scale, spec: ScoringSpec) -> str:
    """The scale's rule in one line: its parts, how they are put together, and how many must be there."""
    ends = {one.item_id: one.lowest + one.highest for one in spec.items}
    ends |= {one.scale_id: one.lowest + one.highest for one in spec.scales}
    recodes = dict(scale.recodes)
    parts = []
    for name in (*scale.items, *scale.scales):
        counted = f"{recodes[name]}[{name}]" if name in recodes else name
        parts.append(f"({ends[name]:g} - {counted})" if name in scale.reverse else counted)
    source = {"table": scale.table, "eap": scale.bank}.get(scale.combine)
    combined = scale.combine if source is None else f"{scale.combine} {source}"
    return f"{combined}({', '.join(parts)})" + "".join(_after(scale)) + "".join(_needs(scale, len(parts)))


def _after(scale: Scale) -> Iterator[str]:
    if scale.constant:
        yield f" + {scale.constant:g}"
    if scale.transform is not None:
        line = scale.transform
        yield f", brought from {line.raw_low:g}..{line.raw_high:g} to {line.low:g}..{line.high:g}"
    if scale.recode is not None:
        yield f", looked up in {scale.recode}"
    if scale.decimals is not None:
        yield f", rounded to {scale.decimals} decimals"


def _needs(scale: Scale, parts: int) -> Iterator[str]:
    if scale.combine == "missing":
        return
    needed = parts if scale.combine == "table" else scale.missing.needed(parts)
    yield f"; needs {needed} of {parts} parts"
    for need in scale.answered:
        yield f" and {need.least} of {len(need.items)} items"
    yield ", else empty"
    if scale.assumed is not None:
        assumed = f"{scale.assumed:g}"
        yield f"; where the first part is {assumed}, parts that were not asked count as {assumed}"
