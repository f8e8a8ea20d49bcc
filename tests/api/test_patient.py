"""The patient's routes and page, over HTTP."""

import json
from datetime import timedelta

import httpx2
import pytest
from msgspec import to_builtins

from surveys.identifiers import PersonId, new_id
from tests.builders.answering import NOW, TODAY, Open, Study, answers, open_assessment
from tests.builders.api import Service


def body(revision: int = 0, **first: object) -> dict[str, object]:
    """A draft's body with these answers to the first part."""
    return {"revision": revision, "answers": [{"part": 0, "values": {k: [v] for k, v in first.items()}}]}


def submission_body() -> dict[str, object]:
    """Answers to both parts that the instruments take."""
    return {"language": "nb", "answers": to_builtins(answers())}


def submission_path(one: Open) -> str:
    return f"/api/patient/assessments/{one.assessment_id}/submissions/{new_id()}"


async def shell(client: httpx2.AsyncClient, path: str = "/") -> dict:
    page = (await client.get(path)).text
    return json.loads(page.partition('id="state">')[2].partition("</script>")[0])


async def test_the_list_has_what_is_open_and_what_was_answered(service: Service, study: Study) -> None:
    person = PersonId(new_id())
    open_one = await open_assessment(study, person_id=person)
    done = await open_assessment(study, person_id=person, state="submitted", wave=2)
    listed = (await (await service.patient(person)).get("/api/patient/assessments")).json()
    assert [(one["assessment_id"], one["state"]) for one in listed] == [
        (str(open_one.assessment_id), "open"),
        (str(done.assessment_id), "submitted"),
    ]
    assert listed[0] == {
        "assessment_id": str(open_one.assessment_id),
        "opens_on": str(TODAY - timedelta(days=10)),
        "closes_on": str(TODAY + timedelta(days=10)),
        "minutes": 2,
        "state": "open",
        "has_draft": False,
        "submitted_at": None,
    }
    assert listed[1]["submitted_at"] == "2026-11-23T09:30:00Z"


async def test_a_person_sees_nobody_elses_assessments(service: Service, study: Study) -> None:
    others = await open_assessment(study)
    client = await service.patient()
    assert (await client.get("/api/patient/assessments")).json() == []
    path = f"/api/patient/assessments/{others.assessment_id}"
    found = [
        await client.get(path),
        await client.put(f"{path}/draft", json=body()),
        await client.put(submission_path(others), json=submission_body()),
    ]
    assert [(one.status_code, one.json()["type"].rpartition("/")[2]) for one in found] == [
        (404, "assessment-not-found")
    ] * 3


async def test_a_questionnaire_comes_with_its_wording_and_without_its_scoring(
    service: Service, study: Study
) -> None:
    mine = await open_assessment(study)
    client = await service.patient(mine.person_id)
    found = (await client.get(f"/api/patient/assessments/{mine.assessment_id}")).json()
    assert set(found) == {"assessment_id", "closes_on", "parts", "draft", "content"}
    first = found["parts"][0]
    assert set(first) == {"part", "structure", "presentation", "translations"}
    assert set(first["translations"]) == {"nb", "nn", "en"}
    assert [item["item_id"] for item in first["structure"]["items"]] == ["tired", "walk", "rest"]
    assert found["draft"] is None


async def test_a_draft_comes_back_on_another_device(service: Service, study: Study) -> None:
    mine = await open_assessment(study)
    path = f"/api/patient/assessments/{mine.assessment_id}"
    phone, tablet = await service.patient(mine.person_id), await service.patient(mine.person_id)
    assert (await phone.put(f"{path}/draft", json=body(0, tired="a1"))).json() == {"revision": 1}
    draft = (await tablet.get(path)).json()["draft"]
    assert draft == {"revision": 1, "answers": [{"part": 0, "values": {"tired": ["a1"]}, "skipped": []}]}
    assert (await tablet.get("/api/patient/assessments")).json()[0]["has_draft"] is True


async def test_a_late_device_does_not_overwrite_a_draft(service: Service, study: Study) -> None:
    mine = await open_assessment(study)
    path = f"/api/patient/assessments/{mine.assessment_id}/draft"
    client = await service.patient(mine.person_id)
    await client.put(path, json=body(0, tired="a1"))
    late = await client.put(path, json=body(0, tired="a2"))
    assert late.status_code == 409
    assert late.json()["type"].endswith("/draft-conflict")
    assert set(late.json()) == {"type", "title", "status", "detail"}


