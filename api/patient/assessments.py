"""The routes of the patient's page: what is open, drafts, submissions."""

from litestar import Router, get, put
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, SkipValidation

from api.patient.messages import (
    AssessmentSummary,
    DraftBody,
    DraftSaved,
    Questionnaire,
    SubmissionBody,
)
from api.patient.reading import list_assessments, open_questionnaire
from api.security.roles import Who
from api.visits import Visit, visit_patient
from surveys.answering import DraftToSave, Receipt, Submission, save_draft, submit
from surveys.identifiers import AssessmentId, PersonId, SubmissionId

PatientVisit = NamedDependency[SkipValidation[Visit]]


@get("/", opt={"who": Who.PATIENT})
async def assessments(patient: PatientVisit) -> tuple[AssessmentSummary, ...]:
    """What the patient can answer today, and what they have answered."""
    return await list_assessments(patient)


@get("/{assessment_id:uuid}", opt={"who": Who.PATIENT})
async def questionnaire(patient: PatientVisit, assessment_id: FromPath[AssessmentId]) -> Questionnaire:
    """One open assessment: its parts with structure, presentation and wording, and the patient's draft."""
    return await open_questionnaire(patient, assessment_id)


@put("/{assessment_id:uuid}/draft", opt={"who": Who.PATIENT})
async def draft(
    patient: PatientVisit, assessment_id: FromPath[AssessmentId], data: JSONBody[DraftBody]
) -> DraftSaved:
    """Keeps unfinished answers; 409 ``draft-conflict`` when another device has saved since."""
    asked = DraftToSave(_person(patient), assessment_id, data.revision, data.answers)
    inbox_key = await patient.process.kept.inbox(patient.now)
    return DraftSaved(await save_draft(patient.connection, inbox_key, asked, patient.now))


@put("/{assessment_id:uuid}/submissions/{submission_id:uuid}", opt={"who": Who.PATIENT})
async def submission(
    patient: PatientVisit,
    assessment_id: FromPath[AssessmentId],
    submission_id: FromPath[SubmissionId],
    data: JSONBody[SubmissionBody],
) -> Receipt:
    """Takes the finished answers, once: the same again gives the same receipt, another body 409."""
    asked = Submission(_person(patient), assessment_id, submission_id, data.language, data.answers)
    kept = patient.process.kept
    receipt_key, inbox_key = await kept.receipt(), await kept.inbox(patient.now)
    return await submit(
        patient.connection, receipt_key, inbox_key, patient.process.library, asked, patient.now
    )


def _person(patient: Visit) -> PersonId:
    return PersonId(patient.session.person_id)


patient_router = Router(
    "/api/patient/assessments",
    route_handlers=[assessments, questionnaire, draft, submission],
    dependencies={"patient": Provide(visit_patient)},
    tags=["patient"],
)
