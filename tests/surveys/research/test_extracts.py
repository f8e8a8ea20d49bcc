"""An extract is linked, pseudonymised and documented, and the same request gives the same bytes."""

import hashlib
import io
from datetime import date, timedelta
from uuid import UUID

import msgspec
import pyarrow.parquet as pq
import pytest

from instruments.definition import Item
from surveys.identifiers import ProjectId, TumourId, new_id
from surveys.registry import ControlOf
from surveys.research import (
    Codebook,
    Manifest,
    extract_status,
)
from tests.builders.answering import (
    NOW,
    EngineAs,
    KeysAs,
    Study,
    answers,
    count,
    everyday,
    habits,
    open_study,
)
from tests.builders.followup import make_history, tell_registry
from tests.builders.research import (
    ALL,
    LATER,
    answered,
    approve,
    extract,
    files_of,
    make_project,
    patient,
    rows_of,
)


async def test_a_row_holds_the_answers_the_scores_and_the_linked_case(study: Study, database: str) -> None:
    person, tumour_id = patient(("radiotherapy", date(2026, 7, 1)), ("surveillance", date(2026, 5, 2)))
    given = answers(
        first={"tired": ("a1",), "walk": ("a3",)},
        second={"times": (4,), "places": ("work", "home"), "since": ("2025-02-17",), "words": ("secret",)},
        skipped=("rest",),
    )
    await answered(study, database, person, tumour_id, given)
    first, second = await rows_of(study, await extract(study, await approve(study, make_project())))
    assert first["pseudonym"] == second["pseudonym"]
    linked = {name: first[name] for name in ALL}
    assert linked == {
        "site": "C61",
        "stage": None,
        "treatment_kind": "radiotherapy",
        "treatment_kinds": ["radiotherapy", "surveillance"],
        "months_since_diagnosis": 7,
        "months_since_treatment": 4,
        "is_control": False,
        "sex": 1,
        "age_at_diagnosis": 70,
        "region": 53,
    }
    assert (first["wave"], first["part"], first["language"]) == (1, 0, "nb")
    assert (first["made-everyday.tired"], first["made-everyday.walk"]) == ("a1", "a3")
    # tired counts backwards: 3 - 1 = 2; walk 3; the mean 2.5 of 0..3 brought to 0..100.
    assert first["made-everyday.energy"] == pytest.approx(83.3333333)
    assert second["made-everyday.energy"] is None
    assert second["made-habits.times"] == 4
    assert second["made-habits.places"] == ["work", "home"]
    assert second["made-habits.since"] == "2025-02", "a day is shown as its month"
    assert second["made-habits.words"] is None


async def test_why_there_is_no_answer_is_told_apart(study: Study, database: str) -> None:
    person, tumour_id = patient()
    given = answers(first={"tired": ("a0",)}, second={"words": ("secret",)}, skipped=("walk",))
    await answered(study, database, person, tumour_id, given)
    first, second = await rows_of(study, await extract(study, await approve(study, make_project())))
    assert first["made-everyday.tired:status"] == "answered"
    assert first["made-everyday.walk:status"] == "skipped"
    assert first["made-everyday.rest:status"] == "not-shown"
    assert first["made-habits.times:status"] == "not-asked"
    assert second["made-habits.times:status"] == "missing"
    assert second["made-habits.words:status"] == "withheld"


async def test_free_text_is_shown_to_a_project_that_is_approved_for_it(study: Study, database: str) -> None:
    person, tumour_id = patient()
    await answered(study, database, person, tumour_id, answers(second={"words": ("at night",)}))
    project = await approve(study, make_project(variables=("free_text",)))
    _, second = await rows_of(study, await extract(study, project))
    assert second["made-habits.words"] == "at night"


async def test_a_control_is_marked_and_has_no_treatment(study: Study, database: str) -> None:
    tumour_id = TumourId(new_id())
    control = make_history(control_of=(ControlOf(tumour_id, "C619", date(2026, 9, 1)),))
    await answered(study, database, control, tumour_id)
    first, _ = await rows_of(study, await extract(study, await approve(study, make_project())))
    assert (first["is_control"], first["site"], first["treatment_kind"]) == (True, "C61", None)
    assert (first["months_since_diagnosis"], first["months_since_treatment"]) == (2, None)


