"""The routes of the staff's page: signals of late effects, and the overview of assessments."""

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, SkipValidation
from msgspec.structs import asdict

from api.security.roles import Who
from api.visits import Visit, visit_staff
from surveys.followup import overview
from surveys.identifiers import PersonId, SignalId
from surveys.lateeffects import Signal, list_signals, mark_seen

MOST_SIGNALS = 200

StaffVisit = NamedDependency[SkipValidation[Visit]]


class Signals(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The newest signals, the newest first."""

    signals: tuple[Signal, ...]


class WaveLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many assessments of one wave are in each state; nothing where fewer than 5 are."""

    protocol: str
    wave: str
    planned: int | None
    open: int | None
    submitted: int | None
    lapsed: int | None
    cancelled: int | None


class StaffOverview(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many persons are followed (nothing where fewer than 5), and their assessments by wave."""

    persons: int | None
    waves: tuple[WaveLine, ...]


@get("/signals", opt={"who": Who.STAFF_REGISTRY})
async def signals(staff: StaffVisit) -> Signals:
    """The newest 200 signals of late effects."""
    found = await list_signals(staff.connection, staff.process.keys, staff.session.grant, MOST_SIGNALS)
    return Signals(tuple(found))


@post("/signals/{person_id:uuid}/{signal_id:uuid}/seen", opt={"who": Who.STAFF_REGISTRY}, status_code=204)
async def seen(
    staff: StaffVisit, person_id: FromPath[PersonId], signal_id: FromPath[SignalId]
) -> None:
    """Notes that somebody at the registry has seen the signal."""
    await mark_seen(staff.connection, person_id, signal_id, staff.session.subject, staff.now)


@get("/overview", opt={"who": Who.STAFF_REGISTRY})
async def counts(staff: StaffVisit) -> StaffOverview:
    """Assessments by wave and state; a count under five is left out."""
    found = await overview(staff.connection, staff.process.keys)
    lines = (WaveLine(**{**asdict(one), "wave": str(one.wave)}) for one in found.waves)
    return StaffOverview(found.persons, tuple(lines))


staff_router = Router(
    "/api/staff",
    route_handlers=[signals, seen, counts],
    dependencies={"staff": Provide(visit_staff)},
    tags=["staff"],
)
