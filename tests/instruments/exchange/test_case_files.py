"""Published questionnaires that nobody here wrote, as they are: what of them is named as lost."""

import re
from collections.abc import Collection
from math import exp, log
from pathlib import Path
from typing import NamedTuple

import pytest

from instruments.answers import Answers
from instruments.calculation import complete
from instruments.definition import Value, every_item
from instruments.exchange.fhir import read_questionnaire

FOLDER = Path(__file__).parents[4] / "shared" / "cases" / "questionnaires"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the published questionnaires are not here")


class Expected(NamedTuple):
    """How many items a file has, how many losses beside expressions, and some of them by path."""

    items: int
    losses: int
    among: dict[str, str]


EXPRESSION = re.compile("cqf-expression")
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
HL7 = "http://hl7.org/fhir/StructureDefinition/"
HELSENORGE = "http://helsenorge.no/fhir/StructureDefinition/"
HELSENORGES_PAGE = {
    "extension[0]": HELSENORGE + "sdf-sidebar",
    "extension[1]": HELSENORGE + "sdf-information-message",
    "extension[2]": "http://helsenorge.no/fhir/StructureDefintion/sdf-itemControl-visibility",
}

FILES = {
    "bit-of-everything": Expected(
        19,
        14,
        {
            "item[0].item[10].type": "the type reference",
            "item[0].item[11].type": "the type attachment",
            "item[0].item[12].extension[0]": "one of several units",
            "item[0].item[14].answerValueSet": "http://fhir.telstrahealth.com.au/tcm/ValueSet/ARE",
        },
    ),
    "calculated-expression": Expected(
        12,
        5,
        {
            "extension[0]": "an expression",
            "extension[1]": "an expression",
            "item[7].extension[0]": "a calculation",
            "item[8].extension[0]": "a calculation",
            "item[9].repeats": "a repeating group",
        },
    ),
    "choice-matrix-valueset": Expected(16, 0, {}),
    "cvd-risk": Expected(
        18, 15, {"contained[0]": "a contained Bundle", "extension[0]": SDC + "launchContext"}
    ),
    "enable-when": Expected(
        85,
        1,
        {"item[13].item[2].extension[0]": "an expression"},
    ),
    "family-health-portrait": Expected(
        33, 16, {"item[0].item[0].item[0]._text.extension[0]": "rendering-xhtml"}
    ),
    "health-check-187": Expected(
        187,
        55,
        {
            "item[0].item[12].item[1].enableWhen[1]": "a condition",
            "item[0].item[22].item[4].item[0].definition": "the field definition",
        },
    ),
    "hidden-items": Expected(17, 0, {}),
    "norwegian-choice-slider": Expected(2, 3, HELSENORGES_PAGE),
    "norwegian-code-scoring": Expected(
        24,
        12,
        HELSENORGES_PAGE
        | {
            "item[3].item[0].code[0]": "the code 'QS'",
        },
    ),
    "norwegian-nested-repeats": Expected(
        4,
        8,
        {
            "item[0].repeats": "a repeating group",
            "item[0].item[2].type": "the type attachment",
        },
    ),
    "norwegian-table-branches": Expected(
        33,
        15,
        HELSENORGES_PAGE
        | {
            "item[1].item[0].item[0].enableBehavior": "2 conditions without enableBehavior",
            "item[1].item[0].item[0].enableWhen[0].answerCoding": "an option by another code system",
        },
    ),
    "norwegian-validation": Expected(
        9,
        3,
        HELSENORGES_PAGE,
    ),
    "phq9-loinc": Expected(
        11,
        13,
        {
            "item[0].extension[2]": SDC + "observationLinkPeriod",
        },
    ),
    "quantity-units": Expected(8, 16, {"item[4].extension[0]": "one of several units"}),
}


def content_of(name: str) -> bytes:
    return (FOLDER / f"{name}.json").read_bytes()


def paths_of(name: str) -> Collection[str]:
    return {loss.path for loss in read_questionnaire(content_of(name)).losses}


