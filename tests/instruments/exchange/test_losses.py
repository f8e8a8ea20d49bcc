"""Nothing is dropped silently: what is not understood is named by its path, and refused unless accepted."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.exchange.fhir import Imported, read_questionnaire
from tests.builders.instruments import fhir_choice, fhir_extension, fhir_item, make_questionnaire
from tests.builders.questionnaires import WHOLE

DEMONSTRATION = Path(__file__).parents[3] / "api" / "demo" / "documents" / "urinary-habits.fhir.json"

Place = tuple[str | int, ...]


def read(tree: object, accept: tuple[str, ...] = ()) -> Imported:
    return read_questionnaire(json.dumps(tree).encode(), accept)


def places(tree: object, at: Place = ()) -> Iterator[Place]:
    """Where every object of the tree stands."""
    if isinstance(tree, dict):
        yield at
        for key, value in tree.items():
            yield from places(value, (*at, key))
    if isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from places(value, (*at, index))


def path_of(place: Place, *more: str | int) -> str:
    """The FHIRPath-like path of a place."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in (*place, *more))
    return text.removeprefix(".")


def object_at(tree: object, place: Place) -> dict[str, object]:
    for part in place:
        tree = tree[part]  # type: ignore[index]
    assert isinstance(tree, dict)
    return tree


TREES = {"a rich one": WHOLE, "the demonstration's": json.loads(DEMONSTRATION.read_bytes())}
EVERYWHERE = [(name, place) for name, tree in TREES.items() for place in places(tree)]


@pytest.mark.parametrize("name", TREES)
def test_the_questionnaires_of_these_tests_are_understood_whole(name: str) -> None:
    imported = read(TREES[name])
    assert imported.losses == ()
    assert imported.instrument is not None


def test_an_unknown_field_anywhere_is_named_with_its_place() -> None:
    for name, place in EVERYWHERE:
        tree = copy.deepcopy(TREES[name])
        object_at(tree, place)["surprise"] = {"deep": [1]}
        imported = read(tree)
        assert [loss.path for loss in imported.losses] == [path_of(place, "surprise")]
        assert imported.instrument is None


def test_an_unknown_extension_anywhere_is_named_with_its_place() -> None:
    for name, place in EVERYWHERE:
        tree = copy.deepcopy(TREES[name])
        extensions = object_at(tree, place).setdefault("extension", [])
        assert isinstance(extensions, list)
        extensions.append({"url": "urn:surprise", "valueString": "x"})
        imported = read(tree)
        assert [loss.path for loss in imported.losses] == [path_of(place, "extension", len(extensions) - 1)]
        assert imported.losses[0].what == "urn:surprise"


def test_a_modifier_extension_anywhere_is_named_with_its_place() -> None:
    for name, place in EVERYWHERE:
        tree = copy.deepcopy(TREES[name])
        object_at(tree, place)["modifierExtension"] = [{"url": "urn:not", "valueBoolean": True}]
        assert [loss.path for loss in read(tree).losses] == [path_of(place, "modifierExtension", 0)]


def test_an_extension_beside_any_primitive_is_named_with_its_place() -> None:
    for name, place in EVERYWHERE:
        for key, value in object_at(TREES[name], place).items():
            if (
                key.startswith("_")
                or f"_{key}" in object_at(TREES[name], place)
                or isinstance(value, dict | list)
            ):
                continue
            tree = copy.deepcopy(TREES[name])
            object_at(tree, place)[f"_{key}"] = {"extension": [{"url": "urn:beside", "valueCode": "x"}]}
            assert [loss.path for loss in read(tree).losses] == [path_of(place, f"_{key}", "extension", 0)]


@given(
    st.sampled_from(EVERYWHERE),
    st.text("abcXYZ_", min_size=1, max_size=12),
    st.recursive(st.one_of(st.booleans(), st.integers(), st.text("ab", max_size=3)), st.lists, max_leaves=4),
)
def test_no_field_of_any_name_disappears(where: tuple[str, Place], key: str, value: object) -> None:
    name, place = where
    tree = copy.deepcopy(TREES[name])
    if key in object_at(tree, place) or key == "_":
        return
    object_at(tree, place)[key] = value
    losses = read(tree).losses
    assert [loss.path for loss in losses] == [path_of(place, key)]


def test_a_known_extension_is_lost_where_nobody_asks_for_it() -> None:
    step = fhir_extension("questionnaire-sliderStepValue", valueInteger=1)
    losses = read(make_questionnaire(fhir_item("a", "boolean", extension=[step]))).losses
    assert [loss.path for loss in losses] == ["item[0].extension[0]"]


def test_a_known_extension_given_twice_is_lost_the_second_time() -> None:
    hidden = fhir_extension("questionnaire-hidden", valueBoolean=True)
    losses = read(make_questionnaire(fhir_item("a", "boolean", extension=[hidden, hidden]))).losses
    assert [loss.path for loss in losses] == ["item[0].extension[1]"]


def test_a_known_extension_with_an_unknown_value_is_lost() -> None:
    for name in (
        "minValue",
        "minLength",
        "questionnaire-unit",
        "questionnaire-itemControl",
        "questionnaire-hidden",
    ):
        extension = fhir_extension(name, valueString="x")
        item = fhir_item("a", "string" if name == "minLength" else "decimal", extension=[extension])
        assert [loss.path.split(".value")[0] for loss in read(make_questionnaire(item)).losses] == [
            "item[0].extension[0]"
        ]


