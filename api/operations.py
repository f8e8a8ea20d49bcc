"""How the description shows a body that a route reads by itself: a form, or rows that stream in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIType


def taking_form(required: Mapping[str, str], optional: Mapping[str, str]) -> type[Operation]:
    """An operation that takes a form; each field by its name, with what it holds."""
    form = Schema(
        type=OpenAPIType.OBJECT,
        properties={
            name: Schema(type=OpenAPIType.STRING, description=text)
            for name, text in {**required, **optional}.items()
        },
        required=list(required),
    )
    return _taking({"application/x-www-form-urlencoded": form})


def taking_rows(content_types: Iterable[str]) -> type[Operation]:
    """An operation that takes rows of one of these types."""
    return _taking({one: Schema(type=OpenAPIType.STRING) for one in content_types})


def _taking(bodies: Mapping[str, Schema]) -> type[Operation]:
    content = {content_type: OpenAPIMediaType(schema=schema) for content_type, schema in bodies.items()}

    @dataclass
    class Taking(Operation):
        """An operation with this body."""

        def __post_init__(self) -> None:
            self.request_body = RequestBody(content=content, required=True)

    return Taking
