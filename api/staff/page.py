"""``GET /staff``: the staff's page with the state of this visit written into it."""

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.params import FromQuery

from api.documents import language_of, show
from api.process import process_of
from api.security.roles import Who
from api.visits import visit
from surveys.answering import Language
from surveys.keys import Audience


class StaffShell(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the page is opened with; ``name`` is who the organisation's provider says it is."""

    signed_in: bool
    name: str | None
    csrf: str | None


@get("/staff", opt={"who": Who.ANYONE}, include_in_schema=False)
async def staff_page(
    request: Request[Any, Any, Any], lang: FromQuery[Language | None] = None
) -> Response[bytes]:
    """The page; what it lists it asks for itself."""
    shell = StaffShell(signed_in=False, name=None, csrf=None)
    async with visit(request, Audience.STAFF) as staff:
        if staff is not None:
            shell = StaffShell(signed_in=True, name=staff.session.subject, csrf=staff.session.csrf)
    return show(request, process_of(request).documents.staff, language_of(request, lang), shell)
