"""An XLSForm is read whole, or what is not understood is named by sheet, row and column."""

from collections.abc import Sequence

import pytest

from instruments.answers import Answers, check
from instruments.calculation import complete
from instruments.definition import Item, every_item
from instruments.exchange import Loss, read_questionnaire, write_questionnaire
from instruments.exchange.xlsform import read_xlsform
from instruments.expressions import Outline, enabled
from instruments.translation import completeness
from instruments.versions import Instrument, check_instrument
from tests.builders.xlsform import YES_NO, Cells, question, xlsform

END = question("end group")


def whole(*survey: Cells, choices: Sequence[Cells] = YES_NO, settings: Sequence[Cells] = ()) -> Instrument:
    imported = read_xlsform(xlsform(*survey, choices=choices, settings=settings))
    assert imported.losses == ()
    assert imported.instrument is not None
    check_instrument(imported.instrument)
    return imported.instrument


def item(instrument: Instrument, name: str) -> Item:
    (found,) = [one for one in every_item(instrument.structure) if one.item_id == name]
    return found


def texts(instrument: Instrument, language: str) -> dict[str, str]:
    (found,) = [one.texts for one in instrument.translations if one.language == language]
    return found


def losses(*survey: Cells, **sheets: Sequence[Cells]) -> list[Loss]:
    """What is lost of a form, which is refused until that is accepted and then imported."""
    content = xlsform(*survey, **sheets)
    refused = read_xlsform(content)
    assert refused.instrument is None
    accepted = read_xlsform(content, {loss.path for loss in refused.losses})
    assert accepted.instrument is not None
    check_instrument(accepted.instrument)
    assert all(loss.what and loss.why for loss in refused.losses)
    return list(refused.losses)


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("text", "string"),
        ("integer", "integer"),
        ("decimal", "decimal"),
        ("date", "date"),
        ("time", "time"),
        ("dateTime", "date-time"),
        ("note", "display"),
        ("range", "integer"),
        ("select_one yes_no", "choice"),
        ("select one from yes_no", "choice"),
        ("select_multiple yes_no", "choice"),
        ("acknowledge", "choice"),
    ],
)
def test_each_type_is_its_kind_of_item(written: str, kind: str) -> None:
    assert item(whole(question(written, "a")), "a").kind == kind


def test_options_keep_their_codes_order_and_numbers() -> None:
    choices = [
        {"list_name": "l", "name": -1, "label": "Less"},
        {"list_name": "l", "name": 1.5, "label": "More"},
        {"list_name": "l", "name": "none", "label": "None"},
    ]
    options = item(whole(question("select_multiple l", "a"), choices=choices), "a").options
    assert [(option.code, option.score) for option in options] == [("-1", -1), ("1.5", 1.5), ("none", None)]


def test_relevant_shows_an_item_on_the_answers_it_names() -> None:
    relevant = "${a} = 1 and (${b} > 2 or selected(${c}, '1')) and not(${d} = '')"
    instrument = whole(
        question("select_one yes_no", "a"),
        question("integer", "b"),
        question("select_multiple yes_no", "c"),
        question("text", "d"),
        question("text", "e", relevant=relevant),
    )
    outline = Outline(instrument.structure)
    for values, shown in (
        ({"a": ("1",), "b": (3,), "d": ("x",)}, True),
        ({"a": ("1",), "b": (2,), "d": ("x",)}, False),
        ({"a": ("1",), "b": (0,), "c": ("0", "1"), "d": ("x",)}, True),
        ({"a": ("0",), "b": (3,), "d": ("x",)}, False),
        ({"a": ("1",), "b": (3,)}, False),
    ):
        assert enabled(outline, values)["e"] is shown


def test_a_group_that_is_not_relevant_takes_its_items_with_it() -> None:
    instrument = whole(
        question("select_one yes_no", "a"),
        question("begin group", "g", relevant="${a} = '1'"),
        question("text", "b"),
        END,
    )
    outline = Outline(instrument.structure)
    assert enabled(outline, {"a": ("1",)})["b"]
    assert not enabled(outline, {"a": ("0",)})["b"]


@pytest.mark.parametrize(
    ("kind", "constraint", "fit", "unfit"),
    [
        ("integer", ". >= 0 and . < 10", (0, 9), (-1, 10)),
        ("integer", "-5 < . and 10 >= .", (-4, 10), (-5, 11)),
        ("decimal", ". >= 0.5 and . <= 1.5", (0.5, 1.5), (0.4, 1.6)),
        (
            "date",
            ". > date('2020-01-31') and . <= '2020-12-31'",
            ("2020-02-01",),
            ("2020-01-31", "2021-01-01"),
        ),
        ("text", "regex(., '[a-c]+')", ("abc",), ("abd", "")),
        ("text", "string-length(.) > 1 and string-length(.) <= 3", ("ab", "abc"), ("a", "abcd")),
        ("text", "string-length(.) = 2", ("ab",), ("a", "abc")),
    ],
)
def test_a_constraint_of_bounds_refuses_the_answers_outside_them(
    kind: str, constraint: str, fit: tuple[str, ...], unfit: tuple[str, ...]
) -> None:
    structure = whole(question(kind, "a", constraint=constraint)).structure
    assert all(check(structure, Answers({"a": (value,)})) == [] for value in fit)
    assert all(check(structure, Answers({"a": (value,)})) != [] for value in unfit)


