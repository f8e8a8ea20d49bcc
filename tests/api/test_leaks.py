"""Attack 2, what the processes say: 10,000 planted values in no error, header, log line or trace."""

import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import unquote

import httpx2
import pytest
import structlog
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import api.edge
from api.security.roles import SAFE_METHODS, routes_of
from surveys.answering import process_inbox
from surveys.database import Role
from surveys.identifiers import new_id
from surveys.logs import configure_logs
from surveys.registry import import_waiting_batches
from tests.builders.answering import NOW, Study, answers, as_owner, make_submission, open_assessment, send
from tests.builders.api import Service
from tests.builders.keys import synthetic_numbers
from tests.builders.registry import as_ndjson, person

NUMBERS = synthetic_numbers(4_000)
WORDS = [f"Fiolblå paraply nummer {n:04d} på benken" for n in range(4_000)]
SCORES = [f"73.0{n:04d}917" for n in range(1_000)]
NAMES = [f"planted-instrument-{n:04d}" for n in range(1_000)]
PLANTED = [*NUMBERS, *WORDS, *SCORES, *NAMES]
IN_A_BODY = 400
IN_A_PATH = 250


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """Where the spans go that an operator's exporter would be given."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(api.edge, "tracer", provider.get_tracer("etterklang.api"))
    return exporter


@pytest.fixture
def restored() -> Iterator[None]:
    """Puts logging back as it was for the tests that come after."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def bodies(values: Sequence[str]) -> dict[str, bytes]:
    """The values where they do not belong: as fields, as values, in what is no JSON, as rows, as a form."""
    text = json.dumps(values, ensure_ascii=False)
    items = json.dumps({one: [one] for one in values}, ensure_ascii=False)
    return {
        "fields": json.dumps(dict.fromkeys(values, 1), ensure_ascii=False).encode(),
        "items": f'{{"revision": 0, "answers": [{{"part": 0, "values": {items}}}]}}'.encode(),
        "values": f'{{"revision": {text}, "answers": {text}, "language": {text}}}'.encode(),
        "skipped": f'{{"revision": 0, "answers": [{{"part": 0, "skipped": {text}}}]}}'.encode(),
        "no JSON": text[:-1].encode(),
        "rows": "\n".join(f'{{"kind": "{one}", "national_id": "{one}"}}' for one in values).encode(),
        "a form": "&".join(f"{one}={one}" for one in values).encode(),
    }  # fmt: skip


async def answered(
    service: Service, callers: Mapping[str, httpx2.AsyncClient], known: Mapping[str, object]
) -> tuple[list[httpx2.Response], int]:
    """What is answered to each value in each kind of body on each route, in paths, queries and headers."""
    said, tried = [], 0
    lots = [PLANTED[at : at + IN_A_BODY] for at in range(0, len(PLANTED), IN_A_BODY)]
    unsafe = [route for route in routes_of(service.app) if route.method not in SAFE_METHODS]
    types = {"/api/token": "application/x-www-form-urlencoded", "/api/feed": "application/x-ndjson"}
    for place, route in enumerate(unsafe):
        path = route.path.format(**known)
        of_route = next((one for start, one in types.items() if path.startswith(start)), "application/json")
        for number, values in enumerate(lots):
            # Each value goes to each route, in one kind of body or another.
            kinds = list(bodies(values).values())
            body, headers = kinds[(place + number) % len(kinds)], {"content-type": of_route}
            said.append(await callers[route.who].request(route.method, path, content=body, headers=headers))
            tried += len(values)
    anyone = await service.anyone()
    for at in range(0, len(PLANTED), IN_A_PATH):
        joined = "/".join(one.replace(" ", "%20") for one in PLANTED[at : at + IN_A_PATH])
        plain = joined.encode("ascii", "replace").decode().replace("?", "aa")
        for path, headers in (
            (f"/api/patient/assessments/{joined}", {}),
            (f"/api/research/extracts/{joined}?token={joined}", {}),
            ("/api/patient/assessments", {"authorization": f"Bearer {plain}", "x-csrf": plain}),
            ("/login/callback?state=1&code=2", {"cookie": f"etterklang={plain}", "origin": plain}),
        ):
            said.append(await anyone.get(path, headers=headers))
            tried += IN_A_PATH
    return said, tried


