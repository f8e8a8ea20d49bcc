"""``etterklang instruments check`` of an XLSForm: by its ending or by ``--format``, with the same ends."""

import json
from pathlib import Path

from tests.builders.command_line import etterklang
from tests.builders.xlsform import question, xlsform


def check(file: Path, *options: str) -> tuple[int, dict[str, list[dict[str, str]]]]:
    ended = etterklang("instruments", "check", file, *options)
    assert "Traceback" not in ended.error
    return ended.code, json.loads(ended.out)


def written(folder: Path, content: bytes, name: str = "form.xlsx") -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


def test_a_form_that_is_understood_whole_ends_with_0(tmp_path: Path) -> None:
    form = xlsform(question("select_one yes_no", "a"), question("text", "b", relevant="${a} = 1"))
    code, report = check(written(tmp_path, form))
    assert (code, report["items"], report["losses"], report["errors"]) == (0, 2, [], [])


def test_losses_are_named_by_sheet_row_and_column_and_end_with_3(tmp_path: Path) -> None:
    form = xlsform(question("select_one yes_no", "a", choice_filter="x"))
    code, report = check(written(tmp_path, form, "form"), "--format", "xlsform")
    assert code == 3
    assert [(loss["path"], loss["what"]) for loss in report["losses"]] == [
        ("survey row 2 (a): choice_filter", "x")
    ]


def test_what_is_invalid_is_named_with_path_and_rule_and_ends_with_2(tmp_path: Path) -> None:
    code, report = check(written(tmp_path, xlsform(question("select_one other", "a"))))
    rule = "names the list 'other', which the sheet choices does not have"
    assert (code, report["errors"]) == (2, [{"path": "survey row 2 (a): type", "rule": rule}])
