"""What the edge refuses, and that it always refuses in the same way."""

import asyncio
import json
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx2
import pytest

from surveys.identifiers import new_id
from tests.builders.answering import Study, open_assessment
from tests.builders.api import Service


def problem(response: httpx2.Response) -> tuple[int, str]:
    """The status and the problem's name, once the response has been held to RFC 9457."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    said = response.json()
    assert said["status"] == response.status_code
    assert said["title"]
    return response.status_code, said["type"].removeprefix("https://etterklang.example/problems/")


def draft_path() -> str:
    return f"/api/patient/assessments/{new_id()}/draft"


async def raw(service: Service, request: bytes) -> bytes:
    """What the server says to these very bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", service.settings.etterklang_port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(65536), 20)
    writer.close()
    return answer


async def test_every_malformed_body_is_a_400_that_names_the_place_and_no_value(service: Service) -> None:
    client = await service.patient()
    deep = b'{"revision":0,"answers":' + b"[" * 60_000
    cases: dict[bytes, str] = {
        b"": "body",
        b"{": "body",
        b"null": "$",
        b"[" * 60_000: "$",
        deep: "$.answers[0]",
        b'{"revision":0,"answers":[],"extra":"Z9"}': "$",
        b'{"revision":"Z9","answers":[]}': "$.revision",
        b'{"revision":"1","answers":[]}': "$.revision",
        b'{"revision":-1,"answers":[]}': "$.revision",
        b'{"revision":2147483647,"answers":[]}': "$.revision",
        b'{"revision":99999999999999999999999999,"answers":[]}': "$.revision",
        b'{"revision":1.5,"answers":[]}': "$.revision",
        b'{"revision":0}': "$",
        b'{"revision":0,"answers":[{"part":0,"values":{"a":[NaN]}}]}': "body",
        b'{"revision":0,"answers":[{"part":0,"values":{"a":[1e999]}}]}': "$.answers[0].values[...][0]",
        b'{"revision":0,"answers":[{"part":0,"values":{"a":[{}]}}]}': "$.answers[0].values[...][0]",
        b'{"revision":0,"answers":[{"part":0,"values":{"a":["\xff"]}}]}': "body",
        b'{"revision":0,"answers":[{"part":0,"values":{"a":["\\ud800"]}}]}': "body",
        b'\xef\xbb\xbf{"revision":0,"answers":[]}': "body",
        b'{"revision":0,"answers":[]} x': "body",
    }
    for content, place in cases.items():
        found = await client.put(draft_path(), content=content, headers={"content-type": "application/json"})
        assert problem(found) == (400, "bad-request"), content[:60]
        assert found.json()["detail"].startswith(f"{place}: "), (content[:60], found.json()["detail"])
        assert "Z9" not in found.text


async def test_the_value_of_a_wrong_choice_is_not_repeated(service: Service) -> None:
    client = await service.patient()
    path = f"/api/patient/assessments/{new_id()}/submissions/{new_id()}"
    found = await client.put(path, json={"language": "13097248022", "answers": []})
    assert found.json()["detail"] == "$.language: is not one of the values allowed"


async def test_a_body_of_another_type_or_compressed_is_a_415(service: Service) -> None:
    client = await service.patient()
    for headers in (
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": ""},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ):
        found = await client.put(draft_path(), content=b'{"revision":0,"answers":[]}', headers=headers)
        assert problem(found) == (415, "unsupported-media-type"), headers


async def test_a_body_over_64_kib_is_a_413_announced_or_not(service: Service) -> None:
    client = await service.patient()
    headers = {"content-type": "application/json"}
    large = b'{"revision":0,"answers":[' + b" " * 65_536

    async def in_chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(large), 8192):
            yield large[start : start + 8192]

    for content in (large, in_chunks()):
        assert problem(await client.put(draft_path(), content=content, headers=headers)) == (
            413,
            "body-too-large",
        )
    assert problem(await (await service.anyone()).post("/api/token", content=large))[0] in (413, 415)


async def test_answers_too_long_for_their_envelope_are_a_413(service: Service, study: Study) -> None:
    mine = await open_assessment(study)
    client = await service.patient(mine.person_id)
    values = {f"i{number}": ["x" * 4000] for number in range(10)}
    body = {"revision": 0, "answers": [{"part": 0, "values": values}]}
    found = await client.put(f"/api/patient/assessments/{mine.assessment_id}/draft", json=body)
    assert problem(found) == (413, "too-long")


async def test_unknown_and_repeated_query_parameters_of_the_api_are_refused(service: Service) -> None:
    client = await service.patient()
    for query in ("?limit=5", "?a=1&a=1", "?%00=1"):
        found = await client.get(f"/api/patient/assessments{query}")
        assert problem(found) == (400, "bad-request")
        assert found.json()["detail"].startswith("query parameter ")
    assert (await client.get("/?utm_source=letter")).status_code == 200
    assert problem(await client.get("/?lang=Z9"))[0] == 400
    assert "Z9" not in (await client.get("/?lang=Z9")).text