def test_every_published_file_is_expected_here() -> None:
    assert {file.stem for file in FOLDER.glob("*.json")} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_of_a_published_file_each_loss_is_named(name: str) -> None:
    imported = read_questionnaire(content_of(name))
    expected = FILES[name]
    others = [loss for loss in imported.losses if not EXPRESSION.search(loss.what)]
    named = {loss.path: loss.what for loss in imported.losses}
    assert (imported.instrument is None) is bool(imported.losses)
    assert (imported.items, len(others)) == (expected.items, expected.losses)
    assert expected.among.items() <= named.items()
    assert all(loss.why for loss in imported.losses)


@pytest.mark.parametrize("name", FILES)
def test_with_its_losses_accepted_a_published_file_keeps_every_item(name: str) -> None:
    imported = read_questionnaire(content_of(name), paths_of(name))
    assert imported.instrument is not None
    assert len(list(every_item(imported.instrument.structure))) == FILES[name].items


def test_the_scores_of_the_published_options_are_kept() -> None:
    imported = read_questionnaire(content_of("phq9-loinc"), paths_of("phq9-loinc"))
    assert imported.instrument is not None
    first = imported.instrument.structure.items[0]
    assert [option.score for option in first.options] == [0, 1, 2, 3]


def test_the_published_branches_are_kept() -> None:
    imported = read_questionnaire(content_of("enable-when"), paths_of("enable-when"))
    assert imported.instrument is not None
    branched = [item for item in every_item(imported.instrument.structure) if item.branch is not None]
    assert len(branched) == 55


def test_the_published_pattern_lengths_and_error_texts_are_kept() -> None:
    imported = read_questionnaire(content_of("norwegian-validation"), paths_of("norwegian-validation"))
    assert imported.instrument is not None
    address = imported.instrument.structure.items[0].items[0]
    assert address.pattern is not None
    assert (address.min_length, address.max_length) == (5, 20)
    assert f"{address.item_id}/error" in imported.instrument.translations[0].texts


def calculated(name: str, answers: dict[str, tuple[Value, ...]]) -> dict[str, tuple[Value, ...]]:
    """What the published file calculates from the answers."""
    imported = read_questionnaire(content_of(name), paths_of(name))
    assert imported.instrument is not None
    values = complete(imported.instrument.structure, Answers(answers)).values
    return {item_id: value for item_id, value in values.items() if item_id not in answers}


def test_a_published_total_is_calculated_from_the_numbers_of_its_options() -> None:
    imported = read_questionnaire(content_of("phq9-loinc"), paths_of("phq9-loinc"))
    assert imported.instrument is not None
    asked = [item for item in imported.instrument.structure.items if len(item.options) == 4][:9]
    second = {item.item_id: (item.options[2].code,) for item in asked}
    assert [*calculated("phq9-loinc", second).values()] == [(18.0,)]
    assert calculated("phq9-loinc", {}) == {}


def test_a_published_risk_is_calculated_through_its_thirty_variables() -> None:
    answers: dict[str, tuple[Value, ...]] = {
        "weight": (81,), "height": (180,), "age": (60,), "gender": ("male",), "systolic-bp": (140,),
        "current-smoker": (False,), "tot-chol": (5.5,), "hdl-chol": (1.1,), "has-diabetes": (False,),
        "ecg-lvh": (False,), "aboriginal-tsi": (False,),
    }  # fmt: skip
    # Anderson et al. 1991, doi:10.1016/0002-8703(91)90861-B, with the coefficients that the file gives.
    sum_of = 18.8144 - 1.8443 * log(60) - 1.4032 * log(140) - 0.539 * log(5.5 / 1.1)
    risk = (1 - exp(-exp((log(5) - sum_of) / exp(0.6536 - 0.2402 * sum_of)))) * 100
    values = calculated("cvd-risk", answers)
    assert {value for one in values.values() for value in one} >= {25.0, round(risk)}


def test_published_sums_over_everything_beneath_are_calculated() -> None:
    answers: dict[str, tuple[Value, ...]] = {"2.1": (3,), "2.2": (4,), "1.1": (2,), "1.2": (5,)}
    sums = {value for one in calculated("norwegian-code-scoring", answers).values() for value in one}
    assert sums == {7}
