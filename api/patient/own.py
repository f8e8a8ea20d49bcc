"""The routes of the patient's own view: who used the answers, and whether they still take part."""

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import SkipValidation

from api.security.roles import Who
from api.visits import Visit, visit_patient
from surveys.keys import OwnAct
from surveys.own import Participation, Use, Users, own_participation, own_uses

PatientVisit = NamedDependency[SkipValidation[Visit]]


class Uses(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who used the person's answers, the newest first."""

    uses: tuple[Use, ...]


@get("/uses", opt={"who": Who.PATIENT})
async def uses(patient: PatientVisit) -> Uses:
    """Who used the patient's answers, when and for what, as the audit log has it; the newest first."""
    return Uses(await own_uses(patient.connection, registry_of(patient)))


@get("/participation", opt={"who": Who.PATIENT})
async def participation(patient: PatientVisit) -> Participation:
    """Whether the patient still takes part, and what became of the erasure that they asked for."""
    return await own_participation(patient.connection)


@post("/participation/stop", opt={"who": Who.PATIENT}, status_code=200)
async def stop(patient: PatientVisit) -> Participation:
    """Asks the patient nothing more; what they have answered stays. 403 ``fresh-login-needed``."""
    await patient.process.keys.act(OwnAct.STOP, patient.session.grant)
    return await own_participation(patient.connection)


@post("/participation/erasure", opt={"who": Who.PATIENT}, status_code=200)
async def erasure(patient: PatientVisit) -> Participation:
    """Stops, and asks for erasure, which a member of staff carries out. 403 ``fresh-login-needed``."""
    await patient.process.keys.act(OwnAct.ERASE, patient.session.grant)
    return await own_participation(patient.connection)


def registry_of(patient: Visit) -> Users:
    """Who the register is to the patient."""
    settings = patient.process.settings
    return Users(settings.etterklang_organisation, settings.etterklang_legal_basis)


own_router = Router(
    "/api/patient",
    route_handlers=[uses, participation, stop, erasure],
    dependencies={"patient": Provide(visit_patient)},
    tags=["patient"],
)
