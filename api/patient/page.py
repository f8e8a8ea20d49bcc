"""``GET /`` and ``GET /mine``: the patient's pages with the state of this visit written into them."""

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromQuery

from api.documents import Page, language_of, remember_language, show
from api.patient.messages import MinePlace, MineShell, Questionnaire, Shell
from api.patient.reading import list_assessments, open_questionnaire
from api.process import process_of
from api.security.login_errors import Notice
from api.security.roles import Who
from api.visits import Visit, visit
from surveys.answering import Language
from surveys.keys import Audience


@get("/", opt={"who": Who.ANYONE}, include_in_schema=False)
async def patient_page(
    request: Request[Any, Any, Any],
    lang: FromQuery[Language | None] = None,
    notice: FromQuery[Notice | None] = None,
) -> Response[bytes]:
    """The page; for somebody who is logged in with their list and the first questionnaire that is open."""
    language = language_of(request, lang)
    async with visit(request, Audience.PATIENT) as patient:
        shell = _signed_out(language, notice) if patient is None else await _signed_in(patient, language)
    return _shown(request, process_of(request).documents.patient, shell, lang)


@get("/mine", opt={"who": Who.ANYONE}, include_in_schema=False)
async def mine_page(
    request: Request[Any, Any, Any],
    lang: FromQuery[Language | None] = None,
    at: FromQuery[MinePlace | None] = None,
) -> Response[bytes]:
    """The page of a person's own answers, opened ``at`` a part of it; what it lists it asks for itself."""
    language = language_of(request, lang)
    async with visit(request, Audience.PATIENT) as patient:
        session = None if patient is None else patient.session
    shell = MineShell(
        signed_in=session is not None,
        language=language,
        session_ends_at=None if session is None else session.ends_at,
        csrf=None if session is None else session.csrf,
        at=at,
    )
    return _shown(request, process_of(request).documents.mine, shell, lang)


def _shown(
    request: Request[Any, Any, Any], page: Page, shell: Shell | MineShell, lang: Language | None
) -> Response[bytes]:
    response = show(request, page, shell.language, shell)
    if lang is not None:
        public_url = process_of(request).settings.etterklang_public_url
        remember_language(response, lang, secure=public_url.startswith("https://"))
    return response


def _signed_out(language: Language, notice: Notice | None) -> Shell:
    return Shell(
        signed_in=False,
        language=language,
        session_ends_at=None,
        csrf=None,
        assessments=(),
        questionnaire=None,
        notice=notice,
    )


async def _signed_in(patient: Visit, language: Language) -> Shell:
    listed = await list_assessments(patient)
    first: Questionnaire | None = None
    if listed and listed[0].state == "open":
        first = await open_questionnaire(patient, listed[0].assessment_id)
    return Shell(
        signed_in=True,
        language=language,
        session_ends_at=patient.session.ends_at,
        csrf=patient.session.csrf,
        assessments=listed,
        questionnaire=first,
        notice=None,
    )
