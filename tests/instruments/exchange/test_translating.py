"""Texts go to a translator and come back as they are: XLIFF and CSV."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from instruments.exchange.translation_table import read_table, write_table
from instruments.exchange.translation_units import MAX_BYTES, InvalidTranslationError, units_of
from instruments.exchange.xliff import Translated, read_xliff, write_xliff
from instruments.translation_status import (
    SOURCE_CHANGED,
    STATES,
    Standing,
    TranslationStatus,
    empty_status,
    marked,
    standings,
)
from instruments.versions import Instrument
from tests.builders.instruments import choice, make_instrument

EVERYDAY = Path(__file__).parents[3] / "api" / "demo" / "documents" / "everyday-life.json"
NS = "{urn:oasis:names:tc:xliff:document:2.0}"
AWKWARD = (
    "Čáhppes áđđejupmi ŋ š ŧ ž", "מה שלומך? \u200fabc\u200e", "كيف حالك؟", "e\u0301 and é", " at both ends ",
    'quotes " and \' and <b> & ]]>', "line\r\nbreak\rand\ttab\n", "\x0b\x1f\ufffe", "🙂🏽",
    "=1+1", "'=1", "'", "-",
)  # fmt: skip


class Form(NamedTuple):
    write: Callable[..., bytes]
    read: Callable[..., Translated]


FORMS = {"xliff": Form(write_xliff, read_xliff), "csv": Form(write_table, read_table)}
forms = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
texts = st.sampled_from(AWKWARD) | st.text(st.characters(exclude_categories=("Cs",)), max_size=30)


def bilingual(source: list[str], target: list[str]) -> Instrument:
    """An instrument of three texts in Bokmål and Northern Sámi."""
    made = make_instrument(choice("a", "x"), languages=("nb", "se"))
    keys = list(made.translations[0].texts)
    pairs = zip(made.translations, (source, target), strict=True)
    return replace(
        made,
        translations=tuple(replace(one, texts=dict(zip(keys, said, strict=True))) for one, said in pairs),
    )


def with_states(instrument: Instrument, found: list[Standing]) -> TranslationStatus:
    """The three texts in Northern Sámi in these states, as far as there is a text."""
    texts = instrument.translations[1].texts
    said = {key: one for (key, text), one in zip(texts.items(), found, strict=True) if text.strip()}
    return marked(instrument, empty_status(instrument, "se"), "nb", said)


standing = st.builds(
    Standing, st.sampled_from(STATES), st.sampled_from(["", "tool:fuzzy", "=x:1+1", "x:áđ<&>"])
)


@forms
@given(*(st.lists(each, min_size=3, max_size=3) for each in (texts, texts, standing)))
@settings(max_examples=80, deadline=None)
def test_what_goes_out_comes_back_byte_for_byte_and_in_the_same_states(
    form: Form, source: list[str], target: list[str], found: list[Standing]
) -> None:
    instrument = bilingual(source, target)
    status = with_states(instrument, found)
    written = form.write(instrument, "nb", "se", status)
    for known in ({}, {"se": status}):
        read = form.read(written, instrument, known)
        assert read.language == "se"
        assert units_of(read.instrument, "nb", "se", read.status) == units_of(instrument, "nb", "se", status)
        assert form.write(read.instrument, "nb", "se", read.status) == written


@forms
def test_a_text_that_fell_back_says_so_to_the_translator_until_its_state_is_said_anew(form: Form) -> None:
    before = bilingual(["One", "Two", "Three"], ["Okta", "Guokte", "Golbma"])
    status = with_states(before, [Standing("final")] * 3)
    after = bilingual(["One", "Two", "Another"], ["Okta", "Guokte", "Golbma"])
    written = form.write(after, "nb", "se", status)
    assert written.count(b"initial") == written.count(SOURCE_CHANGED.encode()) == 1
    assert form.read(written, after, {"se": status}).status == status
    renewed = form.read(written.replace(b"initial", b"reviewed"), after, {"se": status})
    assert standings(after, renewed.status) == {
        "title": Standing("final"),
        "a": Standing("final"),
        "a/x": Standing("reviewed"),
    }


def test_a_table_without_states_is_read_and_what_has_a_text_is_translated() -> None:
    plain = "key,nb,se\r\ntitle,One,Okta\r\na,Two,\r\n"
    read = read_table(plain.encode(), INSTRUMENT)
    assert standings(read.instrument, read.status) == {"title": Standing("translated")}


def test_a_unit_that_a_tool_has_cut_up_is_where_the_least_of_its_segments_is() -> None:
    whole = '<segment state="translated"><source>One</source><target>Okta</target></segment>'
    parts = (
        '<segment state="final"><source>O</source><target>Ok</target></segment>'
        '<segment state="reviewed"><source>ne</source><target>ta</target></segment>'
    )
    assert whole in XLIFF
    read = read_xliff(XLIFF.replace(whole, parts).encode(), INSTRUMENT)
    assert read.instrument.translations[1].texts == {"title": "Okta"}
    assert standings(read.instrument, read.status) == {"title": Standing("reviewed")}


@forms
def test_a_new_language_begins_empty_and_takes_only_what_was_translated(form: Form) -> None:
    instrument = msgspec.json.decode(EVERYDAY.read_bytes(), type=Instrument)
    written = form.write(instrument, "nb", "ar")
    read = form.read(written, instrument)
    assert read.texts == 0
    title = instrument.translations[0].texts["title"]
    if form.read is read_table:
        filled = written.replace(f"title,{title},".encode(), f"title,{title},عنوان".encode(), 1)
    else:
        source = f"<source>{title}</source>"
        filled = written.replace(source.encode(), f"{source}<target>عنوان</target>".encode(), 1)
    after = form.read(filled, instrument).instrument
    assert [one.texts for one in after.translations if one.language == "ar"] == [{"title": "عنوان"}]
    assert after.structure == instrument.structure


def test_the_file_is_xliff_and_says_the_direction() -> None:
    instrument = msgspec.json.decode(EVERYDAY.read_bytes(), type=Instrument)
    root = ET.fromstring(write_xliff(instrument, "nb", "he"))  # noqa: S314 - our own
    file = root.find(f"{NS}file")
    assert file is not None
    assert (root.get("version"), root.get("srcLang"), root.get("trgLang")) == ("2.1", "nb", "he")
    assert (file.get("srcDir"), file.get("trgDir")) == ("ltr", "rtl")
    ids = [one.get("id", "") for one in file]
    assert len(set(ids)) == len(ids) == len(units_of(instrument, "nb", "he"))
    assert all(re.fullmatch(r"[A-Za-z0-9._:-]+", one) for one in ids)
    for unit in file:
        assert [part.tag for part in unit] == [f"{NS}segment"]
        assert unit[0].get("state") == "initial"
        assert [part.tag for part in unit[0]] == [f"{NS}source"]


INSTRUMENT = bilingual(["One", "Two", "Three"], ["Okta", "", ""])
XLIFF = write_xliff(INSTRUMENT, "nb", "se").decode()
TABLE = write_table(INSTRUMENT, "nb", "se").decode()
FIRST = re.search(r"<unit .*</unit>\n", XLIFF)
BOMB = '<!DOCTYPE x [<!ENTITY a "b">]>'


@pytest.mark.parametrize(
    ("content", "place", "rule"),
    [
        ("", "xliff", "no XML"),
        ("<xliff/>", "xliff", "2.0 or 2.1"),
        (XLIFF.replace("<xliff", f"{BOMB}<xliff"), "xliff", "entities"),
        (XLIFF.replace(' trgLang="se"', ""), "xliff", "trgLang"),
        (XLIFF.replace('trgLang="se"', 'trgLang="nb"'), "nb", "translated from"),
        (XLIFF.replace('srcLang="nb"', 'srcLang="en"'), "en", "no language"),
        (re.sub('original="[^"]*"', 'original="other|1"', XLIFF), "file", "another version"),
        (XLIFF.replace(">One<", ">Uno<"), "title", "another text"),
        (XLIFF.replace('id="k-', 'id="k-ff', 1), "k-ff", "no id"),
        (XLIFF.replace('id="k-7469746c65"', 'id="k-7a"'), "z", "no text of this instrument"),
        (XLIFF.replace("<source>One</source>", ""), "title", "no source"),
        (XLIFF.replace("Okta", 'Ok<ph id="1"/>ta'), "title", "plain text"),
        (XLIFF.replace("Okta", '<cp hex="110000"/>'), "title", "plain text"),
        (XLIFF.replace('state="translated"', 'state="signed-off"'), "title", "initial, translated, reviewed"),
        (XLIFF.replace('state="translated"', 'subState="x:y"'), "title", "without a state"),
        (XLIFF.replace('state="translated"', 'state="final" subState="xy"'), "title", "prefix:value"),
        (XLIFF.replace('state="initial"', 'state="final"', 1), "a", "is final and has no text"),
        (XLIFF.replace("Okta", "a" * MAX_BYTES), "xliff", "longer than"),
        (XLIFF.replace("</file>", f"{FIRST[0] if FIRST else ''}</file>"), "title", "twice"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_by_place_and_rule(content: str, place: str, rule: str) -> None:
    with pytest.raises(InvalidTranslationError) as refused:
        read_xliff(content.encode(), INSTRUMENT)
    assert refused.value.path.startswith(place)
    assert rule in refused.value.rule


@pytest.mark.parametrize(
    ("content", "place", "rule"),
    [
        (b"\xff", "the table", "UTF-8"),
        (b"", "row 1", "must be"),
        (b"key,nb\n", "row 1", "must be"),
        (TABLE.replace("key,nb,se", "key,nb,nb").encode(), "nb", "translated from"),
        (TABLE.replace("One", "Uno").encode(), "title", "another text"),
        ((TABLE + "title,One,Guokte,,\r\n").encode(), "title", "twice"),
        ((TABLE + "nothing,One,Guokte,,\r\n").encode(), "nothing", "no text"),
        ((TABLE + "a,b\r\n").encode(), "row 5", "5 cells"),
        (TABLE.replace("translated", "done").encode(), "title", "initial, translated, reviewed"),
        (TABLE.replace("translated,", ",x:y").encode(), "title", "without a state"),
        (TABLE.replace("translated,", f"final,x:{'y' * 200}").encode(), "title", "prefix:value"),
        (TABLE.replace("Three,,", "Three,,final").encode(), "a/x", "is final and has no text"),
        (TABLE.replace("state,", "status,").encode(), "row 1", "state, subState"),
        ((TABLE + "nothing,,,final,\r\n").encode(), "nothing", "no text of this instrument"),
        (TABLE.encode() + b"a" * MAX_BYTES, "the table", "longer than"),
        ((TABLE + '"a').encode(), "the table", "no CSV"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_by_row_or_key(content: bytes, place: str, rule: str) -> None:
    with pytest.raises(InvalidTranslationError) as refused:
        read_table(content, INSTRUMENT)
    assert refused.value.path.startswith(place)
    assert rule in refused.value.rule


def test_a_table_with_semicolons_is_read_too() -> None:
    read = read_table(TABLE.replace(",", ";").encode(), INSTRUMENT)
    assert units_of(read.instrument, "nb", "se") == units_of(INSTRUMENT, "nb", "se")


def test_no_cell_is_a_formula() -> None:
    written = write_table(bilingual(["=1", "+1", "@x"], ["-1", "\t1", "'=x"]), "nb", "se").decode()
    cells = [cell for row in written.splitlines()[1:] for cell in row.split(",")[1:]]
    assert all(not cell.strip('"').startswith(("=", "+", "-", "@", "\t")) for cell in cells)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_is_no_translation_is_refused_in_one_sentence(content: bytes) -> None:
    for form in FORMS.values():
        with pytest.raises(InvalidTranslationError):
            form.read(content, INSTRUMENT)


def test_keys_of_the_demonstrations_instrument_come_in_the_order_of_the_questions() -> None:
    instrument = msgspec.json.decode(EVERYDAY.read_bytes(), type=Instrument)
    keys = [unit.key for unit in units_of(instrument, "nb", "nn")]
    assert keys[0] == "title"
    items = [item["item_id"] for item in json.loads(EVERYDAY.read_bytes())["structure"]["items"]]
    found = [key for key in keys if key in items]
    assert found == [item for item in items if item in found]