def test_a_constraint_can_say_that_an_option_rules_out_the_others() -> None:
    constraint = "not(selected(., '0') and count-selected(.) > 1)"
    structure = whole(question("select_multiple yes_no", "a", constraint=constraint)).structure
    assert check(structure, Answers({"a": ("1",)})) == []
    assert [fault.rule for fault in check(structure, Answers({"a": ("0", "1")}))] == ["exclusive-option"]


def test_a_calculation_is_reckoned_hidden_and_takes_no_answer() -> None:
    instrument = whole(
        question("integer", "a"),
        question("calculate", "b", label=None, calculation="round(${a} div 2, 1) + 1"),
    )
    calculated = item(instrument, "b")
    assert calculated.hidden
    assert calculated.read_only
    assert complete(instrument.structure, Answers({"a": (5,)})).values["b"] == (3.5,)


def test_a_range_is_a_slider_with_its_ends_and_step() -> None:
    instrument = whole(
        question("range", "a", parameters="start=1 end=5 step=0.5"),
        question("range", "b", parameters="end = 100"),
    )
    assert [
        (one.minimum, one.maximum, one.step) for one in (item(instrument, "a"), item(instrument, "b"))
    ] == [
        (1, 5, 0.5),
        (0, 100, 1),
    ]
    assert instrument.presentation.controls == {"a": "slider", "b": "slider"}


def test_wording_stands_in_each_language_under_its_tag() -> None:
    instrument = whole(
        {
            "type": "integer", "name": "a", "label::English (en)": "One", "label::Norsk (nb)": "En",
            "hint::Norsk (nb)": "Et tall", "constraint": ". > 0", "constraint_message::English (en)": "Low",
        },
        {"type": "select_one l", "name": "b", "label::English (en)": "Two", "label::Norsk (nb)": "To"},
        choices=[{"list_name": "l", "name": "x", "label::English (en)": "Ex", "label::Norsk (nb)": "Eks"}],
        settings=[{"form_title": "Title", "default_language": "Norsk (nb)"}],
    )  # fmt: skip
    assert [one.language for one in instrument.translations] == ["nb", "en"]
    assert texts(instrument, "en") == {"a": "One", "a/error": "Low", "b": "Two", "b/x": "Ex"}
    assert texts(instrument, "nb") == {
        "title": "Title", "a": "En", "a/help": "Et tall", "b": "To", "b/x": "Eks",
    }  # fmt: skip


def test_the_form_id_and_its_version_are_the_instruments() -> None:
    structure = whole(question("text", "a"), settings=[{"form_id": "a form", "version": 3}]).structure
    assert (structure.instrument_id, structure.version) == ("urn:xlsform:a%20form", "3")


def test_appearances_are_controls_and_orientation() -> None:
    shown = whole(
        question("select_one yes_no", "a", appearance="likert"),
        question("select_one yes_no", "b", appearance="minimal"),
        question("select_one yes_no", "c", appearance="minimal autocomplete"),
        question("begin group", "g", appearance="field-list"),
        question("text", "d"),
        END,
        question("begin group", "t", appearance="table-list"),
        question("select_one yes_no", "e"),
        question("select_one yes_no", "f"),
        END,
    ).presentation
    assert shown.controls == {"b": "drop-down", "c": "autocomplete", "g": "page", "t": "table"}
    assert shown.orientation == {"a": "horizontal"}


def test_rules_beside_the_question_are_kept() -> None:
    instrument = whole(
        question("text", "a", required="yes", default="x", appearance="multiline"),
        question("integer", "b", read_only="TRUE", default=3),
        question("select_multiple yes_no", "c", default="1 0"),
        question("hidden", "d", default="z", label=None),
        question("text", "e", relevant="false()"),
    )
    assert (item(instrument, "a").required, item(instrument, "a").initial, item(instrument, "a").kind) == (
        True, "x", "text",
    )  # fmt: skip
    assert (item(instrument, "b").read_only, item(instrument, "b").initial) == (True, 3)
    assert (item(instrument, "c").initial, item(instrument, "c").further_initial) == ("1", ("0",))
    assert (item(instrument, "d").hidden, item(instrument, "d").initial) == (True, "z")
    assert item(instrument, "e").hidden


def test_when_it_was_filled_in_is_noted_and_who_did_is_lost() -> None:
    imported = read_xlsform(
        xlsform(question("start", "start"), question("username", "who"), question("text", "a"), choices=())
    )
    assert [note.path for note in imported.notes] == ["survey row 2 (start): type"]
    assert [loss.path for loss in imported.losses] == ["survey row 3 (who): type"]


