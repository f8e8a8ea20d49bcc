"""Instruments of every shape that is sound, for properties that must hold of all of them."""

from hypothesis import assume
from hypothesis import strategies as st

from instruments.definition import (
    CHOICES,
    CONTAINERS,
    NUMBERS,
    TEXTS,
    Branch,
    Condition,
    Item,
    ItemKind,
    Option,
    Presentation,
    Structure,
    Translation,
    Value,
    every_item,
)
from instruments.soundness import faults_of
from instruments.translation import possible_keys
from instruments.versions import Instrument, unscored

KINDS: tuple[ItemKind, ...] = (
    "group", "display", "choice", "open-choice", "boolean", "integer", "decimal", "quantity",
    "string", "text", "date", "date-time", "time", "url",
)  # fmt: skip
WORDS = st.sampled_from(["a", "An item", "Ærlig svar?", "سؤال", "á", " x ", "", "line\nline", "1"])
CODES = st.sampled_from(["x", "y", "1", "02", "urn:s|x", "|x", "two words", "Š"])
SYSTEMS = st.sampled_from(["", "urn:s", "urn:t", "http://loinc.org"])
NUMBERS_DRAWN = st.one_of(st.integers(-9, 9), st.sampled_from([0.5, 1e22, -2.25, 1e-9]))
VALUES: st.SearchStrategy[Value] = st.one_of(
    st.booleans(),
    NUMBERS_DRAWN,
    CODES,
    st.sampled_from(["2020-02-03", "2020", "12:30:00", "https://x.example"]),
)
LANGUAGES = st.lists(
    st.sampled_from(["nb", "nn", "en", "en-GB", "se", "und", "ar", "no"]), max_size=3, unique=True
)


@st.composite
def sound_instruments(draw: st.DrawFn) -> Instrument:
    """Any sound instrument of up to six items, in up to three languages, whole or with gaps."""
    names = [f"i{number}" for number in range(draw(st.integers(1, 6)))]
    items = [draw(_items(name, names)) for name in names]
    if len(items) > 2 and draw(st.booleans()):
        items = [items[0], Item("g", "group", items=tuple(items[1:]), hidden=draw(st.booleans()))]
    structure = Structure(
        instrument_id=draw(st.sampled_from(["everyday", "https://x.example/q", "with space", "a|b"])),
        version=draw(st.sampled_from(["1", "1.0.0", "", "2026|1"])),
        items=tuple(items),
        recall=draw(WORDS),
        validated=draw(st.booleans()),
        source=draw(WORDS),
        codes=tuple(draw(st.lists(st.sampled_from(["http://loinc.org|1-2", "|x", "y"]), max_size=2))),
    )
    assume(not faults_of(structure))
    return Instrument(
        structure=structure,
        presentation=draw(_presentations(structure)),
        scoring=unscored(structure),
        translations=tuple(
            Translation(
                structure.instrument_id,
                language,
                draw(st.sampled_from(["1", "1.1"])),
                draw(_texts(structure)),
            )
            for language in draw(LANGUAGES)
        ),
    )


@st.composite
def _items(draw: st.DrawFn, name: str, names: list[str]) -> Item:
    kind = draw(st.sampled_from(KINDS))
    answers = kind not in CONTAINERS
    is_choice = kind in CHOICES
    repeats = is_choice and draw(st.booleans())
    options = draw(_options()) if is_choice else ()
    initial = draw(st.one_of(st.none(), VALUES)) if answers else None
    return Item(
        item_id=name,
        kind=kind,
        options=options,
        options_are=draw(st.sampled_from(["coding", "string", "integer", "date"])) if is_choice else "coding",
        required=answers and draw(st.booleans()),
        repeats=repeats,
        hidden=draw(st.booleans()),
        read_only=answers and draw(st.booleans()),
        minimum=draw(st.one_of(st.none(), st.sampled_from([-9.0, 0.0, 0.5]))) if kind in NUMBERS else None,
        maximum=draw(st.one_of(st.none(), st.sampled_from([9.0, 1e23]))) if kind in NUMBERS else None,
        step=draw(st.sampled_from([None, 1.0, 0.5])) if kind in NUMBERS else None,
        decimals=draw(st.sampled_from([None, 0, 2])) if kind in NUMBERS else None,
        earliest="2000-01-01" if kind == "date" and draw(st.booleans()) else None,
        latest="23:00:00" if kind == "time" and draw(st.booleans()) else None,
        min_length=draw(st.sampled_from([None, 1])) if kind in TEXTS or kind == "open-choice" else None,
        max_length=draw(st.sampled_from([None, 20])) if kind in TEXTS else None,
        pattern=draw(st.sampled_from([None, "[a-z ]*"])) if kind in TEXTS else None,
        unit=draw(st.sampled_from([None, "kg", "urn:u|x"])) if kind in NUMBERS else None,
        initial=initial,
        further_initial=(draw(VALUES),) if repeats and initial is not None and draw(st.booleans()) else (),
        calculated=draw(st.sampled_from([None, "1 + 1"])) if answers else None,
        branch=draw(_branches(names)) if draw(st.booleans()) else None,
        codes=tuple(draw(st.lists(st.sampled_from(["http://loinc.org|1-2", "y"]), max_size=2))),
    )


@st.composite
def _options(draw: st.DrawFn) -> tuple[Option, ...]:
    codes = draw(st.lists(st.one_of(CODES, st.sampled_from(["2020-02-03"])), max_size=4, unique=True))
    scores = st.sampled_from([None, 0.0, 1.5])
    return tuple(Option(code, draw(scores), draw(st.booleans()), draw(SYSTEMS)) for code in codes)


@st.composite
def _branches(draw: st.DrawFn, names: list[str]) -> Branch:
    conditions = draw(
        st.lists(
            st.builds(
                Condition,
                item=st.sampled_from(names),
                operator=st.sampled_from(["exists", "=", "!=", ">", "<="]),
                value=VALUES,
            ),
            min_size=1,
            max_size=3,
        )
    )
    return Branch(conditions=tuple(conditions), needs=draw(st.sampled_from(["all", "any"])))


@st.composite
def _presentations(draw: st.DrawFn, structure: Structure) -> Presentation:
    names = [item.item_id for item in every_item(structure)]
    controls = st.sampled_from(
        ["radio", "slider", "drop-down", "check-box", "text-area", "help", "table", "page"]
    )
    return Presentation(
        instrument_id=structure.instrument_id,
        version=draw(st.sampled_from([structure.version, "7"])),
        layout=draw(st.sampled_from(["page", "list"])),
        controls=draw(st.dictionaries(st.sampled_from(names), controls, max_size=2)),
        orientation=draw(
            st.dictionaries(st.sampled_from(names), st.sampled_from(["horizontal"]), max_size=1)
        ),
        minutes=draw(st.sampled_from([None, 4])),
    )


@st.composite
def _texts(draw: st.DrawFn, structure: Structure) -> dict[str, str]:
    keys = [*possible_keys(structure), "no key of it"]
    chosen = draw(st.sets(st.sampled_from(keys), max_size=12)) if draw(st.booleans()) else set(keys)
    return {key: draw(WORDS) for key in sorted(chosen)}
