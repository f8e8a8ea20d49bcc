"""Extracts over HTTP: asked for, watched, fetched; each project by its own machines alone."""

import hashlib
import io
from datetime import date, timedelta

import httpx2
import pyarrow.parquet as pq

from surveys.database import Role, transaction
from surveys.identifiers import new_id
from surveys.research import Project, approve_project, build_requested, link_requested
from tests.builders.answering import FIRST, SECOND, Study
from tests.builders.api import Service
from tests.builders.research import LATER, answered, approve, make_project, patient

FILES = ("responses.parquet", "codebook.json", "manifest.json")


async def machine_of(service: Service, project: Project) -> httpx2.AsyncClient:
    service.clock.moment = LATER
    return await service.machine(f"research:{project.project_id}")


async def ask(client: httpx2.AsyncClient, project: Project, **body: object) -> httpx2.Response:
    return await client.post(f"/api/research/projects/{project.project_id}/extracts", json=body)


async def make(study: Study) -> None:
    """What the worker and the research process do."""
    await link_requested(study.worker, LATER)
    await build_requested(study.research, study.keys_as(Role.RESEARCH), LATER)


async def test_an_extract_is_asked_for_made_and_fetched(
    service: Service, study: Study, database: str
) -> None:
    person, tumour_id = patient(("surgery", date(2026, 7, 1)))
    await answered(study, database, person, tumour_id)
    project = await approve(study, make_project())
    client = await machine_of(service, project)
    asked = await ask(client, project)
    assert asked.status_code == 202, asked.text
    place = asked.headers["location"]
    early = await client.get(f"{place}/responses.parquet")
    assert (early.status_code, early.json()["type"].rpartition("/")[2]) == (409, "extract-not-ready")
    await make(study)
    status = (await client.get(place)).json()
    assert status["state"] == "ready"
    found = {file: await client.get(f"{place}/{file}") for file in FILES}
    assert pq.read_table(io.BytesIO(found["responses.parquet"].content)).num_rows == 2
    assert found["responses.parquet"].headers["content-type"] == "application/vnd.apache.parquet"
    assert found["codebook.json"].headers["content-type"] == "application/json"
    for digest in status["manifest"]["files"]:
        fetched = found[digest["name"]]
        assert fetched.headers["etag"] == f'"{digest["sha256"]}"'
        assert hashlib.sha256(fetched.content).hexdigest() == digest["sha256"]
        assert fetched.headers["content-length"] == str(digest["bytes"])
    assert found["manifest.json"].json() == status["manifest"]


async def test_a_linked_project_is_told_that_a_second_person_must_approve_it(
    service: Service, study: Study
) -> None:
    project = make_project()
    async with transaction(study.worker) as connection:
        await approve_project(connection, project, FIRST, LATER)
    client = await machine_of(service, project)
    refused = await ask(client, project)
    assert refused.status_code == 409
    assert refused.json()["type"].rpartition("/")[2] == "project-needs-second-person"
    assert "a second person must approve it" in refused.json()["detail"]
    async with transaction(study.worker) as connection:
        await approve_project(connection, project, SECOND, LATER)
    assert (await ask(client, project)).status_code == 202


async def test_a_file_that_the_client_has_is_not_sent_again(service: Service, study: Study) -> None:
    project = await approve(study, make_project())
    client = await machine_of(service, project)
    place = (await ask(client, project)).headers["location"]
    await make(study)
    for file in FILES:
        etag = (await client.get(f"{place}/{file}")).headers["etag"]
        again = await client.get(f"{place}/{file}", headers={"if-none-match": f'"other", {etag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)


async def test_another_projects_machine_finds_nothing(service: Service, study: Study) -> None:
    project = await approve(study, make_project())
    client = await machine_of(service, project)
    place = (await ask(client, project)).headers["location"]
    await make(study)
    other = await service.machine(f"research:{new_id()}")
    assert (await ask(other, project)).status_code == 403
    for path in (place, *(f"{place}/{file}" for file in FILES)):
        found = await other.get(path)
        assert (found.status_code, found.json()["type"].rpartition("/")[2]) == (404, "extract-not-found")
    unknown = await other.get(f"/api/research/extracts/{new_id()}")
    assert unknown.json()["type"] == found.json()["type"]


async def test_what_a_project_may_not_ask_for_is_refused(service: Service, study: Study) -> None:
    project = await approve(study, make_project())
    client = await machine_of(service, project)
    cases: list[tuple[dict[str, object], int, str]] = [
        ({"as_of": (LATER + timedelta(seconds=1)).isoformat()}, 422, "future-extract"),
        ({"as_of": "2026-11-23T09:30:00"}, 400, "bad-request"),
        ({"as_of": "9999-12-31T23:59:59-12:00"}, 422, "future-extract"),
        ({"as_of": 5}, 400, "bad-request"),
        ({"variables": ["sex"]}, 400, "bad-request"),
    ]
    for body, status, name in cases:
        found = await ask(client, project, **body)
        assert (found.status_code, found.json()["type"].rpartition("/")[2]) == (status, name), body
    for moment in ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "1999-12-31T23:59:59Z"):
        assert (await ask(client, project, as_of=moment)).status_code == 400, moment
    gone = make_project(project_id=new_id())
    assert (await ask(await machine_of(service, gone), gone)).status_code == 404
    service.clock.moment = LATER + timedelta(days=3650)
    late = await service.machine(f"research:{project.project_id}")
    assert (await ask(late, project)).json()["type"].rpartition("/")[2] == "project-expired"
