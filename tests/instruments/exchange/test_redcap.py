"""A REDCap data dictionary is read whole, or what is not understood is named by row and column."""

import contextlib
import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments.answers import Answers
from instruments.calculation import complete
from instruments.definition import every_item
from instruments.exchange import InvalidQuestionnaireError
from instruments.exchange.fhir import Imported
from instruments.exchange.redcap import read_dictionary
from instruments.expressions import Outline, enabled
from instruments.versions import check_instrument

COLUMNS = (
    "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Field Note", "Text Validation Type OR Show Slider Number",
    "Text Validation Min", "Text Validation Max", "Identifier?",
    "Branching Logic (Show field only if...)", "Required Field?", "Custom Alignment",
    "Question Number (surveys only)", "Matrix Group Name", "Matrix Ranking?", "Field Annotation",
)  # fmt: skip
NAME, FORM, HEADER, TYPE, LABEL, CHOICES, NOTE, VALIDATION, LOW, HIGH, IDENTIFIER, LOGIC, REQUIRED = COLUMNS[
    :13
]
ALIGNMENT, NUMBER, MATRIX, RANKING, ANNOTATION = COLUMNS[13:]


def field(name: str, kind: str, **cells: str) -> dict[str, str]:
    return {NAME: name, FORM: "form", TYPE: kind, LABEL: f"The item {name}"} | cells


def dictionary(*fields: dict[str, str]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(fields)
    return text.getvalue().encode()


YES_NO = {CHOICES: "1, Yes | 0, No"}


def whole(*fields: dict[str, str]) -> Imported:
    imported = read_dictionary(dictionary(*fields))
    assert imported.losses == ()
    assert imported.instrument is not None
    check_instrument(imported.instrument)
    return imported


def test_choices_keep_their_codes_texts_and_numbers() -> None:
    instrument = whole(field("a", "radio", **{CHOICES: "-1, Less, or none | 0, Same | 1.5, More"})).instrument
    assert instrument is not None
    (item,) = [item for item in every_item(instrument.structure) if item.item_id == "a"]
    assert [(option.code, option.score) for option in item.options] == [("-1", -1), ("0", 0), ("1.5", 1.5)]
    assert instrument.translations[0].texts["a/-1"] == "Less, or none"


def test_branching_logic_shows_an_item_on_the_answers_it_names() -> None:
    logic = {LOGIC: "[a]='1' and ([b]>2 or [c(3)]='1')"}
    instrument = whole(
        field("a", "radio", **YES_NO),
        field("b", "text", **{VALIDATION: "integer", LOW: "0", HIGH: "10"}),
        field("c", "checkbox", **{CHOICES: "2, Two | 3, Three"}),
        field("d", "notes", **logic),
    ).instrument
    assert instrument is not None
    outline = Outline(instrument.structure)
    for values, shown in (
        ({"a": ("1",), "b": (3,)}, True),
        ({"a": ("1",), "b": (2,)}, False),
        ({"a": ("1",), "b": (0,), "c": ("2", "3")}, True),
        ({"a": ("0",), "b": (3,)}, False),
        ({}, False),
    ):
        assert enabled(outline, values)["d"] is shown


def test_a_matrix_is_a_group_of_items_with_the_same_options() -> None:
    matrix = YES_NO | {MATRIX: "m"}
    instrument = whole(field("a", "radio", **matrix), field("b", "radio", **matrix)).instrument
    assert instrument is not None
    tables = [
        item for item in every_item(instrument.structure) if {"a", "b"} == {one.item_id for one in item.items}
    ]
    assert len(tables) == 1


def test_a_calculation_is_reckoned_and_passes_over_what_is_missing() -> None:
    number = {VALIDATION: "integer", LOW: "0", HIGH: "9"}
    instrument = whole(
        field("a", "text", **number),
        field("b", "text", **number),
        field("c", "calc", **{CHOICES: "sum([a],[b])*2"}),
    ).instrument
    assert instrument is not None
    (item,) = [item for item in every_item(instrument.structure) if item.item_id == "c"]
    assert item.read_only
    assert complete(instrument.structure, Answers({"a": (3,), "b": (4,)})).values["c"] == (14.0,)
    assert complete(instrument.structure, Answers({"a": (3,)})).values["c"] == (6.0,)


@pytest.mark.parametrize(
    ("cells", "path"),
    [
        ({TYPE: "file"}, "row 2 (a): Field Type"),
        ({TYPE: "sql"}, "row 2 (a): Field Type"),
        ({IDENTIFIER: "y"}, "row 2 (a): Identifier?"),
        ({ANNOTATION: "@IMPORT-SOMETHING"}, "row 2 (a): Field Annotation"),
        ({LOGIC: "[event_1][b]='1'"}, "row 2 (a): Branching Logic"),
        ({TYPE: "calc", CHOICES: "datediff([b],[c],'d')"}, "row 2 (a): "),
        ({LABEL: "<b>Bold</b> words"}, "row 2 (a): Field Label"),
    ],
)
def test_what_is_not_understood_is_named_by_row_field_and_column(cells: dict[str, str], path: str) -> None:
    content = dictionary(field("a", "text") | cells, field("b", "radio", **YES_NO))
    refused = read_dictionary(content)
    assert refused.instrument is None
    assert any(loss.path.startswith(path) for loss in refused.losses), refused.losses
    accepted = read_dictionary(content, {loss.path for loss in refused.losses})
    assert accepted.instrument is not None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"a,b\n1,2\n",
        dictionary(field("a", "radio", **YES_NO), field("a", "radio", **YES_NO)),
        dictionary(),
    ],
)
def test_what_is_no_dictionary_is_one_error(content: bytes) -> None:
    with pytest.raises(InvalidQuestionnaireError) as caught:
        read_dictionary(content)
    assert str(caught.value)


CELLS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["[a]='1'", "[a]>", "((((", "1, x | 2, y", "sum([a],", "@HIDDEN", "y", "integer", "calc", "radio"]
    ),
)


@given(st.lists(st.dictionaries(st.sampled_from(COLUMNS), CELLS), max_size=5))
@settings(max_examples=80, deadline=None)
def test_whatever_the_cells_hold_it_is_an_import_or_one_error(fields: list[dict[str, str]]) -> None:
    with contextlib.suppress(InvalidQuestionnaireError):
        assert isinstance(read_dictionary(dictionary(*fields)), Imported)
