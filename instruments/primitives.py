"""What FHIR's primitive types may hold."""

import re

TEXT = re.compile(r"[ \r\n\t\S]+")
CODE = re.compile(r"[^\s]+( [^\s]+)*")
ADDRESS = re.compile(r"\S+")


def is_text(text: object) -> bool:
    """Whether FHIR's ``string`` may hold it: not blank, no white space of rare kinds, at most 1 MB."""
    return isinstance(text, str) and bool(text.strip()) and bool(TEXT.fullmatch(text)) and len(text) <= 2**20


def is_code(text: str) -> bool:
    """Whether FHIR's ``code`` may hold it."""
    return bool(CODE.fullmatch(text))


def is_address(text: str) -> bool:
    """Whether FHIR's ``uri`` may hold it."""
    return bool(ADDRESS.fullmatch(text))