async def test_what_is_not_there_is_a_404_and_another_method_a_405(service: Service) -> None:
    client = await service.patient()
    gone = [
        "/nothing", "/api", "/api/patient/assessments/42", "/api/patient/assessments/../../../etc/passwd",
        f"/api/patient/assessments/{uuid4()}/drafts", "/%00", "/schema",
        "/schema/openapi.json", "/dist/patient.html",
    ]  # fmt: skip
    for path in gone:
        assert problem(await client.get(path)) == (404, "not-found"), path
    assert problem(await client.post("/api/staff/signals/1/2/seen")) == (404, "not-found")
    for method, path in (("DELETE", "/"), ("POST", "/health/live"), ("PATCH", "/api/token"), ("TRACE", "/")):
        assert problem(await client.request(method, path)) == (405, "method-not-allowed"), path
    refused = await client.options("/api/token")
    assert problem(refused) == (405, "method-not-allowed")
    assert refused.headers["allow"] == "POST"


async def test_a_broken_off_upload_and_a_nonsense_host_do_no_harm(service: Service) -> None:
    cookie = dict((await service.patient()).cookies)
    head = (
        f"PUT {draft_path()} HTTP/1.1\r\nHost: x\r\nCookie: etterklang={cookie['etterklang']}\r\n"
        "Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{"
    )
    _, writer = await asyncio.open_connection("127.0.0.1", service.settings.etterklang_port)
    writer.write(head.encode())
    await writer.drain()
    writer.close()
    odd = await raw(service, b"GET /health/live HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n")
    assert odd.startswith(b"HTTP/1.1 400")
    assert b"application/problem+json" in odd
    assert (await (await service.anyone()).get("/health/live")).status_code == 200


async def test_no_header_or_cookie_from_outside_is_an_error_of_ours(service: Service) -> None:
    for headers in (
        {"cookie": "etterklang=%%%; =; etterklang-language=<script>"},
        {"cookie": "etterklang=" + "A" * 4000},
        {"accept-language": "x;q=nan, ;q=, en;q=1e999, " + "nb," * 3000},
        {"authorization": "Bearer ~~~.~~~.~~~"},
        {"authorization": "Bearer " + "A" * 20_000},
        {"x-forwarded-for": "1.2.3.4", "x-forwarded-proto": "https", "forwarded": "for=1;host=evil"},
    ):
        for path in ("/", "/staff", "/api/patient/assessments", f"/api/feed/norway/batches/{new_id()}"):
            found = await (await service.anyone(headers)).get(path)
            assert found.status_code in (200, 401), (headers, path, found.text)


async def test_the_security_headers_are_on_every_answer(service: Service) -> None:
    client = await service.patient()
    answers = [
        await client.get(path)
        for path in (
            "/",
            "/staff",
            "/nothing",
            "/health/live",
            "/api/patient/assessments",
            "/api/openapi.json",
        )
    ]
    answers += [await client.delete("/"), await client.put(draft_path(), content=b"{")]
    for found in answers:
        assert found.headers["x-content-type-options"] == "nosniff"
        assert found.headers["referrer-policy"] == "no-referrer"
        assert found.headers["cross-origin-opener-policy"] == "same-origin"
        assert found.headers["cross-origin-resource-policy"] == "same-origin"
        assert "geolocation=()" in found.headers["permissions-policy"]
        policy = found.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert len(found.headers.get_list("content-security-policy")) == 1
        assert found.headers["cache-control"] in ("no-store", "no-cache")
        assert "strict-transport-security" not in found.headers
        assert "server" not in found.headers


async def test_health_says_that_it_lives_and_what_it_lacks(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await service.anyone()
    assert (await client.get("/health/live")).json() == {"status": "live"}
    assert (await client.get("/health/ready")).json() == {"status": "ready"}
    await service.app.state.process.engine.dispose()
    monkeypatch.setattr(service.app.state.process.engine.pool, "_timeout", 0.1)
    held = [await service.app.state.process.engine.connect() for _ in range(16)]
    found = await client.get("/health/ready")
    for connection in held:
        await connection.close()
    assert problem(found) == (503, "not-ready")
    assert found.json()["detail"] == "not reachable: the database"
    assert found.headers["retry-after"] == "5"


def test_a_problem_holds_only_what_rfc_9457_and_the_contract_name() -> None:
    from api.problems import Problem  # noqa: PLC0415

    assert json.loads(json.dumps(list(Problem.__struct_fields__))) == [
        "type", "title", "status", "detail", "faults", "correlation_id",
    ]  # fmt: skip
