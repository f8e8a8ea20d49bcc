"""The routes of the patient's own view: who used the answers, all that is held, whether they take part."""

from typing import Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, SkipValidation

from api.documents import language_of
from api.patient.paper import compose, print_paper
from api.security.roles import Who
from api.visits import Visit, visit_patient
from surveys.answering import Language
from surveys.keys import OwnAct
from surveys.own import (
    Holdings,
    Participation,
    Reader,
    Use,
    Users,
    own_participation,
    own_uses,
    read_record,
    to_holdings,
    write_bundle,
)

JSON = "application/json"
FHIR = "application/fhir+json"
PDF = "application/pdf"

AnyRequest = Request[Any, Any, Any]
PatientVisit = NamedDependency[SkipValidation[Visit]]


class Uses(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who used the person's answers, the newest first."""

    uses: tuple[Use, ...]


@get("/uses", opt={"who": Who.PATIENT})
async def uses(patient: PatientVisit) -> Uses:
    """Who used the patient's answers, when and for what, as the audit log has it; the newest first."""
    return Uses(await own_uses(patient.connection, _registry(patient)))


@get("/answers.json", opt={"who": Who.PATIENT}, media_type=JSON)
async def answers_json(
    request: AnyRequest, patient: PatientVisit, lang: FromQuery[Language | None] = None
) -> Response[Holdings]:
    """All that is held of the patient, with the questions' wording. 403 ``fresh-login-needed``."""
    held = await _holdings(request, patient, lang)
    return Response(held, media_type=JSON, headers=_named(patient, "json"))


@get("/answers.fhir.json", opt={"who": Who.PATIENT}, media_type=FHIR)
async def answers_fhir(patient: PatientVisit) -> Response[bytes]:
    """The patient's answers and scores as a FHIR R4 Bundle. 403 ``fresh-login-needed``."""
    record = await read_record(patient.connection, _reader(patient))
    content = write_bundle(record, patient.session.person_id, patient.now)
    return Response(content, media_type=FHIR, headers=_named(patient, "fhir.json"))


@get("/answers.pdf", opt={"who": Who.PATIENT}, media_type=PDF)
async def answers_pdf(
    request: AnyRequest, patient: PatientVisit, lang: FromQuery[Language | None] = None
) -> Response[bytes]:
    """All that is held of the patient, as a PDF that a screen reader reads. 403 ``fresh-login-needed``."""
    held = await _holdings(request, patient, lang)
    content = await print_paper(compose(held), patient.now)
    return Response(content, media_type=PDF, headers=_named(patient, "pdf"))


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


async def _holdings(request: AnyRequest, patient: Visit, lang: Language | None) -> Holdings:
    record = await read_record(patient.connection, _reader(patient))
    return to_holdings(record, language_of(request, lang), patient.now)


def _reader(patient: Visit) -> Reader:
    process, session = patient.process, patient.session
    return Reader(session.person_id, session.grant, process.keys, process.library, _registry(patient))


def _named(patient: Visit, ending: str) -> dict[str, str]:
    """A file's name that says nothing of whose it is, nor of what."""
    return {"content-disposition": f'attachment; filename="etterklang-{patient.now:%Y-%m-%d}.{ending}"'}


def _registry(patient: Visit) -> Users:
    """Who the register is to the patient."""
    settings = patient.process.settings
    return Users(settings.etterklang_organisation, settings.etterklang_legal_basis)


own_router = Router(
    "/api/patient",
    route_handlers=[uses, answers_json, answers_fhir, answers_pdf, participation, stop, erasure],
    dependencies={"patient": Provide(visit_patient)},
    tags=["patient"],
)
