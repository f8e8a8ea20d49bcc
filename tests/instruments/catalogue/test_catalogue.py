"""The catalogue holds facts that can be scored with, each sure or said not to be."""

import re

import pytest
from msgspec.structs import replace

from instruments.catalogue import UnknownInstrumentError, entry, names
from instruments.scoring import NotDisputedError, check_spec, confirmed, score
from instruments.scoring.spec import shown_scales

DISPUTED = {
    "qlq_pr25": {"PRSAC", "PRSFU"},
    "qlq_cr29": {"SEXM", "SEXW"},
    "qlq_en24": {"ENSXI", "ENSXA", "ENSXE"},
    "qlq_cx24": {"CXBI", "CXSV", "CXSXA", "CXSXE"},
}


def test_it_has_thirty_two_instruments_that_are_scored_and_one_that_is_not() -> None:
    assert len(names()) == 33
    assert [name for name in names() if entry(name).scoring is None] == ["qlq_ov28"]


@pytest.mark.parametrize("name", names())
def test_an_entry_names_its_source_its_holder_s_terms_and_a_sound_scoring(name: str) -> None:
    one = entry(name)
    assert one.spec_id == name
    assert one.sources
    assert one.licence.terms
    assert one.status
    assert one.n_items > 0
    if one.scoring is not None:
        assert check_spec(one.scoring) == []
        assert shown_scales(one.scoring)
        assert one.scoring.instrument_id == one.instrument_id


@pytest.mark.parametrize("name", ["qlq_c30", "QLQ-C30", "qlq-c30-v3", " Qlq_c30 "])
def test_an_instrument_is_found_by_its_names_in_any_case(name: str) -> None:
    assert entry(name).title == "EORTC QLQ-C30 version 3.0"


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownInstrumentError, match="qlq_c30"):
        entry("qlq_c31")


def test_scales_that_the_sources_dispute_are_off_and_say_why() -> None:
    off = {
        name: {scale.scale_id for scale in one.scales if scale.off}
        for name in names()
        if (one := entry(name).scoring) is not None
    }
    assert {name: scales for name, scales in off.items() if scales} == DISPUTED


def test_a_disputed_scale_counts_once_a_registry_says_which_way() -> None:
    spec = entry("qlq_en24").scoring
    assert spec is not None
    columns = {item.item_id: [1.0, 4.0] for item in spec.items}
    assert "ENSXI" not in score(spec, columns)
    better = score(confirmed(spec, "ENSXI", "higher-better"), columns)["ENSXI"]
    worse = score(confirmed(spec, "ENSXI", "higher-worse"), columns)["ENSXI"]
    assert list(better) == [100, 0]
    assert list(worse) == [0, 100]
    with pytest.raises(NotDisputedError, match="ENSXI"):
        confirmed(spec, "ENUR", "higher-worse")


def test_what_only_disputed_scales_count_need_not_be_asked() -> None:
    spec = entry("qlq_en24").scoring
    assert spec is not None
    columns = {item.item_id: [2.0] for item in spec.items if item.item_id not in ("q49", "q50", "q54")}
    assert score(spec, columns)["ENUR"][0] == pytest.approx(100 / 3)


def test_epic_says_that_it_recodes_with_thirty_three_and_sixty_seven() -> None:
    notes = " ".join(entry("epic_26").notes)
    assert re.search(r"33/67", notes)


def test_a_value_set_is_a_version_of_the_scoring_and_leaves_the_instrument_as_it_is() -> None:
    spec = entry("eq_5d_5l").scoring
    assert spec is not None
    sets = {scale.scale_id for scale in shown_scales(spec)} - {"VAS"}
    assert sets == {"Norway", "Denmark", "Sweden_2022", "Netherlands", "Germany", "England", "UK"}
    norway = replace(
        spec, scales=tuple(one for one in spec.scales if one.scale_id == "Norway"), version="2025"
    )
    assert check_spec(norway) == []
    columns = {item.item_id: [5.0] for item in spec.items}
    assert score(norway, columns)["Norway"][0] == -0.453
