"""A file that is no XLSForm, or one made to do harm, is one error; a form is an import, whatever it holds, or
one error.
"""

import contextlib
import io
import zipfile
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments.exchange import InvalidQuestionnaireError
from instruments.exchange.fhir import Imported
from instruments.exchange.xlsform import read_xlsform
from instruments.exchange.xlsform.archive import MAX_ELEMENTS, MAX_SHEETS, MAX_UNPACKED
from tests.builders.xlsform import YES_NO, question, table, workbook, xlsform

FORM = xlsform(question("select_one yes_no", "a"))
SHEET, TYPES, STRINGS = "xl/worksheets/sheet1.xml", "[Content_Types].xml", "xl/sharedStrings.xml"
NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def repacked(parts: Mapping[str, bytes], content: bytes = FORM) -> bytes:
    """The workbook with other content in some of its parts."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in dict.fromkeys((*old.namelist(), *parts)):
            new.writestr(name, parts[name] if name in parts else old.read(name))
    return packed.getvalue()


def part(name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(FORM)) as archive:
        return archive.read(name)


def sheet(rows: str) -> bytes:
    return f"<worksheet {NAMESPACE}><sheetData>{rows}</sheetData></worksheet>".encode()


def row(number: int, *cells: str) -> str:
    inline = "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells)
    return f'<row r="{number}">{inline}</row>'


HEADING = row(1, "type", "name")
A, END = question("select_one yes_no", "b"), question("end group")


def error_of(content: bytes) -> InvalidQuestionnaireError:
    with pytest.raises(InvalidQuestionnaireError) as caught:
        read_xlsform(content)
    return caught.value


def unequal_sizes() -> bytes:
    """A workbook in which one part says that it is a byte when unpacked, and is a megabyte."""
    content = repacked({SHEET: b" " * 2**20})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = archive.getinfo(SHEET).file_size
    return content.replace(size.to_bytes(4, "little"), (1).to_bytes(4, "little"))


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "lacks the sheet 'survey'"),
        (b"\x00\xff\xfe", "is neither an .xlsx workbook nor CSV in UTF-8"),
        (b'a,"', "is neither an .xlsx workbook nor CSV"),
        (b"PK\x03\x04 and no more", "is not an .xlsx workbook"),
        (FORM[: len(FORM) // 2], "is not an .xlsx workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "save it as .xlsx"),
        (b"PK" + b" " * (9 * 2**20), "is larger than"),
        (b"," * (9 * 2**20), "is larger than"),
        (repacked({"[Content_Types].xml": b""}), "is not an .xlsx workbook that can be read"),
        (repacked({"xl/workbook.xml": b"<workbook/>"}), "lacks the sheet 'survey'"),
        (repacked({SHEET: sheet("<row><c t='s'><v>999</v></c></row>")}), "that can be read"),
        (unequal_sizes(), "is not an .xlsx workbook"),
    ],
)
def test_what_is_no_form_is_one_error(content: bytes, rule: str) -> None:
    assert rule in error_of(content).rule


def test_an_archive_that_unpacks_to_more_than_a_form_is_refused_before_it_is_unpacked() -> None:
    bomb = repacked({SHEET: bytes(MAX_UNPACKED + 1)})
    assert len(bomb) < 100_000
    assert "unpacks to more than" in error_of(bomb).rule


@pytest.mark.parametrize("name", [SHEET, "xl/workbook.xml", "xl/styles.xml", "docProps/app.xml"])
def test_entities_are_refused_wherever_they_are_declared(name: str) -> None:
    declared = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + part(name)
    error = error_of(repacked({name: declared}))
    assert (error.path, error.rule) == (name, "declares entities, which no workbook needs")


def test_entities_in_another_encoding_are_refused_too() -> None:
    declared = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY e "x">]><x>&e;</x>'
    assert error_of(repacked({SHEET: declared.encode("utf-16")})).rule == "is not XML in UTF-8"


def test_more_cells_or_sheets_than_a_form_has_are_refused_before_they_are_read() -> None:
    cells = repacked({SHEET: sheet("<row>" + "<c/>" * MAX_ELEMENTS + "</row>")})
    sheets = part("xl/workbook.xml").replace(
        b"</sheets>", b'<sheet sheetId="9"/>' * MAX_SHEETS + b"</sheets>"
    )
    for content in (cells, repacked({"xl/workbook.xml": sheets})):
        assert "more sheets, cells or formats" in error_of(content).rule


def test_a_text_that_stands_in_the_file_once_and_in_the_sheet_two_thousand_times_is_refused() -> None:
    strings = f"<sst {NAMESPACE}><si><t>type</t></si><si><t>{'x' * 30_000}</t></si></sst>".encode()
    content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = f'<Override PartName="/{STRINGS}" ContentType="{content_type}"/></Types>'
    types = (
        part(TYPES)
        .decode()
        .replace("</Types>", override if STRINGS not in part(TYPES).decode() else "</Types>")
    )
    rows = '<row><c t="s"><v>0</v></c></row>' + '<row><c t="s"><v>1</v></c></row>' * 2_000
    error = error_of(repacked({TYPES: types.encode(), STRINGS: strings, SHEET: sheet(rows)}))
    assert "characters" in error.rule
    assert error.path.startswith("survey row ")


@pytest.mark.parametrize(
    ("rows", "path"),
    [
        (HEADING + row(10**12, "text", "a"), "survey row 1048577"),
        (HEADING + row(3_001, "text", "a"), "survey row 3001"),
        (HEADING + '<row r="2"><c r="ZZZ2"><v>1</v></c></row>', "survey row 2"),
        (HEADING + row(2, "text", "a", "x" * 40_000), "survey row 2"),
    ],
)
def test_rows_columns_and_cells_beyond_any_sheet_are_one_error_with_the_row(rows: str, path: str) -> None:
    assert error_of(repacked({SHEET: sheet(rows)})).path == path


def test_ten_thousand_rows_are_more_than_an_instrument_has() -> None:
    content = xlsform(*(question("text", f"a{number}") for number in range(10_000)))
    assert error_of(content).rule == "has more than 3000 rows in its sheets"


def test_groups_begun_a_thousand_times_are_nested_too_deep() -> None:
    rows = "".join(f",begin group,a{number}\n" for number in range(1_000))
    content = f"survey,\n,type,name\n{rows}".encode()
    assert "nested more than 64 deep" in error_of(content).rule


def test_long_expressions_in_many_rows_are_refused_together() -> None:
    long = " or ".join(["${a} = '1'"] * 1_000)
    rows = (question("text", f"b{number}", relevant=f"{long} or ${{a}} = {number}") for number in range(100))
    error = error_of(xlsform(question("text", "a"), *rows))
    assert error.path.endswith(": relevant")
    assert "all expressions together" in error.rule


def test_a_row_after_hundreds_of_blank_ones_is_read() -> None:
    blank: list[list[object]] = [[None]] * 500
    content = workbook(survey=[["type", "name"], *blank, ["text", "a"]])
    assert read_xlsform(content).items == 1


@pytest.mark.parametrize(
    ("content", "path", "rule"),
    [
        (workbook(choices=[["list_name"]]), "", "lacks the sheet 'survey'"),
        (workbook(survey=[]), "survey row 1", "lacks the column 'type'"),
        (workbook(survey=[["type", "name"]]), "", "it asks nothing"),
        (workbook(survey=[["type", "name", "name"]]), "survey row 1", "are the same"),
        (workbook(survey=[["type", "name", "relevant", "relevance"]]), "survey row 1", "are the same"),
        (xlsform(question("text", "a"), question("text", "a")), "survey row 3 (a)", "the name of"),
        (xlsform(question("text", "a b")), "survey row 2 (a b): name", "must begin with a letter"),
        (xlsform(question("text")), "survey row 2: name", "must begin with a letter"),
        (xlsform(question("", "a")), "survey row 2 (a): type", "every question needs one"),
        (xlsform(question("select_one", "a")), "survey row 2 (a): type", "names no list"),
        (xlsform(question("select_one x", "a")), "survey row 2 (a): type", "the list 'x'"),
        (xlsform(A, choices=[*YES_NO, YES_NO[0]]), "choices row 4 (1): name", "has the code '1' twice"),
        (xlsform(A, choices=[{"name": "x"}]), "choices row 2 (x): list_name", "needs the name of its list"),
        (xlsform(A, choices=[{"list_name": "yes_no"}]), "choices row 2: name", "must be a code"),
        (xlsform(END), "survey row 2: type", "never begun"),
        (xlsform(question("begin group", "g"), A), "survey row 2 (g): type", "never ended"),
        (
            xlsform(question("begin group", "g"), A, question("end repeat")),
            "survey row 4: type",
            "where the group of survey row 2 (g) is still open",
        ),
        (
            xlsform(*(question("begin group", f"g{number}") for number in range(100))),
            "survey row 66 (g64): type",
            "nested more than 64 deep",
        ),
        (xlsform(question("text", "a", relevant="${x} = 1")), "survey row 2 (a): relevant", "looks at 'x'"),
        (xlsform(question("date", "a", constraint=". < ${x}")), "survey row 2 (a): constr", "looks at 'x'"),
        (
            xlsform(question("integer", "a", constraint=". < 1 and . > 1")),
            "survey row 2 (a): constraint",
            "leaves no answer",
        ),
        (xlsform(question("calculate", "a")), "survey row 2 (a): calculation", "is missing"),
        (
            xlsform(
                question("calculate", "a", calculation="${b} + 1"),
                question("calculate", "b", calculation="${a}"),
            ),
            "survey row",
            "is computed from what is computed from it",
        ),
        (
            xlsform(question("text", "a", relevant="${b} = 1"), question("text", "b", relevant="${a} = 1")),
            "survey row",
            "in a circle",
        ),
        (xlsform(question("range", "a", parameters="start=9 end=1")), "survey row 2 (a)", "no value"),
        (
            xlsform(
                question("begin group", "g", appearance="table-list"),
                A,
                question("select_one other", "c"),
                END,
                choices=[*YES_NO, {"list_name": "other", "name": "x"}],
            ),
            "survey row 2 (g): appearance",
            "one list of choices",
        ),
    ],
)  # fmt: skip
def test_a_form_that_is_wrong_is_one_error_with_its_place_and_rule(
    content: bytes, path: str, rule: str
) -> None:
    error = error_of(content)
    assert error.path.startswith(path)
    assert rule in error.rule


def test_the_same_form_in_one_csv_file_is_the_same_instrument() -> None:
    rows = (question("select_one yes_no", "a"), question("text", "b", relevant="${a} = '1'"))
    sheets = {
        "survey": table(rows, ("type", "name", "label")),
        "choices": table(YES_NO, ("list_name", "name", "label")),
        "settings": [["form_id", "version"], ["f", "1"]],
    }
    lines = [
        line
        for name, own in sheets.items()
        for line in (name, *("," + ",".join(str(cell or "") for cell in row) for row in own))
    ]
    from_csv, from_workbook = read_xlsform("\n".join(lines).encode()), read_xlsform(workbook(**sheets))
    assert from_csv.losses == from_workbook.losses == ()
    assert from_csv.instrument == from_workbook.instrument


COLUMNS = (
    "type", "name", "label", "label::Norsk (nb)", "hint", "relevant", "constraint", "required", "default",
    "constraint_message", "appearance", "calculation", "parameters", "choice_filter", "media::image",
    "read_only", "list_name", "disabled", "form_id", "default_language", "",
)  # fmt: skip
WORDS = (
    "text", "integer", "select_one l", "select_multiple l or_other", "begin group", "end group", "range",
    "begin repeat", "end repeat", "note", "calculate", "acknowledge", "start", "date", "a", "b", "l",
)  # fmt: skip
EXPRESSIONS = (
    "${a} = '1'", "${a} >", "((((", ". > 1 and . < 0", "regex(., '[')", "yes", "true()", "start=1 end=0",
    "likert", "minimal", "**x**", "${a}", "not(selected(., 'a') and count-selected(.) > 1)", "-1",
    "Norsk (nb)", "string-length(.) < 5", ". = 1", "date('2020-01-01') <= .",
)  # fmt: skip
CELLS = st.one_of(
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.dates(),
    st.sampled_from(WORDS + EXPRESSIONS),
)
ROWS = st.lists(st.dictionaries(st.sampled_from(COLUMNS), CELLS, max_size=8), max_size=5)


@given(ROWS, ROWS, ROWS)
@settings(max_examples=60, deadline=None)
def test_whatever_the_cells_hold_it_is_an_import_or_one_error(
    survey: list[dict[str, object]], choices: list[dict[str, object]], form: list[dict[str, object]]
) -> None:
    with contextlib.suppress(InvalidQuestionnaireError):
        content = xlsform(*survey, choices=choices, settings=form)
        imported = read_xlsform(content)
        assert isinstance(imported, Imported)
        assert (imported.instrument is None) is bool(imported.losses)


@given(st.integers(0, len(FORM) - 1), st.integers(1, 255))
@settings(max_examples=100, deadline=None)
def test_a_workbook_with_a_changed_byte_is_an_import_or_one_error(place: int, change: int) -> None:
    changed = bytearray(FORM)
    changed[place] ^= change
    with contextlib.suppress(InvalidQuestionnaireError):
        assert isinstance(read_xlsform(bytes(changed)), Imported)
