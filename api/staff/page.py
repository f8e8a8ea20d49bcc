"""``GET /staff``: the staff's page with the state of this visit written into it."""

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.params import FromQuery

from api.documents import language_of, show
from api.process import process_of
from api.security.login_errors import Notice
from api.security.roles import Who
from api.visits import visit
from surveys.answering import Language
from surveys.keys import Audience


class StaffShell(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the page is opened with; ``name`` is who the organisation's provider says it is."""

    signed_in: bool
    name: str | None
    csrf: str | None
    notice: Notice | None


@get("/staff", opt={"who": Who.ANYONE}, include_in_schema=False)
async def staff_page(
    request: Request[Any, Any, Any],
    lang: FromQuery[Language | None] = None,
    notice: FromQuery[Notice | None] = None,
) -> Response[bytes]:
    """The page; what it lists it asks for itself."""
    shell = StaffShell(signed_in=False, name=None, csrf=None, notice=notice)
    async with visit(request, Audience.STAFF) as staff:
        if staff is not None:
            name, csrf = staff.session.subject, staff.session.csrf
            shell = StaffShell(signed_in=True, name=name, csrf=csrf, notice=None)
    return show(request, process_of(request).documents.staff, language_of(request, lang), shell)
