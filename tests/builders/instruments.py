"""Builders of instruments, answers and Questionnaires for tests: each gives the smallest thing that says what
is meant.
"""

from collections.abc import Sequence
from datetime import date

from hypothesis import strategies as st

from instruments.answers import Answers
from instruments.definition import (
    Branch,
    Condition,
    Item,
    Operator,
    Option,
    Presentation,
    Structure,
    Translation,
    Value,
    every_item,
)
from instruments.licence import Licence
from instruments.scoring.spec import Linear, MissingRule, Scale, ScoredItem, ScoringSpec
from instruments.translation_record import TranslationRecord
from instruments.versions import Instrument

INSTRUMENT_ID = "https://etterklang.example/instruments/made-for-tests"


def make_structure(*items: Item) -> Structure:
    """A structure with these items."""
    return Structure(instrument_id=INSTRUMENT_ID, version="1", items=items)


def choice(item_id: str, *codes: str, scores: Sequence[float] = (), required: bool = False) -> Item:
    """A choice between options with these codes, scored 0, 1, 2 … unless ``scores`` says otherwise."""
    numbers = scores or range(len(codes))
    options = tuple(
        Option(code=code, score=float(number)) for code, number in zip(codes, numbers, strict=True)
    )
    return Item(item_id=item_id, kind="choice", options=options, required=required)


def make_scoring(*item_ids: str, missing: MissingRule | None = None) -> ScoringSpec:
    """One scale, the mean of these items (each 0 to 3), brought to 0-100."""
    return ScoringSpec(
        instrument_id=INSTRUMENT_ID,
        version="1",
        items=tuple(ScoredItem(item_id=item_id, lowest=0, highest=3) for item_id in item_ids),
        scales=(
            Scale(
                scale_id="all",
                items=item_ids,
                missing=missing or MissingRule(),
                transform=Linear(raw_low=0, raw_high=3),
            ),
        ),
    )


def make_instrument(
    *items: Item, scoring: ScoringSpec | None = None, languages: Sequence[str] = ("nb",)
) -> Instrument:
    """An instrument of these items, with a word for each key in each language."""
    structure = make_structure(*items)
    texts = {"title": "A title"}
    for item in every_item(structure):
        texts[item.item_id] = f"Question {item.item_id}"
        texts.update({f"{item.item_id}/{option.code}": f"Option {option.code}" for option in item.options})
    return Instrument(
        structure=structure,
        presentation=Presentation(instrument_id=INSTRUMENT_ID, version="1"),
        scoring=scoring or ScoringSpec(instrument_id=INSTRUMENT_ID, version="1"),
        translations=tuple(
            Translation(instrument_id=INSTRUMENT_ID, language=language, version="1", texts=texts)
            for language in languages
        ),
    )


def make_records(instrument: Instrument, **more: object) -> list[TranslationRecord]:
    """How the wording of each language was made: written for a test; ``more`` replaces fields of each."""
    fields = {
        "instrument_id": instrument.structure.instrument_id,
        "kind": "original",
        "wording_by": ("whoever wrote the test",),
        "remarks": "Made for tests, and tested with nobody.",
    }
    return [
        TranslationRecord(language=one.language, **(fields | more))  # type: ignore[arg-type] # the fields, some replaced
        for one in instrument.translations
    ]


def make_licence(instrument: Instrument, **more: object) -> Licence:
    """A licence for the languages of ``instrument``, electronic, without an end; ``more`` replaces fields."""
    fields = {
        "instrument_id": instrument.structure.instrument_id,
        "holder": "The holder",
        "terms": "Free for registries",
        "reference": "2026/1",
        "languages": tuple(one.language for one in instrument.translations),
        "modes": ("electronic",),
        "valid_from": date(2000, 1, 1),
    }
    return Licence(**(fields | more))  # type: ignore[arg-type] # the fields of a licence, some replaced


