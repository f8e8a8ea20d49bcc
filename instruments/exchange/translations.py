"""The ``translation`` extensions beside a text, where they are just that: read at once, without more ado."""

from instruments.exchange.canonicals import HL7

URL = HL7 + "translation"


def plain_translations(beside: object) -> dict[str, str] | None:
    """The translations by language; None where ``beside`` holds anything else and is to be read with care."""
    if not isinstance(beside, dict) or len(beside) != 1:
        return None
    extensions = beside.get("extension")
    if not isinstance(extensions, list) or not extensions:
        return None
    found: dict[str, str] = {}
    for extension in extensions:
        pair = _pair(extension)
        if pair is None or pair[0] in found:
            return None
        found[pair[0]] = pair[1]
    return found


def _pair(extension: object) -> tuple[str, str] | None:
    """Language and text of a ``translation`` with nothing in it beside them."""
    if not isinstance(extension, dict) or len(extension) != 2 or extension.get("url") != URL:
        return None
    within = extension.get("extension")
    if not isinstance(within, list) or len(within) != 2:
        return None
    one, other = within
    if not isinstance(one, dict) or not isinstance(other, dict):
        return None
    if len(one) != 2 or len(other) != 2 or one.get("url") != "lang" or other.get("url") != "content":
        return None
    language, text = one.get("valueCode"), other.get("valueString")
    return (language, text) if language and isinstance(language, str) and isinstance(text, str) else None
