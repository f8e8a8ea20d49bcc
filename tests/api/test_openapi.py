"""The committed description is the one that the routes give."""

import json
from pathlib import Path

from api.app import DESCRIBED
from api.openapi import describe
from tests.builders.api import Service

COMMITTED = Path(__file__).parent.parent.parent / "openapi.json"


def test_the_committed_description_is_what_the_routes_give() -> None:
    assert COMMITTED.read_bytes() == describe(DESCRIBED), "run `python -m api.describe > openapi.json`"


def test_it_describes_every_api_route_with_its_credential_and_problems() -> None:
    described = json.loads(COMMITTED.read_bytes())
    assert "/api/patient/assessments/{assessment_id}/draft" in described["paths"]
    for path, operations in described["paths"].items():
        for operation in operations.values():
            assert "application/problem+json" in operation["responses"]["default"]["content"], path
            if path.startswith(("/api/patient", "/api/staff", "/api/feed", "/api/research")):
                assert operation["security"], path


async def test_it_is_served_and_nothing_else_of_the_kind_is(service: Service) -> None:
    client = await service.anyone()
    found = await client.get("/api/openapi.json")
    assert found.content == COMMITTED.read_bytes()
    assert found.headers["content-type"] == "application/json"
    for path in ("/schema", "/schema/swagger", "/docs", "/api"):
        assert (await client.get(path)).status_code == 404