A = question("select_one yes_no", "b")


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (question("image", "a"), "type"),
        (question("geopoint", "a"), "type"),
        (question("rank yes_no", "a"), "type"),
        (question("select_one_from_file x.csv", "a"), "type"),
        (question("no such type", "a"), "type"),
        (question("select_one yes_no or_other", "a"), "type"),
        (question("text", "a", relevant="today() > '2020-01-01'"), "relevant"),
        (question("text", "a", relevant="((("), "relevant"),
        (question("text", "a", relevant="../x = 1"), "relevant"),
        (question("integer", "a", constraint=". < ${b}"), "constraint"),
        (question("decimal", "a", constraint=". > 0"), "constraint"),
        (question("date", "a", constraint=". <= today()"), "constraint"),
        (question("text", "a", constraint="regex(., '(?=a)')"), "constraint"),
        (question("text", "a", required="${b} = 1"), "required"),
        (question("text", "a", required="yes", required_message="Needed"), "required_message"),
        (question("text", "a", read_only="${b} = 1"), "read_only"),
        (question("date", "a", default="today()"), "default"),
        (question("integer", "a", default="x"), "default"),
        (question("select_one yes_no", "a", choice_filter="x = ${b}"), "choice_filter"),
        (question("select_one yes_no", "a", parameters="randomize=true"), "parameters"),
        (question("select_one yes_no", "a", appearance="map"), "appearance"),
        (question("calculate", "a", calculation="concat(${b}, 'x')"), "calculation"),
        (question("text", "a", calculation="${b} + 1"), "calculation"),
        (question("text", "a", **{"media::image": "a.png"}), "image"),
        (question("text", "a", **{"audio::English (en)": "a.mp3"}), "audio::English (en)"),
        (question("text", "a", **{"label::Klingon": "x"}), "label::Klingon"),
        (question("text", "a", label="<b>Bold</b>"), "label"),
        (question("text", "a", label="**Bold**"), "label"),
        (question("text", "a", label="Hello ${b}"), "label"),
        (question("text", "a", trigger="${b}"), "trigger"),
        (question("text", "a", unheard_of="x"), "unheard_of"),
    ],
)
def test_what_is_not_understood_is_named_by_sheet_row_and_column(row: Cells, column: str) -> None:
    assert [loss.path for loss in losses(A, row)] == [f"survey row 3 (a): {column}"]


def test_flags_that_say_no_are_understood_on_every_row_as_kobo_writes_them() -> None:
    no = {"required": "false", "read_only": False}
    instrument = whole(
        question("begin_group", "g", **no),
        question("note", "a", **no),
        question("integer", "b", **no),
        question("end_group", label=None, **no),
    )
    assert not item(instrument, "b").required


def test_what_is_said_without_a_label_is_said_in_each_language() -> None:
    instrument = whole(
        {"type": "acknowledge", "name": "a", "label::English (en)": "One", "label::Norsk (nb)": "En"},
        {"type": "select_one l", "name": "b", "label::English (en)": "Two", "label::Norsk (nb)": "To"},
        choices=[
            {"list_name": "l", "name": "7"},
            {"list_name": "l", "name": "x", "label::English (en)": "Ex", "label::Norsk (nb)": "Eks"},
        ],
    )
    found = completeness(instrument.structure, instrument.translations)
    assert [one.missing for one in found] == [("title",), ("title",)]


def test_a_repeat_is_lost_and_its_questions_are_asked_once() -> None:
    lost = losses(question("begin repeat", "g"), question("text", "a"), question("end repeat"))
    assert [loss.path for loss in lost] == ["survey row 2 (g): type"]


def test_choices_settings_and_sheets_name_their_losses_too() -> None:
    lost = losses(
        question("select_one l", "a"),
        choices=[
            {"list_name": "l", "name": "x", "label": "Ex", "media::image": "x.png", "district": "north"}
        ],
        settings=[{"form_title": "Title", "unheard_of": "x"}],
        entities=[{"list_name": "trees"}],
    )
    assert [loss.path for loss in lost] == [
        "settings row 2: unheard_of",
        "choices row 2 (x): image",
        "entities",
    ]


def test_an_imported_form_goes_out_as_fhir_and_comes_back_the_same() -> None:
    instrument = whole(
        question("begin group", "g", appearance="field-list", relevant="selected(${b}, '1') or ${c} > 3"),
        question("text", "a", constraint="regex(., '[a-z]+')", constraint_message="Letters", hint="Help"),
        END,
        question("select_multiple yes_no", "b", appearance="likert"),
        question("range", "c", parameters="start=0 end=10"),
        question("calculate", "d", label=None, calculation="${c} * 2"),
        question("acknowledge", "e"),
        settings=[{"form_id": "f", "version": "1", "form_title": "Title", "default_language": "en"}],
    )
    read = read_questionnaire(write_questionnaire(instrument))
    assert read.losses == ()
    assert read.instrument == instrument