async def test_a_treatment_after_the_response_is_not_yet_known_of_it(study: Study, database: str) -> None:
    person, tumour_id = patient(("surgery", date(2026, 12, 5)))
    await answered(study, database, person, tumour_id)
    first, _ = await rows_of(study, await extract(study, await approve(study, make_project())))
    assert (first["treatment_kind"], first["treatment_kinds"]) == (None, [])


async def test_what_is_not_approved_is_neither_linked_nor_shown(study: Study, database: str) -> None:
    person, tumour_id = patient(("surgery", date(2026, 6, 5)))
    await answered(study, database, person, tumour_id)
    project = await approve(study, make_project(variables=("site",)))
    first, _ = await rows_of(study, await extract(study, project))
    assert first["site"] == "C61"
    assert not set(ALL[1:]) & set(first)
    assert count(database, """research.linked_case WHERE linked = '{"site": "C61"}'""") == 1


async def test_the_same_request_again_gives_the_same_bytes(study: Study, database: str) -> None:
    for _ in range(7):
        await answered(study, database, *patient(("surgery", date(2026, 6, 5))))
    project = await approve(study, make_project())
    first = await files_of(study, await extract(study, project))
    await answered(study, database, *patient())
    again = await files_of(study, await extract(study, project))
    assert first == again


async def test_a_correction_changes_later_extracts_and_not_earlier_ones(study: Study, database: str) -> None:
    person, tumour_id = patient(("surgery", date(2026, 6, 5)))
    await answered(study, database, person, tumour_id)
    project = await approve(study, make_project())
    moment = NOW + timedelta(minutes=1)
    before = await files_of(study, await extract(study, project, moment))
    tumour = msgspec.structs.replace(person.tumours[0], incidence_date=date(2026, 2, 3))
    tell_registry(database, [msgspec.structs.replace(person, tumours=(tumour,))], NOW + timedelta(minutes=2))
    corrected, _ = await rows_of(study, await extract(study, project))
    assert corrected["months_since_diagnosis"] == 9
    assert await files_of(study, await extract(study, project, moment)) == before


async def test_an_extract_has_no_person_no_day_and_no_response_of_another_study(
    study: Study, database: str
) -> None:
    person, tumour_id = patient(("surgery", date(2026, 6, 5)))
    person_id = await answered(study, database, person, tumour_id)
    extract_id = await extract(study, await approve(study, make_project()))
    rows = repr(await rows_of(study, extract_id))
    for secret in (str(person_id), person_id.hex, str(tumour_id), "2026-04-28", "2026-06-05", "2026-11-23"):
        assert secret not in rows
    other = await approve(
        study, make_project(project_id=ProjectId(UUID(int=41)), name="o", study_id=UUID(int=9))
    )
    assert await rows_of(study, await extract(study, other)) == []


async def test_two_projects_know_a_person_by_different_pseudonyms(study: Study, database: str) -> None:
    await answered(study, database, *patient())
    one = await approve(study, make_project())
    other = await approve(study, make_project(project_id=ProjectId(UUID(int=41)), name="other"))
    names = [
        (await rows_of(study, await extract(study, project)))[0]["pseudonym"] for project in (one, other)
    ]
    assert names[0] != names[1]


async def test_rows_come_in_the_order_of_pseudonym_wave_and_part(study: Study, database: str) -> None:
    for _ in range(5):
        await answered(study, database, *patient())
    rows = await rows_of(study, await extract(study, await approve(study, make_project())))
    keys = [(row["pseudonym"], row["wave"], row["part"]) for row in rows]
    assert keys == sorted(keys)
    assert len(set(keys)) == 10


