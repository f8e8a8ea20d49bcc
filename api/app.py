"""The web application: its routes, what guards them, and what opens and closes with it."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from litestar import Litestar

from api.bodies import MAX_BODY_BYTES, StrictRequest, refuse_unknown_parameters
from api.edge import Edge
from api.feed import feed_router
from api.headers import SecurityHeaders
from api.health import health_router
from api.openapi import openapi_route
from api.patient import mine_page, own_router, patient_page, patient_router
from api.problems import to_problem
from api.process import check_production, opened
from api.research import research_router
from api.security.login import login_router
from api.security.roles import admit, check_routes
from api.security.token_endpoint import token
from api.staff import staff_page, staff_router
from surveys import clock
from surveys.settings import Settings

DESCRIBED: Sequence[Any] = (
    patient_page,
    mine_page,
    patient_router,
    own_router,
    staff_page,
    staff_router,
    feed_router,
    research_router,
    token,
    login_router,
    health_router,
)
ROUTES: Sequence[Any] = (*DESCRIBED, openapi_route(DESCRIBED))


def create_app(settings: Settings, now: Callable[[], datetime] = clock.now) -> Litestar:
    """The application under these settings; its lifespan opens the database, the key service and the pages.

    Raises:
        SettingsError: a setting does not belong in production.
        UndeclaredRouteError: a route does not declare who may call it.
    """
    check_production(settings)
    app = build(ROUTES, settings, now)
    check_routes(app)
    return app


def build(routes: Sequence[Any], settings: Settings, now: Callable[[], datetime]) -> Litestar:
    """These routes behind the edge and the guards that all routes have."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with opened(settings, now) as process:
            app.state.process = process
            yield

    app = Litestar(
        routes,
        lifespan=[lifespan],
        guards=[admit, refuse_unknown_parameters],
        exception_handlers={Exception: to_problem},
        request_class=StrictRequest,
        request_max_body_size=MAX_BODY_BYTES,
        logging_config=None,
        openapi_config=None,
        debug=False,
        pdb_on_exception=False,
    )
    app.asgi_handler = Edge(app.asgi_handler, SecurityHeaders(settings.etterklang_public_url))
    return app
