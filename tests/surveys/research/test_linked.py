"""A linked case holds what is approved, by month, and nothing else."""

from datetime import date

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from instruments.definition import Item, Option
from surveys.identifiers import TumourId, new_id
from surveys.research import Variable
from surveys.research.disclosure import Profiles, coarsen, may_show
from surveys.research.linked import LinkedCase, link, month_of
from tests.builders.followup import make_control, make_history, make_treatment, make_tumour

VARIABLES: tuple[Variable, ...] = (
    "site", "stage", "treatment_kind", "treatment_kinds", "months_since_diagnosis", "months_since_treatment",
    "is_control", "sex", "age_at_diagnosis", "region", "free_text",
)  # fmt: skip
DAYS = st.dates(date(1990, 1, 1), date(2030, 1, 1))


@given(st.sets(st.sampled_from(VARIABLES)), DAYS, DAYS)
def test_only_approved_variables_and_no_day_are_linked(
    approved: set[Variable], diagnosed: date, treated: date
) -> None:
    tumour = make_tumour(diagnosed, "C619")
    history = make_history(tumour, treatments=(make_treatment(tumour, "surgery", treated),))
    case = link(history, tumour.tumour_id, approved)
    written = msgspec.json.encode(case).decode()
    assert diagnosed.isoformat() not in written
    assert treated.isoformat() not in written
    assert ("site" in approved) == (case.site == "C61")
    assert ("sex" in approved) == (case.sex == 1)
    assert ("region" in approved) == (case.region == 53)
    assert ("months_since_diagnosis" in approved) == (case.diagnosed == month_of(diagnosed))
    about_treatment = {"treatment_kind", "treatment_kinds", "months_since_treatment"}
    assert bool(about_treatment & approved) == bool(case.treatments)


@given(DAYS, DAYS)
def test_a_difference_of_months_is_one_of_calendar_months(one: date, other: date) -> None:
    assert month_of(one) - month_of(other) == (one.year - other.year) * 12 + one.month - other.month


def test_a_treatment_of_another_case_is_not_linked() -> None:
    tumour, other = make_tumour(), make_tumour()
    history = make_history(tumour, other, treatments=(make_treatment(other, "surgery", date(2025, 2, 1)),))
    assert link(history, tumour.tumour_id, VARIABLES).treatments == ()
    assert len(link(history, other.tumour_id, VARIABLES).treatments) == 1


def test_a_case_that_is_not_known_has_only_the_persons_variables() -> None:
    case = link(make_history(), TumourId(new_id()), VARIABLES)
    assert case == LinkedCase(sex=1, region=53)


def test_a_controls_age_is_that_of_the_index_date() -> None:
    control = make_control(date(2025, 6, 14))
    case = link(control, control.control_of[0].tumour_id, VARIABLES)
    assert (case.is_control, case.age_at_diagnosis) == (True, 69)


def test_free_text_needs_an_approval_and_closed_answers_do_not() -> None:
    other = Item("why", "open-choice", options=(Option("a"),))
    assert may_show(other, "a", ())
    assert not may_show(other, "written by hand", ())
    assert may_show(other, "written by hand", ("free_text",))
    assert may_show(Item("n", "integer"), 4, ())
    assert not may_show(Item("t", "string"), "x", ())


def test_a_day_and_a_moment_are_shown_as_their_month() -> None:
    assert coarsen(Item("d", "date"), "2025-02-17") == "2025-02"
    assert coarsen(Item("d", "date-time"), "2025-02-17T10:00:00Z") == "2025-02"
    assert coarsen(Item("n", "integer"), 4) == 4


def test_a_cell_of_four_is_small_and_one_of_five_is_not() -> None:
    profiles = Profiles(("site", "age_at_diagnosis"))
    for number in range(9):
        site = "C61" if number < 5 else "C50"
        for _ in range(2):
            profiles.add(f"p{number}", {"site": site, "age_at_diagnosis": 70 + number % 5})
    assert profiles.persons == 9
    assert profiles.small_cells().persons == 4