@pytest.mark.parametrize(
    ("item", "path"),
    [
        (fhir_item("a", "attachment"), "item[0].type"),
        (fhir_item("a", "reference"), "item[0].type"),
        (fhir_item("a", "group", repeats=True), "item[0].repeats"),
        (fhir_item("a", "boolean", repeats=True), "item[0].repeats"),
        (
            fhir_item(
                "a",
                "string",
                repeats=True,
                extension=[fhir_extension("questionnaire-maxOccurs", valueInteger=500)],
            ),
            "item[0].extension[0]",
        ),
        (
            fhir_item("a", "string", extension=[fhir_extension("questionnaire-maxOccurs", valueInteger=0)]),
            "item[0].extension[0]",
        ),
        (fhir_item("a", "group", required=True), "item[0].required"),
        (fhir_item("a", "group", readOnly=True), "item[0].readOnly"),
        (fhir_item("a", "choice"), "item[0].answerOption"),
        (fhir_item("a", "choice", answerValueSet="http://x/v"), "item[0].answerValueSet"),
        (fhir_item("a", "choice", answerValueSet="#gone"), "item[0].answerValueSet"),
        (fhir_item("a", "boolean", maxLength=3), "item[0].maxLength"),
        (fhir_item("a", "string", definition="urn:d"), "item[0].definition"),
        (
            fhir_item("a", "choice", answerOption=[{"valueReference": {"reference": "x"}}]),
            "item[0].answerOption[0]",
        ),
        (fhir_item("a", "boolean", initial=[{"valueString": "x"}]), "item[0].initial[0].valueString"),
        (
            fhir_item("a", "string", initial=[{"valueString": "x"}, {"valueString": "y"}]),
            "item[0].initial[1]",
        ),
        (
            fhir_item("a", "string", code=[{"system": "http://helsenorge.no/x", "code": "1"}]),
            "item[0].code[0]",
        ),
        (
            fhir_item("a", "string", extension=[fhir_extension("regex", valueString="(?=a)")]),
            "item[0].extension[0]",
        ),
        (
            fhir_item("a", "string", extension=[fhir_extension("questionnaire-minOccurs", valueInteger=2)]),
            "item[0].extension[0]",
        ),
    ],
)
def test_what_cannot_be_kept_of_an_item_is_named(item: dict[str, object], path: str) -> None:
    assert path in [loss.path for loss in read(make_questionnaire(item)).losses]


@pytest.mark.parametrize(
    "url",
    [
        "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-initialExpression",
        "http://hl7.org/fhir/StructureDefinition/rendering-xhtml",
        "http://hl7.org/fhir/StructureDefinition/rendering-markdown",
        "http://helsenorge.no/fhir/StructureDefinition/sdf-sidebar",
        "http://helsenorge.no/fhir/StructureDefintion/sdf-itemControl-visibility",
        "http://ehelse.no/fhir/StructureDefinition/sdf-endpoint",
    ],
)
def test_known_extensions_that_nothing_here_can_do_say_why(url: str) -> None:
    (loss,) = read(make_questionnaire(fhir_item("a", "string", extension=[{"url": url}]))).losses
    assert loss.what == url
    assert "not understood" not in loss.why


CONDITION = {"question": "a", "operator": "="}


@pytest.mark.parametrize(
    ("target", "condition", "path"),
    [
        (fhir_item("a", "integer"), {"answerString": "4"}, "answerString"),
        (fhir_item("a", "date"), {"answerDate": "2020"}, "answerDate"),
        (fhir_item("a", "date"), {"answerInteger": "2022-09"}, "answerInteger"),
        (fhir_item("a", "group", item=[]), {"answerBoolean": True}, "answerBoolean"),
        (fhir_item("a", "boolean"), {"operator": ">", "answerBoolean": True}, "answerBoolean"),
        (fhir_choice("a", "x"), {"operator": ">", "answerCoding": {"code": "x"}}, "answerCoding"),
        (fhir_choice("a", "x"), {"answerCoding": {"system": "urn:other", "code": "x"}}, "answerCoding"),
        (fhir_item("a", "string"), {"answerReference": {"reference": "x"}}, "answerReference"),
    ],
)
def test_a_condition_that_cannot_be_kept_is_named(
    target: dict[str, object], condition: dict[str, object], path: str
) -> None:
    item = fhir_item("b", "string", enableWhen=[CONDITION | condition])
    assert [loss.path for loss in read(make_questionnaire(target, item)).losses] == [
        f"item[1].enableWhen[0].{path}"
    ]


def test_two_conditions_without_a_word_on_how_they_join_are_named() -> None:
    condition = CONDITION | {"answerBoolean": True}
    item = fhir_item("b", "string", enableWhen=[condition, condition])
    (loss,) = read(make_questionnaire(fhir_item("a", "boolean"), item)).losses
    assert loss.path == "item[1].enableBehavior"


def test_a_loss_is_accepted_by_its_path_and_every_one_must_be() -> None:
    tree = make_questionnaire(fhir_item("a", "attachment"), surprise=1)
    paths = tuple(loss.path for loss in read(tree).losses)
    assert paths == ("item[0].type", "surprise")
    assert read(tree, paths[:1]).instrument is None
    imported = read(tree, paths)
    assert imported.instrument is not None
    assert imported.losses == read(tree).losses


def test_losses_stand_in_the_order_of_the_document() -> None:
    items = [fhir_item(str(number), "string", surprise=1) for number in range(12)]
    paths = [loss.path for loss in read(make_questionnaire(*items)).losses]
    assert paths == [f"item[{number}].surprise" for number in range(12)]


def test_a_questionnaire_about_others_than_people_is_named() -> None:
    (loss,) = read(make_questionnaire(fhir_item("a", "string"), subjectType=["Device"])).losses
    assert loss.path == "subjectType"