def leaked(content: str) -> list[str]:
    """Which of the planted values stand in the content, however they are quoted."""
    said = unquote(content)
    numbers = set(re.findall(r"(?=(\d{11}))", said)) & set(NUMBERS)
    return [*numbers, *re.findall(r"73\.0\d{4}917|planted-instrument-\d{4}|paraply.{1,6}nummer", said)]


async def test_no_planted_value_stands_in_what_the_processes_say(
    service: Service,
    study: Study,
    database: str,
    spans: InMemorySpanExporter,
    restored: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs("debug")
    structlog.configure(cache_logger_on_first_use=False)
    mine = await open_assessment(study)
    project = new_id()
    callers = {
        "patient": await service.patient(mine.person_id),
        "staff-registry": await service.staff(),
        "machine": await service.machine("feed:norway", f"research:{project}"),
        "anyone": await service.anyone(),
    }
    known = {
        "assessment_id": mine.assessment_id, "submission_id": new_id(), "person_id": new_id(),
        "signal_id": new_id(), "registry": "norway", "batch_id": new_id(), "project_id": project,
        "extract_id": new_id(),
    }  # fmt: skip
    said, tried = await answered(service, callers, known)
    said += await broken(service, callers["patient"], study, database)
    await work(service, study, callers["machine"])
    errors = [one for one in said if one.status_code >= 400]
    assert {one.status_code for one in errors} >= {400, 401, 404, 500}
    for one in errors:
        assert leaked(one.text + str(one.headers)) == []
    lines = capsys.readouterr().out
    assert lines.count('"event": "request"') >= len(said)
    assert leaked(lines) == []
    traced = [span.to_json() for span in spans.get_finished_spans()]
    assert len(traced) >= len(said)
    assert leaked("".join(traced)) == []
    metrics = [await callers["anyone"].get(path) for path in ("/metrics", "/health/live", "/health/ready")]
    assert [one.status_code for one in metrics] == [404, 200, 200]
    assert leaked("".join(one.text for one in metrics)) == []
    assert tried >= 13 * len(PLANTED)
    assert len(errors) > 200


async def broken(
    service: Service, patient: httpx2.AsyncClient, study: Study, database: str
) -> list[httpx2.Response]:
    """Answers to good drafts whose table is gone: errors of ours, whose statements hold what was sent."""
    mine = await open_assessment(study)
    client = await service.patient(mine.person_id)
    said = []
    as_owner(database, "ALTER TABLE answering.draft RENAME TO elsewhere")
    for word in WORDS[:5]:
        body = {"revision": 0, "answers": [{"part": 1, "values": {"words": [word]}}]}
        path = f"/api/patient/assessments/{mine.assessment_id}/draft"
        said.append(await client.put(path, json=body))
    as_owner(database, "ALTER TABLE answering.elsewhere RENAME TO draft")
    return said


async def work(service: Service, study: Study, machine: httpx2.AsyncClient) -> None:
    """What the worker does with planted answers and rows, of which it scores some and rejects some."""
    for word in WORDS[:5]:
        one = await open_assessment(study)
        await send(study, make_submission(one, answers(second={"words": (word,)})))
    worker, keys = service.engine_as(Role.WORKER), service.keys_as(Role.WORKER)
    await process_inbox(worker, keys, NOW, 100)
    rows = [person(n, national_id=number) for n, number in enumerate(NUMBERS[:200])]
    rows += [person(n, national_id=word) for n, word in enumerate(WORDS[:200])]
    path = f"/api/feed/norway/batches/{new_id()}"
    taken = await machine.post(
        path, content=as_ndjson(*rows), headers={"content-type": "application/x-ndjson"}
    )
    assert taken.status_code == 202
    assert await import_waiting_batches(worker, keys, NOW)
    assert leaked((await machine.get(path)).text) == []