async def test_the_codebook_describes_every_column_and_code(study: Study, database: str) -> None:
    await answered(study, database, *patient())
    files = await files_of(study, await extract(study, await approve(study, make_project())))
    codebook = msgspec.json.decode(files["codebook.json"], type=Codebook)
    schema = pq.read_schema(io.BytesIO(files["responses.parquet"]))
    assert [column.name for column in codebook.columns] == schema.names
    for column, field in zip(codebook.columns, schema, strict=True):
        assert column.type == str(field.type)
        assert column.nullable == field.nullable
        assert all(column.meaning.values()), column.name
        assert column.meaning, column.name
    described = {column.name: column for column in codebook.columns}
    tired = described["made-everyday.tired"]
    assert tired.meaning["nn"] == "About tired (nn)"
    assert [(one.code, one.score, one.labels["en"]) for one in tired.codes][3] == ("a3", 3.0, "a3 (en)")
    energy = described["made-everyday.energy"]
    assert (
        energy.formula
        == "mean((3 - tired), walk), brought from 0..3 to 0..100; needs 1 of 2 parts, else empty"
    )
    assert (energy.minimum, energy.maximum, energy.direction) == (0, 100, "higher-better")
    assert {one.code for one in described["made-habits.times:status"].codes} == set(codebook.missing)
    assert [len(one.structure) for one in codebook.instruments] == [64, 64]


async def test_the_manifest_names_each_file_by_its_digest(study: Study, database: str) -> None:
    await answered(study, database, *patient())
    extract_id = await extract(study, await approve(study, make_project()))
    files = await files_of(study, extract_id)
    manifest = msgspec.json.decode(files["manifest.json"], type=Manifest)
    for one in manifest.files:
        assert one.sha256 == hashlib.sha256(files[one.name]).hexdigest()
        assert one.bytes == len(files[one.name])
    assert (manifest.responses, manifest.persons, manifest.as_of) == (2, 1, LATER)
    assert manifest.small_cells.persons == 1
    async with study.web.connect() as connection:
        assert (await extract_status(connection, extract_id)).manifest == manifest


async def test_an_earlier_moment_linked_later_does_not_touch_what_a_later_one_rests_on(
    study: Study, database: str
) -> None:
    person, tumour_id = patient()
    await answered(study, database, person, tumour_id)
    wrong = msgspec.structs.replace(person.tumours[0], icd10="C629")
    minutes = [NOW + timedelta(minutes=minute) for minute in range(1, 8)]
    tell_registry(database, [msgspec.structs.replace(person, tumours=(wrong,))], minutes[1])
    tell_registry(database, [person], minutes[3])
    project = await approve(study, make_project())
    first = await files_of(study, await extract(study, project, minutes[0]))
    last = await files_of(study, await extract(study, project, minutes[5]))
    between, _ = await rows_of(study, await extract(study, project, minutes[2]))
    assert between["site"] == "C62"
    assert await files_of(study, await extract(study, project, minutes[5])) == last
    assert await files_of(study, await extract(study, project, minutes[0])) == first


async def test_versions_of_an_instrument_share_a_column_and_a_later_item_has_its_own(
    study: Study, database: str, engine_as: EngineAs, keys_as: KeysAs
) -> None:
    await answered(study, database, *patient())
    old = everyday()
    item = Item("sleep", "boolean")
    structure = msgspec.structs.replace(old.structure, version="2", items=(*old.structure.items, item))
    translations = tuple(
        msgspec.structs.replace(one, texts=one.texts | {"sleep": "About sleep"}) for one in old.translations
    )
    newer = msgspec.structs.replace(old, structure=structure, translations=translations)
    later = await open_study(engine_as, keys_as, (newer, habits()))
    given = answers(first={"tired": ("a2",), "sleep": (True,)})
    await answered(later, database, *patient(), given)
    rows = await rows_of(study, await extract(study, await approve(study, make_project())))
    by_version = {row["instrument_version"]: row for row in rows if row["part"] == 0}
    assert by_version["1"]["made-everyday.tired"] == "a1"
    assert by_version["1"]["made-everyday.sleep:status"] == "not-asked"
    assert by_version["2"]["made-everyday.tired"] == "a2"
    assert by_version["2"]["made-everyday.sleep"] is True
