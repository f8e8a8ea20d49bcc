"""Whatever is sent to an unsafe route, it is never an error of ours."""

import contextlib
import json
from collections.abc import Mapping, Sequence

import httpx2
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from api.bodies import BadRequestError, decode
from api.patient.messages import DraftBody, SubmissionBody
from api.research.extracts import ExtractRequest
from api.security.roles import SAFE_METHODS, routes_of
from surveys.identifiers import new_id
from tests.builders.answering import Study, open_assessment
from tests.builders.api import Service

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["nb", "tired", "a1", "times"])
)
NAMES = st.text() | st.sampled_from(
    ["revision", "answers", "language", "part", "values", "skipped", "as_of", "tired"]
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
PART = st.fixed_dictionaries(
    {"part": st.integers(-1, 3) | SCALARS},
    optional={
        "values": st.dictionaries(NAMES, st.lists(SCALARS, max_size=3), max_size=4) | JSON,
        "skipped": st.lists(NAMES, max_size=3) | JSON,
    },
)
NEARLY_RIGHT = st.fixed_dictionaries(
    {"answers": st.lists(PART, max_size=3)},
    optional={
        "revision": st.integers(-1, 2**31) | SCALARS,
        "language": st.sampled_from(["nb", "nn", "en", "se"]),
    },
)
STRUCTS = (DraftBody, SubmissionBody, ExtractRequest)
# What a client of ours could never write: numbers that are none, and halves of characters.
TOLERANT = json.JSONEncoder(ensure_ascii=True, allow_nan=True)


@settings(max_examples=300, deadline=None)
@given(st.binary() | (JSON | NEARLY_RIGHT).map(lambda one: TOLERANT.encode(one).encode()))
@example(b"[" * 100_000)
@example(b'{"answers":' * 20_000)
def test_a_body_is_what_was_declared_or_a_bad_request(body: bytes) -> None:
    for declared in STRUCTS:
        with contextlib.suppress(BadRequestError):
            assert isinstance(decode(body, declared), declared)


def bodies(count: int) -> Sequence[bytes]:
    """So many bodies; the same ones every time."""
    made: list[bytes] = []

    @settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given((JSON | NEARLY_RIGHT).map(lambda one: TOLERANT.encode(one).encode()) | st.binary())
    def collect(body: bytes) -> None:
        made.append(body)

    collect()
    return made


async def test_no_unsafe_route_fails_on_any_body(service: Service, study: Study) -> None:
    mine = await open_assessment(study)
    project = new_id()
    callers: Mapping[str, httpx2.AsyncClient] = {
        "patient": await service.patient(mine.person_id),
        "staff-registry": await service.staff(),
        "machine": await service.machine("feed:norway", f"research:{project}"),
        "anyone": await service.anyone(),
    }
    known = {
        "assessment_id": mine.assessment_id, "submission_id": new_id(), "person_id": new_id(),
        "signal_id": new_id(),
        "registry": "norway", "batch_id": new_id(), "project_id": project, "extract_id": new_id(),
    }  # fmt: skip
    types = {"/api/token": "application/x-www-form-urlencoded", "/api/feed": "application/x-ndjson"}
    unsafe = [route for route in routes_of(service.app) if route.method not in SAFE_METHODS]
    assert len(unsafe) >= 6
    for body in bodies(30):
        for route in unsafe:
            own = next(
                (one for start, one in types.items() if route.path.startswith(start)), "application/json"
            )
            found = await callers[route.who].request(
                route.method, route.path.format(**known), content=body, headers={"content-type": own}
            )
            assert found.status_code < 500, (route, body, found.text)
            assert found.status_code != 401 or route.path == "/api/token", (route, body)
