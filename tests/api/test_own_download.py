"""All that is held of one person, downloaded: with a fresh login, by themselves, and by nobody else."""

import io
import json
from datetime import date, timedelta
from itertools import product
from typing import Any

import httpx2
import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.observation import Observation
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse
from msgspec.structs import replace
from pypdf import PdfReader
from sqlalchemy import text

from api.patient.paper.wording import LEFT_OUT, _read
from instruments.scoring.spec import Scale
from surveys.answering import process_inbox, rescore
from surveys.database import Role, as_person, transaction
from surveys.identifiers import PersonId, new_id
from surveys.keys.erasure import erase
from surveys.persons import merge
from surveys.registry.columns import TREATMENT_KINDS
from surveys.registry.facts import FACT_TABLES
from surveys.registry.history import ReservationScope
from tests.builders.answering import (
    NOW,
    Study,
    answers,
    count,
    everyday,
    make_submission,
    open_assessment,
    send,
)
from tests.builders.answering import approve as approve_instrument
from tests.builders.api import Service, statements
from tests.builders.followup import make_control, make_history, make_tumour, tell_registry
from tests.builders.research import answered, patient

FILES = ("answers.json", "answers.fhir.json", "answers.pdf")
OLD = timedelta(minutes=5, seconds=1)
WORDS = "čáŋžŧ đšß og et svar: <b>*fet*</b> #let x"


async def fetch(client: httpx2.AsyncClient, file: str, lang: str = "en") -> httpx2.Response:
    return await client.get(f"/api/patient/{file}", params={} if "fhir" in file else {"lang": lang})


async def held(client: httpx2.AsyncClient, lang: str = "en") -> dict[str, Any]:
    found = await fetch(client, "answers.json", lang)
    assert found.status_code == 200, found.text
    content: dict[str, Any] = found.json()
    return content


async def answered_person(study: Study, database: str) -> PersonId:
    """Somebody with a case, a treatment, answers to two parts, one of them skipped in part, and a draft."""
    person, tumour_id = patient(("surgery", date(2026, 5, 20)))
    given = answers({"tired": ("a1",), "walk": ("a2",)}, {"times": (4,), "words": (WORDS,)}, ("rest",))
    return await answered(study, database, person, tumour_id, given)


