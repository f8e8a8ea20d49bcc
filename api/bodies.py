"""What comes in: JSON bodies and query parameters, held to their declared shape and to nothing else."""

import re
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from litestar import Request
from litestar.datastructures import MultiDict, State
from litestar.exceptions import InternalServerException
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter

from api.security.roles import Connection

JSON = "application/json"
MAX_BODY_BYTES = 64 * 1024


class BadRequestError(Exception):
    """A request that does not have the shape that its route asks for: ``place`` breaks ``rule``."""

    def __init__(self, place: str, rule: str) -> None:
        self.place = place
        self.rule = rule
        super().__init__(f"{place}: {rule}")


class BodyTypeError(Exception):
    """The body is of another content type than the route takes."""

    def __init__(self, *taken: str) -> None:
        super().__init__(f"send the body as {' or '.join(taken)}, with no content-encoding")


class StrictRequest(Request[Any, Any, State]):
    """A request that is read strictly, and of which nothing is kept.

    Its JSON body is decoded straight into the struct that the handler declares.

    Litestar would decode it to dicts first and then convert them leniently: ``"1"`` would pass for ``1``,
    which changes an answer, and 100,000-deep JSON would be an error of ours. It would also keep the last
    thousand cookies and queries in memory, for whoever takes over the process to find.
    """

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies without the quotes that they may be sent in; ours hold nothing that needs decoding."""
        pairs = (one.partition("=") for one in self.headers.get("cookie", "").split(";"))
        return {name.strip(): value.strip().strip('"') for name, equals, value in pairs if equals}

    @property
    def query_params(self) -> MultiDict[Any]:
        """The query's parameters, percent-decoded."""
        return MultiDict(parse_qsl(self.scope["query_string"].decode("latin-1"), keep_blank_values=True))

    async def json(self) -> Any:
        """The body as the type of the handler's ``data``.

        Raises:
            BodyTypeError: it is not sent as JSON.
            BadRequestError: it is not JSON, or not of that type.
        """
        check_type(self, JSON)
        declared = self.route_handler.parsed_data_field
        return decode(await self.body(), Any if declared is None else declared.annotation)

    async def body(self) -> bytes:
        """The whole body.

        Raises:
            BadRequestError: the sender hung up halfway.
        """
        try:
            return await super().body()
        except InternalServerException as error:
            raise BadRequestError("body", "ended before it was complete; send it again") from error


def check_type(request: Request[Any, Any, Any], *taken: str) -> str:
    """The content type of the body, which must be one of ``taken``.

    Raises:
        BodyTypeError: it is another one, is compressed, or is in another encoding than UTF-8.
    """
    content_type, options = request.content_type
    encoding = request.headers.get("content-encoding", "identity")
    charset = options.get("charset", "utf-8").strip('"').lower()
    if content_type not in taken or encoding != "identity" or charset not in ("utf-8", "utf8"):
        raise BodyTypeError(*taken)
    return content_type


def decode(body: bytes, declared: Any) -> Any:
    """``body`` as an instance of the declared type.

    Raises:
        BadRequestError: it is not JSON, or not of that type; names the place and the rule, never a value.
    """
    try:
        return _decoder(declared).decode(body)
    except msgspec.ValidationError as error:
        place, rule = place_and_rule(str(error))
        raise BadRequestError(place, rule) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        where = re.search(r"byte \d+|position \d+", str(error))
        raise BadRequestError("body", f"is not JSON in UTF-8{f' ({where[0]})' if where else ''}") from None
    except RecursionError:
        raise BadRequestError("body", "is nested too deeply") from None


def place_and_rule(message: str) -> tuple[str, str]:
    """Where and why, from a message of msgspec's; what it quotes of the value is left out."""
    rule, _, path = message.partition(" - at `")
    if rule.startswith("Invalid enum value"):
        rule = "is not one of the values allowed"
    unknown = re.fullmatch(r"Object contains unknown field `(.*)`", rule, re.DOTALL)
    if unknown:
        rule = f"Object contains unknown field `{_shown(unknown[1])}`"
    return path.removesuffix("`") or "$", rule


async def refuse_unknown_parameters(connection: Connection, handler: BaseRouteHandler) -> None:
    """A guard for the API: a query parameter that the route does not know, or one given twice, is an error.

    Pages are left alone: people come to them by links that others have added to.

    Raises:
        BadRequestError: names the parameter.
    """
    if not connection.scope["query_string"] or not connection.scope["path"].startswith("/api/"):
        return
    known = _query_parameters(handler)
    given = [name for name, _ in connection.query_params.multi_items()]
    for name in given:
        if name not in known:
            raise BadRequestError(f"query parameter {_shown(name)}", "is not known here")
        if given.count(name) > 1:
            raise BadRequestError(f"query parameter {name}", "is given more than once")


def _query_parameters(handler: BaseRouteHandler) -> frozenset[str]:
    fields = handler.parsed_fn_signature.parameters.values()
    return frozenset(field.name for field in fields if isinstance(field.kwarg_definition, QueryParameter))


@cache
def _decoder(declared: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(declared)


def _shown(name: str) -> str:
    """A name that the caller gave, where it looks like one of ours; a value in its place is not repeated."""
    return name if re.fullmatch(r"[A-Za-z_]{1,40}", name) else "(not shown)"
