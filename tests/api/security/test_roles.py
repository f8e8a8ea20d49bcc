"""Every route says who may call it, and nobody else gets through."""

from uuid import UUID

import httpx2
import pytest
from litestar import Litestar, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, SkipValidation

from api.security.roles import Declared, UndeclaredRouteError, Who, check_routes, routes_of
from api.visits import Visit, visit_patient
from tests.builders.api import Service

BODIES: dict[str, object] = {
    "/draft": {"revision": 0, "answers": []},
    "/submissions/{submission_id}": {"language": "nb", "answers": []},
    "/extracts": {},
}
"""A good body for each route that takes one, so that it is the caller who is refused."""

PARAMETERS = {
    "registry": "norway",
    "batch_id": UUID(int=1),
    "project_id": UUID(int=2),
    "extract_id": UUID(int=3),
    "assessment_id": UUID(int=4),
    "submission_id": UUID(int=5),
    "person_id": UUID(int=6),
    "signal_id": UUID(int=7),
}


async def call(client: httpx2.AsyncClient, route: Declared) -> httpx2.Response:
    body = next((one for end, one in BODIES.items() if route.path.endswith(end)), None)
    path = route.path.format(**PARAMETERS)
    if body is not None and route.method != "GET":
        return await client.request(route.method, path, json=body)
    return await client.request(route.method, path)


def guarded(service: Service) -> list[Declared]:
    return [route for route in routes_of(service.app) if route.who is not Who.ANYONE]


async def test_without_a_credential_every_guarded_route_is_a_401(service: Service) -> None:
    client = await service.anyone({"origin": service.url})
    found = {route: (await call(client, route)).status_code for route in guarded(service)}
    assert len(found) >= 14
    assert set(found.values()) == {401}, found


async def test_nobody_gets_through_with_another_kind_of_credential(service: Service) -> None:
    callers = {
        Who.PATIENT: await service.patient(),
        Who.STAFF_REGISTRY: await service.staff(),
        Who.MACHINE: await service.machine("feed:sweden"),
    }
    for route in guarded(service):
        for who, client in callers.items():
            status = (await call(client, route)).status_code
            if who is not route.who:
                assert status == 401, (who, route)
            elif who is Who.MACHINE:
                assert status == 403, route
            else:
                assert status not in (401, 403, 500), route


async def test_staff_without_the_registrys_role_see_nothing(service: Service) -> None:
    client = await service.staff(roles=())
    for route in guarded(service):
        if route.who is Who.STAFF_REGISTRY:
            assert (await call(client, route)).status_code == 403, route


async def test_an_unsafe_request_needs_our_page_and_its_token(service: Service) -> None:
    unsafe = [
        route
        for route in guarded(service)
        if route.method != "GET" and route.who in (Who.PATIENT, Who.STAFF_REGISTRY)
    ]
    assert len(unsafe) == 5
    for route in unsafe:
        client = await (service.patient() if route.who is Who.PATIENT else service.staff())
        for header, value in (("x-csrf", "guess"), ("origin", "https://evil.example")):
            good = client.headers[header]
            client.headers[header] = value
            refused = await call(client, route)
            assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (403, "cross-site")
            client.headers[header] = good
        assert (await call(client, route)).status_code == (404 if "{" in route.path else 200)


async def test_every_api_route_answers_with_no_store(service: Service) -> None:
    client = await service.anyone()
    for route in guarded(service):
        assert (await call(client, route)).headers["cache-control"] == "no-store"


def app_of(*handlers: object) -> Litestar:
    return Litestar(
        list(handlers),  # type: ignore[arg-type]
        dependencies={"patient": Provide(visit_patient)},
        openapi_config=None,
        logging_config=None,
    )


def test_a_route_that_does_not_say_who_may_call_it_stops_the_start() -> None:
    @get("/forgotten", sync_to_thread=False)
    def forgotten() -> None: ...

    with pytest.raises(UndeclaredRouteError, match=r"GET /forgotten does not declare"):
        check_routes(app_of(forgotten))


def test_a_route_that_declares_a_patient_and_checks_none_stops_the_start() -> None:
    @get("/unchecked", opt={"who": Who.PATIENT}, sync_to_thread=False)
    def unchecked() -> None: ...

    @get("/checked", opt={"who": Who.PATIENT})
    async def checked(patient: NamedDependency[SkipValidation[Visit]]) -> None: ...

    with pytest.raises(UndeclaredRouteError, match="must take the visit 'patient'"):
        check_routes(app_of(unchecked))
    check_routes(app_of(checked))


def test_a_machines_route_without_a_scope_stops_the_start() -> None:
    @get("/unscoped", opt={"who": Who.MACHINE})
    async def unscoped(machine: FromQuery[str]) -> None: ...

    with pytest.raises(UndeclaredRouteError, match="for which scope"):
        check_routes(app_of(unscoped))
