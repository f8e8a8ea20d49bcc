"""``etterklang score``: one row in, one row out; whatever is wrong is named, and nothing is written."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders.command_line import etterklang

VECTORS = Path(__file__).parents[2] / "instruments" / "vectors"
WHO = "q1,q2,q3,q4,q5"


@pytest.fixture
def table(tmp_path: Path) -> Callable[[str | bytes], Path]:
    def write(content: str | bytes) -> Path:
        file = tmp_path / "answers.csv"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    return write


def test_the_command_writes_the_columns_of_the_reference(tmp_path: Path) -> None:
    out = tmp_path / "scores.csv"
    ended = etterklang("score", "qlq_c30", VECTORS / "qlq_c30.csv", "--out", out)
    assert ended == (0, "", "")
    with out.open(newline="") as scored, (VECTORS / "qlq_c30.csv").open(newline="") as given:
        for score, expected in zip(csv.DictReader(scored), csv.DictReader(given), strict=True):
            for name, value in score.items():
                if value == "NA":
                    assert expected[name] == ""
                else:
                    assert float(value) == pytest.approx(float(expected[name]), abs=1e-6)


def test_the_command_ends_with_two_and_one_sentence_when_it_refuses() -> None:
    ended = etterklang("score", "nothing_such", VECTORS / "qlq_c30.csv")
    assert ended.code == 2
    assert ended.error.startswith("etterklang: the catalogue has no 'nothing_such'")
    assert "Traceback" not in ended.error


def test_numbers_are_written_in_full_and_missing_ones_as_na(table: Callable[[str | bytes], Path]) -> None:
    ended = etterklang("score", "gad-7", table("q1,q2,q3,q4,q5,q6,q7\n1,,2,3,0,1,2\nNA,NA,NA,0,0,0,0\n"))
    assert ended.code == 0
    assert ended.out.splitlines() == [
        "n_missing,total_complete_only,total_prorated_max2,severity",
        "1,NA,10.5,moderate",
        "3,NA,NA,NA",
    ]


def test_a_key_is_carried_along_when_asked_for(table: Callable[[str | bytes], Path]) -> None:
    ended = etterklang("score", "who_5", table(f"person,{WHO}\na7,1,1,1,1,1\n"), "--keep", "person")
    assert ended.out.splitlines()[1] == "a7,5,20,1,1"


def test_semicolons_and_a_byte_order_mark_are_read(table: Callable[[str | bytes], Path]) -> None:
    ended = etterklang("score", "who_5", table(("\ufeff" + WHO + "\r\n5,5,5,5,5\r\n").replace(",", ";")))
    assert ended.out.splitlines()[1] == "25,100,0,0"


def test_parts_of_an_item_library_are_scored_alone_and_the_rest_is_said(
    table: Callable[[str | bytes], Path],
) -> None:
    ended = etterklang("score", "facit_f", table(
        "HI7,HI12,An1,An2,An3,An4,An5,An7,An8,An12,An14,An15,An16\n" + ",".join(["0"] * 13) + "\n"
    ))  # fmt: skip
    assert ended.out.splitlines() == ["FS", "44"]
    assert "left out" in ended.error
    assert "FACTG" in ended.error


def test_a_row_is_explained_by_what_was_used_what_was_missing_and_the_rule(
    table: Callable[[str | bytes], Path],
) -> None:
    file = table("q1,q2,q3,q4,q5,q6,q7,q8,q9\n0,0,0,0,0,0,0,0,0\n,,,1,1,1,1,1,2\n")
    said = etterklang("score", "phq_9", file, "--explain", "2").out.splitlines()
    assert said[2].startswith("total_prorated_max2 = NA; prorated-sum; n-of: 6 of 9 parts, 7 needed")
    assert said[2].endswith("used q4 q5 q6 q7 q8 q9; missing q1 q2 q3")
    assert "item9_alert = yes" in said
    assert "dsm_major = NA" in said


def test_not_applicable_is_told_apart_from_missing(table: Callable[[str | bytes], Path]) -> None:
    header = ",".join(f"q{number}" for number in range(31, 54))
    answers = ["1"] * 23
    answers[15] = ""
    said = etterklang("score", "qlq_br23", table(f"{header}\n{','.join(answers)}\n"), "--explain", "1").out
    (enjoyment,) = [line for line in said.splitlines() if line.startswith("BRSEE")]
    assert enjoyment.endswith("the scale does not apply to this person")


def test_a_disputed_scale_is_scored_as_the_registry_confirms_it() -> None:
    plain = etterklang("score", "qlq_pr25", VECTORS / "qlq_pr25.csv").out
    confirmed = etterklang(
        "score", "qlq_pr25", VECTORS / "qlq_pr25.csv", "--confirm", "PRSAC=higher-better"
    ).out
    assert "PRSAC" not in plain.splitlines()[0]
    assert "PRSAC" in confirmed.splitlines()[0]


def test_the_instruments_are_listed() -> None:
    listed = etterklang("score", "--list").out.splitlines()
    assert len(listed) == 33
    assert any(line.startswith("qlq_c30\tqlq-c30-v3\t") for line in listed)


@pytest.mark.parametrize(
    ("content", "place", "rule"),
    [
        ("", "answers.csv", "empty"),
        ("\n\n", "answers.csv", "empty"),
        (f"{WHO}\n", "answers.csv", "no rows"),
        ("q1,q2,q3,q4\n1,1,1,1\n", "answers.csv", "the column 'q5' is not there"),
        ("q1,q1,q3,q4,q5\n1,1,1,1,1\n", "the header", "'q1' twice"),
        (f"{WHO}\n1,1,1,1\n", "row 1", "4 cells"),
        (f"{WHO}\n1,1,1,1,1,1\n", "row 1", "6 cells"),
        (f"{WHO}\n1,1,1,1,1\n1,1,six,1,1\n", "row 2, column 'q3'", "no whole number"),
        (f"{WHO}\n1,1,1,1,1\n1,1,9,1,1\n", "row 2, column 'q3'", "none of the answers"),
        (f"{WHO}\n1,-1,1,1,1\n", "row 1, column 'q2'", "none of the answers"),
        (f"{WHO}\n1,2.5,1,1,1\n", "row 1, column 'q2'", "no whole number"),
        (f"{WHO}\n1,inf,1,1,1\n", "row 1, column 'q2'", "no whole number"),
        (f"{WHO}\n1,NaN,1,1,1\n", "row 1, column 'q2'", "no whole number"),
        (f"{WHO}\n1,1_0,1,1,1\n", "row 1, column 'q2'", "no whole number"),
        (f"{WHO}\n1,٣,1,1,1\n", "row 1, column 'q2'", "no whole number"),
        (b"\xff\xfe\x00", "answers.csv", "UTF-8"),
        (f"{WHO}\n1,1,1,1,1\n".encode() + b"\xff,1,1,1,1\n", "answers.csv", "UTF-8"),
        (f'{WHO}\n"1,1,1,1,1\n', "answers.csv", "not CSV"),
    ],
)
def test_a_wrong_table_is_refused_by_place_and_rule_and_nothing_is_written(
    table: Callable[[str | bytes], Path], tmp_path: Path, content: str | bytes, place: str, rule: str
) -> None:
    out = tmp_path / "scores.csv"
    ended = etterklang("score", "who_5", table(content), "--out", out)
    assert ended.code == 2
    assert place in ended.error
    assert rule in ended.error
    assert not out.exists()


def test_a_row_that_is_not_there_cannot_be_explained(table: Callable[[str | bytes], Path]) -> None:
    assert (
        "row 2 is not there"
        in etterklang("score", "who_5", table(f"{WHO}\n1,1,1,1,1\n"), "--explain", "2").error
    )


def test_scores_that_cannot_be_written_are_one_sentence(
    table: Callable[[str | bytes], Path], tmp_path: Path
) -> None:
    ended = etterklang(
        "score", "who_5", table(f"{WHO}\n1,1,1,1,1\n"), "--out", tmp_path / "nowhere" / "scores.csv"
    )
    assert "cannot be written" in ended.error


def test_an_instrument_without_confirmed_rules_is_not_scored() -> None:
    assert "qlq_ov28 is not scored" in etterklang("score", "qlq_ov28", VECTORS / "lars.csv").error
