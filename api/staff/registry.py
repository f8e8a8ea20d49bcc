"""The routes of the staff's page: signals of late effects, and the overview of assessments."""

from typing import Any

import msgspec
from litestar import Request, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, SkipValidation

from api.documents import language_of
from api.security.roles import Who
from api.visits import Visit, visit_staff
from surveys.answering import Language
from surveys.followup import Overview, overview
from surveys.identifiers import PersonId, SignalId
from surveys.lateeffects import Signal, list_signals, mark_seen

MOST_SIGNALS = 200

StaffVisit = NamedDependency[SkipValidation[Visit]]


class Signals(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The newest signals, the newest first."""

    signals: tuple[Signal, ...]


@get("/signals", opt={"who": Who.STAFF_REGISTRY})
async def signals(
    request: Request[Any, Any, Any], staff: StaffVisit, lang: FromQuery[Language | None] = None
) -> Signals:
    """The newest 200 signals of late effects, with names in the language asked for or the browser's."""
    language = language_of(request, lang)
    grant = staff.session.grant
    found = await list_signals(staff.connection, staff.process.keys, grant, MOST_SIGNALS, language)
    return Signals(tuple(found))


@post("/signals/{person_id:uuid}/{signal_id:uuid}/seen", opt={"who": Who.STAFF_REGISTRY}, status_code=204)
async def seen(staff: StaffVisit, person_id: FromPath[PersonId], signal_id: FromPath[SignalId]) -> None:
    """Notes that somebody at the registry has seen the signal."""
    await mark_seen(staff.connection, person_id, signal_id, staff.session.subject, staff.now)


@get("/overview", opt={"who": Who.STAFF_REGISTRY})
async def counts(
    request: Request[Any, Any, Any], staff: StaffVisit, lang: FromQuery[Language | None] = None
) -> Overview:
    """Assessments by wave and state; a count under five is left out."""
    return await overview(staff.connection, staff.process.keys, language_of(request, lang))


staff_router = Router(
    "/api/staff",
    route_handlers=[signals, seen, counts],
    dependencies={"staff": Provide(visit_staff)},
    tags=["staff"],
)
