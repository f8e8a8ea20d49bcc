"""Small sound instruments, of few ids, so that two of them have much in common and much not."""

from hypothesis import strategies as st
from msgspec.structs import replace

from instruments.definition import (
    Branch,
    Condition,
    Control,
    Item,
    Option,
    Presentation,
    Structure,
    Translation,
    every_item,
)
from instruments.scoring.spec import (
    Answered,
    Band,
    Banding,
    Comparison,
    Flag,
    Linear,
    MissingRule,
    Recode,
    Scale,
    ScoredItem,
    ScoringSpec,
)
from instruments.versions import Instrument, check_instrument
from tests.builders.instruments import INSTRUMENT_ID

VERSIONS = st.sampled_from(["1", "2"])
WORDS = st.sampled_from(["Alpha", "Beta", "שלום"])
CODES = ("w", "x", "y", "z")
CONTROLS: tuple[Control, ...] = ("radio", "slider")


@st.composite
def instruments(draw: st.DrawFn) -> Instrument:
    """A sound instrument of up to six items in up to two groups, a few scales, and up to three languages."""
    structure = draw(structures())
    scoring = draw(scorings(structure))
    languages = draw(st.permutations(["nb", "en", "se"]))[: draw(st.integers(0, 3))]
    instrument = Instrument(
        structure=structure,
        presentation=draw(presentations(structure)),
        scoring=scoring,
        translations=tuple(draw(translations(structure, language)) for language in languages),
    )
    check_instrument(instrument)
    return instrument


@st.composite
def structures(draw: st.DrawFn) -> Structure:
    """Items of a pool of six, in any order, some in a group, itself in another or not."""
    names = draw(st.permutations([f"q{number}" for number in range(6)]))[: draw(st.integers(1, 6))]
    items: list[Item] = []
    for name in names:
        items.append(draw(_items(name, tuple(items))))
    cut = draw(st.integers(0, len(items)))
    if draw(st.booleans()):
        inner = Item(item_id="inner", kind="group", items=tuple(items[cut:]), hidden=draw(st.booleans()))
        items = [*items[:cut], inner]
    if draw(st.booleans()):
        cut = draw(st.integers(0, len(items)))
        items = [Item(item_id="outer", kind="group", items=tuple(items[:cut])), *items[cut:]]
    return Structure(
        instrument_id=INSTRUMENT_ID,
        version=draw(VERSIONS),
        items=tuple(items),
        recall=draw(st.sampled_from(["", "P7D"])),
    )


@st.composite
def _items(draw: st.DrawFn, name: str, earlier: tuple[Item, ...]) -> Item:
    kind = draw(st.sampled_from(["choice", "integer", "string", "choice"]))
    branch = None
    if earlier and draw(st.integers(0, 3)) == 0:
        number = draw(st.sampled_from([1, 1.0, True, "x"]))
        branch = Branch((Condition(draw(st.sampled_from(earlier)).item_id, "=", number),))
    item = Item(item_id=name, kind="string", branch=branch, required=draw(st.booleans()))
    if kind == "integer":
        return replace(item, kind="integer", minimum=0, maximum=draw(st.sampled_from([3, 10])))
    if kind == "choice":
        codes = draw(st.permutations(CODES))[: draw(st.integers(1, 4))]
        options = tuple(Option(code, score=draw(st.sampled_from([0, 1, 2, 3.0]))) for code in codes)
        return replace(item, kind="choice", options=options)
    return item


@st.composite
def scorings(draw: st.DrawFn, structure: Structure) -> ScoringSpec:
    """A spec of up to two scales of items, one of scales, a flag and a banding."""
    numbered = [item.item_id for item in every_item(structure) if item.kind in ("choice", "integer")]
    counted = draw(st.permutations(numbered))
    spec = ScoringSpec(
        instrument_id=INSTRUMENT_ID,
        version=draw(VERSIONS),
        items=tuple(ScoredItem(item_id=name, lowest=0, highest=10) for name in counted),
        recodes=draw(st.sampled_from([(), (Recode("turn", ((0, 100), (100, 0))),)])),
    )
    if not counted or draw(st.integers(0, 4)) == 0:
        return spec
    scales: list[Scale] = []
    for name in draw(st.permutations(["one", "two"]))[: draw(st.integers(1, 2))]:
        parts = tuple(draw(st.lists(st.sampled_from(counted), min_size=1, unique=True)))
        scales.append(draw(_scales(name, parts)))
    if draw(st.booleans()):
        scales.append(Scale("whole", scales=tuple(scale.scale_id for scale in scales)))
    return replace(
        spec,
        scales=tuple(scales),
        flags=draw(st.sampled_from([(), (Flag("low", (Comparison(counted[0], "<", 1),)),)])),
        bandings=draw(st.sampled_from([(), (Banding("grades", scales[0].scale_id, (Band("a", 0),)),)])),
    )


@st.composite
def _scales(draw: st.DrawFn, name: str, parts: tuple[str, ...]) -> Scale:
    return Scale(
        name,
        items=parts,
        reverse=draw(st.sampled_from([(), parts[:1]])),
        missing=draw(st.sampled_from([MissingRule(), MissingRule("all"), MissingRule("percent", 80)])),
        transform=draw(st.sampled_from([None, Linear(0, 10)])),
        answered=draw(st.sampled_from([(), (Answered(parts[:1], 1),)])),
    )


@st.composite
def presentations(draw: st.DrawFn, structure: Structure) -> Presentation:
    """A layout, and controls of some items."""
    names = [item.item_id for item in every_item(structure)]
    return Presentation(
        instrument_id=INSTRUMENT_ID,
        version=draw(VERSIONS),
        layout=draw(st.sampled_from(["page", "list"])),
        controls=draw(st.dictionaries(st.sampled_from(names), st.sampled_from(CONTROLS), max_size=2)),
    )


@st.composite
def translations(draw: st.DrawFn, structure: Structure, language: str) -> Translation:
    """Words for some keys of the structure, of its help texts, and of the whole."""
    keys = ["title", "intro"]
    for item in every_item(structure):
        keys += [item.item_id, f"{item.item_id}/help"]
        keys += [f"{item.item_id}/{option.code}" for option in item.options]
    return Translation(
        instrument_id=INSTRUMENT_ID,
        language=language,
        version=draw(VERSIONS),
        texts=draw(st.dictionaries(st.sampled_from(keys), WORDS, max_size=6)),
    )
