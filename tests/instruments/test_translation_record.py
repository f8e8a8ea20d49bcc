"""What the record of a translation says, and which steps a validated instrument needs."""

from datetime import date

import msgspec
import pytest

from instruments.translation_record import (
    MAX_BYTES,
    NEEDED,
    InvalidRecordError,
    LeftOut,
    Step,
    StepName,
    TranslationRecord,
    check_record,
    read_record,
    translators_of,
    unmet,
)

DAY = date(2026, 3, 1)


def step(name: StepName, *by: str, respondents: int | None = None) -> Step:
    asked = 8 if name == "cognitive-debriefing" and respondents is None else respondents
    return Step(name, by or ("Aili",), DAY, "made for a test", asked)


def record(*steps: Step, **more: object) -> TranslationRecord:
    fields: dict[str, object] = {
        "instrument_id": "made-for-tests",
        "language": "se",
        "kind": "translation",
        "source_language": "nb",
        "wording_by": ("Aili",),
        "steps": steps,
    }
    return TranslationRecord(**(fields | more))  # type: ignore[arg-type] # the fields, some replaced


WHOLE = record(step("forward-translation", "Aili", "Biret"), *(step(name) for name in NEEDED[1:]))


def same(name: str) -> str:
    return name.casefold()


def test_a_translation_that_took_every_step_lacks_nothing() -> None:
    assert unmet(WHOLE, same) == ()
    assert read_record(msgspec.json.encode(WHOLE)) == WHOLE


@pytest.mark.parametrize("name", NEEDED)
def test_each_step_that_a_translation_lacks_is_named_and_no_reason_excuses_it(name: StepName) -> None:
    fewer = msgspec.structs.replace(
        WHOLE,
        steps=tuple(one for one in WHOLE.steps if one.step != name),
        left_out=(LeftOut(name, "no time"),),
    )
    assert unmet(fewer, same) == (f"the record has no {name}",)


def test_two_forward_translations_by_one_person_are_one() -> None:
    twice = record(
        step("forward-translation", "Aili"),
        step("forward-translation", "AILI"),
        *(step(name) for name in NEEDED[1:]),
    )
    assert unmet(twice, same) == ("the record has a forward-translation by one person only; it takes two",)


def test_an_adaptation_and_an_original_may_leave_a_step_out_with_its_reason() -> None:
    reasons = tuple(
        LeftOut(name, "adapted from Bokmål")
        for name in ("reconciliation", "cognitive-debriefing", "proofreading")
    )
    adapted = record(kind="adaptation", language="nn", left_out=reasons)
    assert unmet(adapted, same) == ()
    assert unmet(record(kind="adaptation", language="nn", left_out=reasons[1:]), same) == (
        "the record has no reconciliation, nor the reason why it was left out",
    )
    original = record(step("cognitive-debriefing"), kind="original", source_language="", left_out=reasons[2:])
    assert unmet(original, same) == ()


def test_whoever_translated_forward_is_a_translator_too() -> None:
    made = record(step("forward-translation", "Biret"), step("proofreading", "Siv"))
    assert translators_of(made) == ("Aili", "Biret")


@pytest.mark.parametrize(
    ("wrong", "where", "rule"),
    [
        (record(instrument_id=" "), "instrument_id", "is empty"),
        (record(wording_by=()), "wording_by", "names nobody"),
        (record(wording_by=("Aili", "")), "wording_by", "is empty"),
        (record(wording_by=("a" * 2001,)), "wording_by", "longer than"),
        (record(remarks="a" * 2001), "remarks", "longer than"),
        (record(owner="a" * 2001), "owner", "longer than"),
        (record(certificate="A" * 64), "certificate", "64 hexadecimal digits"),
        (record(source_language=""), "source_language", "is empty"),
        (record(source_language="se"), "source_language", "the language itself"),
        (record(kind="original"), "source_language", "must be left out"),
        (record(Step("proofreading", (), DAY, "x")), "steps[0].by", "names nobody"),
        (record(Step("proofreading", ("Siv",), DAY, " ")), "steps[0].purpose", "is empty"),
        (record(step("cognitive-debriefing", respondents=0)), "steps[0].respondents", "at least 1"),
        (record(Step("cognitive-debriefing", ("Siv",), DAY, "x")), "steps[0].respondents", "how many"),
        (record(step("proofreading", respondents=3)), "steps[0].respondents", "debriefing alone"),
        (record(left_out=(LeftOut("proofreading", ""),)), "left_out[0].reason", "is empty"),
        (
            record(step("proofreading"), left_out=(LeftOut("proofreading", "no"),)),
            "proofreading",
            "taken and left out",
        ),
    ],
)
def test_a_record_that_says_too_little_or_contradicts_itself_is_refused(
    wrong: TranslationRecord, where: str, rule: str
) -> None:
    with pytest.raises(InvalidRecordError) as refused:
        check_record(wrong)
    assert refused.value.where == where
    assert rule in refused.value.rule


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"[" * 100_000, b'{"language": "se"}', b" " * (MAX_BYTES + 1)]
)
def test_whatever_is_no_record_is_refused_in_one_sentence(content: bytes) -> None:
    with pytest.raises(InvalidRecordError, match="the record"):
        read_record(content)
