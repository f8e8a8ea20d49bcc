"""Markup, categories and controls beside a text: kept where they say no more than it, named where they do."""

import pytest

from instruments.definition import Translation
from instruments.translation import completeness
from instruments.versions import Instrument
from tests.builders.instruments import fhir_choice, fhir_extension, fhir_item
from tests.instruments.exchange.test_wider import control, read, texts, whole
from tests.instruments.exchange.test_writing import assert_comes_back

CATEGORIES = "http://hl7.org/fhir/questionnaire-display-category"


def marked(text: str, **markup: str) -> dict[str, object]:
    """An item with a text, and beside it the same with ``markdown`` or ``xhtml``."""
    values = {"markdown": "valueMarkdown", "xhtml": "valueString"}
    extensions = [
        fhir_extension(f"rendering-{name}", **{values[name]: said}) for name, said in markup.items()
    ]
    return fhir_item("a", "string", text=text, _text={"extension": extensions})


def category(code: str, *, kind: str = "display", **more: object) -> dict[str, object]:
    concept = {"coding": [{"system": CATEGORIES, "code": code}]}
    extension = fhir_extension("questionnaire-displayCategory", valueCodeableConcept=concept)
    return fhir_item("c", kind, extension=[extension], **more)


@pytest.mark.parametrize(
    "xhtml",
    [
        "<div xmlns='http://www.w3.org/1999/xhtml'><p>En <b>liten</b> tekst</p></div>",
        '<p style="color: red" class="x">En liten<br/>tekst</p>',
        "<ul><li>En</li><li>liten &#116;ekst</li></ul>",
        "En liten tekst",
    ],
)
def test_xhtml_that_only_formats_the_same_words_is_kept_and_comes_back(xhtml: str) -> None:
    instrument = whole(marked("En liten tekst", xhtml=xhtml))
    assert texts(instrument)["nb"]["a/xhtml"] == xhtml
    assert_comes_back(instrument)


@pytest.mark.parametrize(
    "xhtml",
    [
        "<p>En annen tekst</p>",
        "<p>En liten <a href='https://x.example'>tekst</a></p>",
        "<p>En liten tekst<img src='x.png'/></p>",
        "<p title='mer'>En liten tekst</p>",
        "<p>En <s>liten</s> tekst</p>",
        "<p>En<sup>liten</sup> tekst</p>",
        "<p style='background: URL(x.png)'>En liten tekst</p>",
        "<p style='display : none'>En liten tekst</p>",
        "<button>En liten tekst</button>",
        "<script>alert()</script>En liten tekst",
        "<!-- skjult -->En liten tekst",
        "",
    ],
)
def test_xhtml_that_says_more_or_other_is_named(xhtml: str) -> None:
    losses = read(marked("En liten tekst", xhtml=xhtml)).losses
    assert [(loss.path, loss.what) for loss in losses] == [("item[0]._text.extension[0]", "rendering-xhtml")]


def test_markdown_that_strikes_a_word_out_is_named() -> None:
    (loss,) = read(marked("En liten tekst", markdown="En ~~liten~~ tekst")).losses
    assert loss.what == "rendering-markdown"


def test_an_option_keeps_its_text_with_markup_and_comes_back() -> None:
    beside = {"extension": [fhir_extension("rendering-xhtml", valueString="<b>Svar</b> x")]}
    item = fhir_choice("a", "x", "y")
    item["answerOption"][0]["valueCoding"]["_display"] = beside  # type: ignore[index]
    plain = fhir_item("b", "choice", answerOption=[{"valueString": "Svar x", "_valueString": beside}])
    instrument = whole(item, plain)
    assert texts(instrument)["nb"]["a/x/xhtml"] == "<b>Svar</b> x"
    assert texts(instrument)["nb"]["b/Svar x/xhtml"] == "<b>Svar</b> x"
    assert_comes_back(instrument)


def test_a_language_without_the_markup_of_another_is_complete() -> None:
    beside = {"extension": [fhir_extension("rendering-markdown", valueMarkdown="**Spørsmål** a")]}
    translated = fhir_item("a", "string", _text=beside)
    instrument = whole(translated, title="En tittel", language="nb")
    words = {key: "x" for key in instrument.translations[0].texts if key != "a/markdown"}
    english = Translation(instrument_id="i", language="en", version="1", texts=words)
    both = completeness(instrument.structure, (*instrument.translations, english))
    assert [one.missing for one in both] == [(), ()]


@pytest.mark.parametrize("code", ["instructions", "security"])
def test_what_a_text_is_for_is_noted(code: str) -> None:
    imported = read(category(code), fhir_item("a", "string"))
    assert imported.losses == ()
    assert f"the category {code!r} of a text" in [note.what for note in imported.notes]


def test_a_text_that_is_help_is_shown_as_the_help_of_its_item() -> None:
    instrument = whole(fhir_item("a", "string", item=[category("help")]))
    assert instrument.presentation.controls == {"c": "help"}
    assert_comes_back(instrument)


def test_a_category_of_another_kind_or_on_a_question_is_lost() -> None:
    assert [loss.path for loss in read(category("other"), fhir_item("a", "string")).losses] == [
        "item[0].extension[0].valueCodeableConcept.coding[0]"
    ]
    assert [loss.path for loss in read(category("help", kind="string")).losses] == ["item[0].extension[0]"]


def test_check_boxes_of_a_choice_with_one_answer_are_kept_and_noted() -> None:
    def boxes(**more: object) -> dict[str, object]:
        return fhir_choice("a", "x", "y", extension=[control("check-box")], **more)

    for item, count in ((boxes(), 1), (boxes(repeats=True), 0)):
        instrument = whole(item)
        assert instrument.presentation.controls == {"a": "check-box"}
        assert [note.what for note in read(item).notes].count("check boxes") == count
        assert_comes_back(instrument)


def test_a_code_without_a_code_says_nothing_and_is_noted() -> None:
    imported = read(fhir_item("a", "string", code=[{"system": "urn:x", "display": "Ord"}]))
    assert imported.losses == ()
    assert "item[0].code[0]" in [note.path for note in imported.notes]


def test_a_comment_in_the_file_is_noted_wherever_it_stands() -> None:
    imported = read(fhir_item("a", "string", fhir_comments=["for those who read"]))
    assert imported.losses == ()
    assert "item[0].fhir_comments" in [note.path for note in imported.notes]


def test_brackets_go_out_as_an_expression_that_other_systems_read() -> None:
    instrument: Instrument = whole(
        fhir_item("b", "boolean"),
        fhir_item("n", "integer"),
        fhir_item(
            "asked",
            "string",
            extension=[
                fhir_extension(
                    "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-enableWhenExpression",
                    valueExpression={
                        "language": "text/fhirpath",
                        "expression": "%resource.item.where(linkId='b').answer.value = true and "
                        "(%resource.item.where(linkId='n').answer.value > 4 or "
                        "%resource.item.where(linkId='n').answer.empty())",
                    },
                )
            ],
        ),
    )
    tree = assert_comes_back(instrument)
    urls = [extension["url"] for extension in tree["item"][2]["extension"]]  # type: ignore[index]
    assert [url.rpartition("-")[2] for url in urls] == ["enableWhenExpression"]