async def test_the_same_submission_again_gives_the_same_receipt(service: Service, study: Study) -> None:
    mine = await open_assessment(study)
    path, client = submission_path(mine), await service.patient(mine.person_id)
    first = await client.put(path, json=submission_body())
    assert first.status_code == 200, first.text
    assert set(first.json()) == {
        "submission_id", "assessment_id", "received_at", "commitment", "salt", "signature",
    }  # fmt: skip
    service.clock.moment += timedelta(minutes=5)
    assert (await client.put(path, json=submission_body())).content == first.content


async def test_another_body_or_another_identifier_is_refused_once_answered(
    service: Service, study: Study
) -> None:
    mine = await open_assessment(study)
    path, client = submission_path(mine), await service.patient(mine.person_id)
    await client.put(path, json=submission_body())
    other = submission_body() | {"language": "en"}
    refused = [await client.put(path, json=other), await client.put(submission_path(mine), json=other)]
    assert [one.status_code for one in refused] == [409, 409]
    assert {one.json()["type"].rpartition("/")[2] for one in refused} == {"already-submitted"}


async def test_faults_name_part_item_and_rule_and_no_answer(service: Service, study: Study) -> None:
    mine = await open_assessment(study)
    client = await service.patient(mine.person_id)
    wrong = to_builtins(answers(second={"times": (7713,)}))
    found = await client.put(submission_path(mine), json={"language": "nb", "answers": wrong})
    assert found.status_code == 422
    (fault,) = found.json()["faults"]
    assert (fault["part"], fault["item_id"], fault["rule"]) == (1, "times", "out-of-range")
    assert "7713" not in found.text


async def test_a_choice_code_that_looks_like_a_number_stays_text(service: Service, study: Study) -> None:
    mine = await open_assessment(study)
    path = f"/api/patient/assessments/{mine.assessment_id}"
    client = await service.patient(mine.person_id)
    await client.put(f"{path}/draft", json=body(0, tired="1", walk="true"))
    assert (await client.get(path)).json()["draft"]["answers"][0]["values"] == {
        "tired": ["1"],
        "walk": ["true"],
    }


@pytest.mark.parametrize("days", [-11, 11])
async def test_outside_its_window_an_assessment_takes_nothing(
    service: Service, study: Study, days: int
) -> None:
    mine = await open_assessment(study)
    service.clock.moment = NOW + timedelta(days=days)
    client = await service.patient(mine.person_id)
    path = f"/api/patient/assessments/{mine.assessment_id}"
    found = [
        await client.get(path),
        await client.put(f"{path}/draft", json=body()),
        await client.put(submission_path(mine), json=submission_body()),
    ]
    assert {one.json()["type"].rpartition("/")[2] for one in found} == {"assessment-not-open"}
    assert (await client.get("/api/patient/assessments")).json() == []


async def test_the_page_carries_the_list_and_the_first_questionnaire(service: Service, study: Study) -> None:
    mine = await open_assessment(study)
    client = await service.patient(mine.person_id)
    found = await shell(client)
    assert found["signed_in"] is True
    assert found["csrf"] == client.headers["x-csrf"]
    assert found["assessments"][0]["assessment_id"] == str(mine.assessment_id)
    assert (
        found["questionnaire"] == (await client.get(f"/api/patient/assessments/{mine.assessment_id}")).json()
    )


async def test_somebody_without_assessments_gets_the_same_page_whoever_it_is(
    service: Service, study: Study
) -> None:
    stranger, known = await service.patient(), PersonId(new_id())
    await open_assessment(study, person_id=known, state="lapsed")
    pages = []
    for client in (stranger, await service.patient(known)):
        found = await client.get("/")
        pages.append(found.text.replace(client.headers["x-csrf"], "").encode())
    assert pages[0] == pages[1]


async def test_without_a_login_the_page_says_so_and_why(service: Service) -> None:
    client = await service.anyone()
    found = await shell(client, "/?notice=login-failed&lang=nn")
    assert found == {
        "signed_in": False,
        "language": "nn",
        "session_ends_at": None,
        "csrf": None,
        "assessments": [],
        "questionnaire": None,
        "notice": "login-failed",
    }


async def test_a_session_that_has_ended_is_no_session(service: Service, study: Study) -> None:
    client = await service.patient()
    service.clock.moment += timedelta(minutes=16)
    assert (await client.get("/api/patient/assessments")).status_code == 401
    assert (await shell(client))["signed_in"] is False
