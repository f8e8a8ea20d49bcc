"""The figures that come with the package: sound, of scales that exist, with sources, and documented."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from instruments.catalogue import UnknownInstrumentError, entry, names
from instruments.interpretation import Amount, Interpretation, Mid, interpretation_of
from instruments.interpretation.sources import sources_of

ROOT = Path(__file__).parents[3]
DOCUMENTATION = ROOT / "docs" / "interpretation.md"
FACTS = ROOT.parent / "shared" / "facts" / "specs"

every_interpretation = pytest.mark.parametrize("name", names())


def test_every_instrument_of_the_catalogue_has_an_interpretation_and_only_they() -> None:
    folder = ROOT / "instruments" / "catalogue" / "interpretation"
    assert sorted(path.stem for path in folder.glob("*")) == list(names())


def test_an_instrument_is_known_by_every_name_of_the_catalogue() -> None:
    assert interpretation_of("qlq-c30") is interpretation_of("QLQ_C30")
    assert interpretation_of("qlq-c30") is interpretation_of("qlq-c30-v3")


def test_an_unknown_instrument_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UnknownInstrumentError, match=r"no 'qlq-xx99'; it has .*qlq_c30"):
        interpretation_of("qlq-xx99")


@every_interpretation
def test_it_is_of_the_instrument_that_its_file_names(name: str) -> None:
    assert interpretation_of(name).instrument_id == entry(name).instrument_id


@every_interpretation
def test_its_figures_are_of_scales_that_are_scored(name: str) -> None:
    scoring = entry(name).scoring
    scored = {scale.scale_id for scale in scoring.scales if not scale.off} if scoring else set()
    assert set(scales_of(interpretation_of(name))) <= scored


@every_interpretation
def test_every_figure_says_where_it_comes_from(name: str) -> None:
    document = interpretation_of(name)
    assert all(row.source.strip() for row in sources_of(document))
    assert sources_of(document) or document.gaps


@every_interpretation
def test_bands_ascend_without_overlap(name: str) -> None:
    for banding in interpretation_of(name).bandings:
        edges = [edge for one in banding.bands for edge in (one.lowest, one.highest)]
        assert edges == sorted(edges)


@every_interpretation
def test_important_differences_are_positive_ranges_with_one_meaning_a_scale(name: str) -> None:
    mids = interpretation_of(name).mids
    assert all(sound(amount) for mid in mids for amount in amounts(mid))
    meanings = [(mid.mid_id, scale) for mid in mids for scale in mid.scales or ("",)]
    assert len(meanings) == len(set(meanings))


@every_interpretation
def test_a_reference_population_has_a_figure_and_its_own_name(name: str) -> None:
    populations = interpretation_of(name).populations
    assert all(one.mean is not None or (one.percent is not None and one.percent_of) for one in populations)
    assert len({one.population_id for one in populations}) == len(populations)


@every_interpretation
def test_it_survives_being_written_and_read(name: str) -> None:
    document = interpretation_of(name)
    assert msgspec.json.decode(msgspec.json.encode(document), type=Interpretation) == document


def test_bands_agree_with_those_of_the_scoring() -> None:
    for name in names():
        scoring = entry(name).scoring
        bandings = {scale: one for one in interpretation_of(name).bandings for scale in one.scales}
        for scored in scoring.bandings if scoring else ():
            ours = [(one.band_id, one.lowest) for one in bandings[scored.scale].bands]
            assert ours == [(one.label, one.lowest) for one in scored.bands]


def test_the_documentation_lists_every_source_and_its_certainty() -> None:
    lines = DOCUMENTATION.read_text(encoding="utf-8").splitlines()
    listed = [line for line in lines if line.startswith("| ") and line.count("|") == 6][1:]
    assert listed == list(table())


def test_the_documentation_lists_every_gap() -> None:
    text = DOCUMENTATION.read_text(encoding="utf-8")
    gaps = {
        (document.instrument_id, gap)
        for document in documents()
        if sources_of(document)
        for gap in document.gaps
    }
    assert all(f"| {instrument} | {gap.what} | {gap.why} |" in text for instrument, gap in gaps)


@pytest.mark.skipif(not FACTS.exists(), reason="the shared facts are not beside the project")
def test_the_epic_and_c30_figures_are_those_of_the_facts() -> None:
    epic = msgspec.json.decode((FACTS / "epic_26.json").read_bytes())["mid"]
    order = ("urinary_incontinence", "urinary_irritative", "bowel", "sexual", "hormonal")
    ours = [mid.deterioration for mid in interpretation_of("epic-26").mids]
    assert ours == [Amount(*epic[name]) for name in order]
    c30 = msgspec.json.decode((FACTS / "qlq_c30.json").read_bytes())["thresholds_clinical_importance"][
        "values"
    ]
    thresholds = {one.scales[0]: one.value for one in interpretation_of("qlq-c30").thresholds}
    assert thresholds == {scale.removesuffix("2"): value for scale, value in c30.items()}


def documents() -> Iterator[Interpretation]:
    return (interpretation_of(name) for name in names())


def table() -> Iterator[str]:
    for document in documents():
        for row in sources_of(document):
            yield f"| {row.instrument_id} | {row.kind} | {row.figures} | {row.status} | {row.source} |"


def scales_of(document: Interpretation) -> Iterator[str]:
    for figure in (*document.thresholds, *document.bandings, *document.mids):
        yield from figure.scales
    for population in document.populations:
        yield population.scale


def amounts(mid: Mid) -> list[Amount]:
    found = [amount for amount in (mid.improvement, mid.deterioration) if amount is not None]
    assert found, f"{mid.mid_id} gives no amount"
    return found


def sound(amount: Amount) -> bool:
    return 0 < amount.lowest <= (amount.highest if amount.highest is not None else amount.lowest)