def problem(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, response.json()["type"].rpartition("/")[2]


async def test_everything_that_is_held_comes_with_the_questions_wording(
    service: Service, study: Study, database: str
) -> None:
    anna = await answered_person(study, database)
    client = await service.patient(anna)
    waiting = await open_assessment(study, 2, anna)
    draft = f"/api/patient/assessments/{waiting.assessment_id}/draft"
    saved = {"revision": 0, "answers": [{"part": 0, "values": {"walk": ["a3"]}}]}
    assert (await client.put(draft, json=saved)).status_code == 200
    found = await held(client)
    kinds = [one["kind"] for one in found["facts"]]
    assert sorted(kinds) == ["person", "treatment", "tumour", "vital_status"]
    assert found["facts"][kinds.index("tumour")]["fact"]["icd10"] == "C619"
    first, second = found["responses"]
    assert (first["title"], first["answered_in"]) == ("Made for tests (en)", "nb")
    told = [(one["question"], one["status"], one["said"]) for one in first["answers"]]
    assert told == [
        ("About tired (en)", "answered", ["a1 (en)"]),
        ("About walk (en)", "answered", ["a2 (en)"]),
        ("About rest (en)", "skipped", []),
    ]
    assert second["answers"][3]["said"] == [WORDS]
    assert [one["status"] for one in second["answers"]] == [
        "answered",
        "not-answered",
        "not-answered",
        "answered",
    ]
    (scoring,) = first["scorings"]
    assert [(one["scale_id"], one["value"]) for one in scoring["scores"]] == [
        ("energy", pytest.approx(200 / 3))
    ]
    assert [(one["title"], one["answers"][0]["said"]) for one in found["drafts"]] == [
        ("Made for tests (en)", ["a3 (en)"])
    ]
    assert [one["state"] for one in found["assessments"]] == ["submitted", "open"]
    assert [one["is_stored"] for one in found["submissions"]] == [True]
    assert found["participation"] == {"stopped_at": None, "erasure": None}
    assert {one["purpose"] for one in found["uses"]} == {"stored", "own-reading", "own-download"}
    assert (await held(client, "nn"))["responses"][0]["answers"][0]["question"] == "About tired (nn)"


async def test_what_is_on_its_way_is_said_to_be(service: Service, study: Study) -> None:
    one = await open_assessment(study)
    await send(study, make_submission(one))
    found = await held(await service.patient(one.person_id))
    assert [(one["is_stored"]) for one in found["submissions"]] == [False]
    assert found["responses"] == []


async def test_a_control_is_told_the_kind_and_the_day_and_not_whose_case_it_is(
    service: Service, database: str
) -> None:
    person = make_control()
    tell_registry(database, [person], NOW)
    found = await held(await service.patient(person.person_id))
    (fact,) = [one["fact"] for one in found["facts"] if one["kind"] == "control"]
    assert set(fact) == {"icd10", "index_date", "withdrawn"}


async def test_a_correction_stands_beside_what_it_corrects(service: Service, database: str) -> None:
    tumour = make_tumour()
    for days, icd10 in ((0, "C619"), (1, "C620")):
        changed = replace(make_history(replace(tumour, icd10=icd10)), person_id=PersonId(tumour.tumour_id))
        tell_registry(database, [changed], NOW + timedelta(days=days))
    found = await held(await service.patient(PersonId(tumour.tumour_id)))
    cases = [(one["fact"]["icd10"], one["holds"]) for one in found["facts"] if one["kind"] == "tumour"]
    assert cases == [("C619", False), ("C620", True)]


async def test_the_bundle_is_fhir_with_every_response_and_every_score(
    service: Service, study: Study, database: str
) -> None:
    anna = await answered_person(study, database)
    found = await fetch(await service.patient(anna), "answers.fhir.json")
    assert found.headers["content-type"] == "application/fhir+json"
    Bundle.model_validate_json(found.content)
    resources = [one["resource"] for one in found.json()["entry"]]
    kinds = [one["resourceType"] for one in resources]
    assert kinds == ["Patient", "QuestionnaireResponse", "Observation", "QuestionnaireResponse"]
    for one in resources[1:]:
        model = QuestionnaireResponse if one["resourceType"] == "QuestionnaireResponse" else Observation
        model.model_validate_json(json.dumps(one))
        assert one["subject"]["reference"] == f"urn:uuid:{anna}"
    assert resources[2]["derivedFrom"] == [{"reference": f"urn:uuid:{resources[1]['id']}"}]
    assert resources[2]["valueQuantity"]["value"] == pytest.approx(200 / 3)
    assert len({one["fullUrl"] for one in found.json()["entry"]}) == 4


def read_pdf(content: bytes) -> tuple[PdfReader, str]:
    reader = PdfReader(io.BytesIO(content))
    return reader, "\n".join(page.extract_text() for page in reader.pages)


TITLES = {
    "nb": "Det registeret har om deg",
    "nn": "Det registeret har om deg",
    "en": "What the register holds of you",
}


async def test_the_pdf_is_tagged_and_readable_in_each_language(
    service: Service, study: Study, database: str
) -> None:
    client = await service.patient(await answered_person(study, database))
    for lang, title in TITLES.items():
        found = await fetch(client, "answers.pdf", lang)
        assert found.status_code == 200, found.text
        reader, shown = read_pdf(found.content)
        catalog: Any = reader.trailer["/Root"]
        assert catalog["/MarkInfo"]["/Marked"]
        assert catalog["/Lang"] == lang
        assert "/StructTreeRoot" in catalog
        assert b"pdfuaid:part" in catalog["/Metadata"].get_data()
        assert reader.metadata is not None
        assert reader.metadata.title == title
        for one in (title, f"About tired ({lang})", f"a1 ({lang})", "C619"):
            assert one in shown, one
        # Letters that Northern Sámi has, and what would be markup.
        for one in ("čáŋžŧ", "đšß", "*fet*", "#let"):
            assert one in shown, one


async def test_nothing_is_downloaded_without_a_login_of_the_last_five_minutes(
    service: Service, study: Study, database: str
) -> None:
    anna = await answered_person(study, database)
    opened = "audit.audit_entry WHERE entry LIKE '%opened-for-own-history%'"
    for logged_in, file in product((OLD, timedelta(hours=1), None), FILES):
        refused = await fetch(await service.patient(anna, logged_in), file)
        assert problem(refused) == (403, "fresh-login-needed")
    assert count(database, opened) == 0
    for number, file in enumerate(FILES, start=1):
        assert (await fetch(await service.anyone(), file)).status_code == 401
        fresh = await fetch(await service.patient(anna), file)
        assert fresh.status_code == 200
        ending = file.removeprefix("answers.")
        named = f'attachment; filename="etterklang-2026-11-23.{ending}"'
        assert fresh.headers["content-disposition"] == named
        assert fresh.headers["cache-control"] == "no-store"
        assert count(database, opened) == number


async def test_nobody_gets_anything_of_another_person(service: Service, study: Study, database: str) -> None:
    await answered_person(study, database)
    berit = make_history(make_tumour())
    tell_registry(database, [berit], NOW)
    for person, file in product((berit.person_id, PersonId(new_id())), FILES):
        found = await fetch(await service.patient(person), file)
        assert found.status_code == 200
        shown = read_pdf(found.content)[1] if file.endswith("pdf") else found.text
        for secret in ("About tired", "C619", "čáŋžŧ"):
            assert secret not in shown
    unknown = await service.patient()
    assert (await held(unknown))["facts"] == []


async def test_what_stands_under_both_numbers_of_a_merged_person_is_theirs(
    service: Service, study: Study, database: str
) -> None:
    old, new = await answered_person(study, database), await answered_person(study, database)
    async with transaction(service.engine_as(Role.KEYS)) as connection:
        await merge(connection, old, new, "kari", "a D-number", NOW)
    found = await held(await service.patient(new))
    assert len(found["responses"]) == 4
    assert len([one for one in found["facts"] if one["kind"] == "tumour"]) == 2


async def test_a_later_scoring_stands_beside_the_earlier_one(
    service: Service, study: Study, database: str
) -> None:
    anna = await answered_person(study, database)
    scales = (Scale("energy", items=("walk",)), Scale("all", items=("tired", "walk")))
    renewed = replace(everyday(), scoring=replace(everyday().scoring, version="2", scales=scales))
    async with transaction(study.worker) as connection:
        newer = await approve_instrument(connection, study.keys_as(Role.WORKER), renewed)
    await rescore(study.research, study.keys_as(Role.RESEARCH), newer, NOW, "kari")
    client = await service.patient(anna)
    scorings = (await held(client))["responses"][0]["scorings"]
    assert [[score["scale_id"] for score in one["scores"]] for one in scorings] == [
        ["energy"],
        ["energy", "all"],
    ]
    bundle = (await fetch(client, "answers.fhir.json")).json()
    ids = [one["resource"]["id"] for one in bundle["entry"]]
    assert len(ids) == len(set(ids)) == 6


async def test_an_erased_persons_downloads_work_and_hold_no_answer(
    service: Service, study: Study, database: str
) -> None:
    anna = await answered_person(study, database)
    client = await service.patient(anna)
    assert (await client.post("/api/patient/participation/erasure")).status_code == 200
    async with transaction(service.engine_as(Role.KEYS)) as connection:
        await erase(connection, anna, "kari", NOW)
    for file in FILES:
        assert (await fetch(client, file)).status_code == 200
    found = await held(client)
    assert (found["responses"], found["drafts"], found["signals"]) == ([], [], [])
    assert found["participation"]["erasure"]["done_at"] is not None


async def test_a_download_takes_the_same_round_trips_however_much_there_is(
    service: Service, study: Study, database: str
) -> None:
    one, many = await answered_person(study, database), await answered_person(study, database)
    for wave in (1, 2):
        await send(study, make_submission(await open_assessment(study, wave, many)))
        await process_inbox(study.worker, study.keys_as(Role.WORKER), NOW, 10)
    told = []
    for person in (one, many):
        client = await service.patient(person)
        with statements(service) as seen:
            assert len((await held(client))["responses"]) == (2 if person == one else 6)
        told.append(len(seen))
    assert told[0] == told[1] <= 12


READINGS = ("own.facts()", "own.responses()", "own.scores()", "own.signals()")


async def test_code_inside_the_web_process_reads_of_whom_it_likes_only_while_their_login_is_fresh(
    study: Study, service: Service, database: str
) -> None:
    anna, berit = await answered_person(study, database), await answered_person(study, database)

    async def rows(person: PersonId) -> list[int]:
        async with transaction(study.web) as connection:
            await as_person(connection, person)
            return [
                (await connection.execute(text(f"SELECT count(*) FROM {one}"))).scalar_one()
                for one in READINGS
            ]

    assert await rows(anna) == [0, 0, 0, 0]
    await held(await service.patient(anna))
    assert await rows(anna) == [4, 2, 2, 0]
    assert await rows(berit) == [0, 0, 0, 0]
    async with transaction(service.engine_as(Role.KEYS)) as connection:
        await connection.execute(text("UPDATE own.reading SET until = clock_timestamp()"))
    assert await rows(anna) == [0, 0, 0, 0]


def test_every_column_of_a_fact_and_every_code_of_treatments_has_its_words_in_each_language() -> None:
    stored = {column.name for table in FACT_TABLES.values() for column in table.columns}
    own_keys = {"person_id", "recorded_at", "content_hash"}
    named = {"ct", "cn", "cm", "pt", "pn", "pm"}
    codes = {f"kind/{kind}" for kind in TREATMENT_KINDS}
    codes |= {f"scope/{scope}" for scope in ReservationScope.__args__}
    for language in ("nb", "nn", "en"):
        words = _read("facts.json")[language]
        assert stored - own_keys - named - LEFT_OUT <= set(words)
        assert codes <= set(words)
    for file in ("facts.json", "words.json"):
        keys = [set(words) for words in _read(file).values()]
        assert keys[0] == keys[1] == keys[2]