OPERATORS: tuple[Operator, ...] = ("exists", "=", "!=", ">", "<=")
VALUES: dict[str, st.SearchStrategy[Value]] = {
    "boolean": st.booleans(),
    "integer": st.integers(-3, 3),
    "string": st.sampled_from(["x", "y", "z"]),
    "choice": st.sampled_from(["x", "y", "z"]),
}


@st.composite
def answered_structures(draw: st.DrawFn) -> tuple[Structure, Answers]:
    """A structure of up to ten items, some in groups, whose branches look at earlier items; and answers to
    some.
    """
    kinds: dict[str, str] = {}
    items: list[Item] = []
    for number in range(draw(st.integers(1, 10))):
        item = draw(_items(f"i{number}", kinds))
        items.append(item)
    if len(items) > 2 and draw(st.booleans()):
        items = [
            items[0],
            Item(
                item_id="group", kind="group", items=tuple(items[1:]), branch=draw(_branches(kinds, ["i0"]))
            ),
        ]
    structure = make_structure(*items)
    values: dict[str, tuple[Value, ...]] = {
        name: (draw(VALUES[kind]),) for name, kind in kinds.items() if draw(st.booleans())
    }
    return structure, Answers(values=values)


@st.composite
def _items(draw: st.DrawFn, item_id: str, kinds: dict[str, str]) -> Item:
    branch = draw(_branches(kinds, list(kinds))) if kinds else None
    kind = draw(st.sampled_from(["boolean", "integer", "string", "choice"]))
    kinds[item_id] = kind
    match kind:
        case "choice":
            return Item(
                item_id=item_id, kind="choice", options=(Option("x"), Option("y"), Option("z")), branch=branch
            )
        case "boolean":
            return Item(item_id=item_id, kind="boolean", branch=branch)
        case "integer":
            return Item(item_id=item_id, kind="integer", branch=branch)
    return Item(item_id=item_id, kind="string", branch=branch)


@st.composite
def _branches(draw: st.DrawFn, kinds: dict[str, str], names: list[str]) -> Branch | None:
    if not draw(st.booleans()):
        return None
    conditions = []
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(names))
        operator = draw(st.sampled_from(OPERATORS))
        value = draw(st.booleans()) if operator == "exists" else draw(VALUES[kinds[name]])
        conditions.append(Condition(item=name, operator=operator, value=value))
    return Branch(conditions=tuple(conditions), needs=draw(st.sampled_from(["all", "any"])))


def make_questionnaire(*items: object, **fields: object) -> dict[str, object]:
    """A FHIR Questionnaire of these items; ``fields`` replace or join those of the questionnaire itself."""
    return {
        "resourceType": "Questionnaire",
        "url": "https://etterklang.example/Questionnaire/made-for-tests",
        "version": "1.0.0",
        "language": "nb-NO",
        "status": "active",
        "title": "Laget for prøver",
        "item": list(items),
    } | fields


def fhir_item(link_id: str, kind: str, **fields: object) -> dict[str, object]:
    """An item of a FHIR Questionnaire."""
    return {"linkId": link_id, "type": kind, "text": f"Spørsmål {link_id}"} | fields


def fhir_choice(link_id: str, *codes: str, system: str = "urn:test", **fields: object) -> dict[str, object]:
    """A choice of a FHIR Questionnaire between codings with these codes."""
    options = [{"valueCoding": {"system": system, "code": code, "display": f"Svar {code}"}} for code in codes]
    return fhir_item(link_id, "choice", answerOption=options) | fields


def fhir_extension(url: str, **value: object) -> dict[str, object]:
    """An extension; a short url is one of HL7's core ones."""
    full = url if "/" in url else f"http://hl7.org/fhir/StructureDefinition/{url}"
    return {"url": full} | value


def fhir_translated(**texts: str) -> dict[str, object]:
    """What stands beside a text (as ``_text``) with its translations by language."""
    return {
        "extension": [
            fhir_extension(
                "translation",
                extension=[
                    {"url": "lang", "valueCode": language.replace("_", "-")},
                    {"url": "content", "valueString": text},
                ],
            )
            for language, text in texts.items()
        ]
    }
