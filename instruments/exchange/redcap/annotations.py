"""Field annotations: REDCap's action tags, those that are understood and those that are lost."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

TAG = re.compile(
    r"(?<![\w@.])@(?P<name>[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*)(?:\s*=\s*(?:'(?P<single>[^']*)'"
    r"|\"(?P<double>[^\"]*)\"|(?P<bare>[^\s@'\"(]+))|(?P<brackets>\())?"
)
NOT_FOR_PEOPLE: Mapping[str, str] = MappingProxyType(
    {
        "HIDDEN-FORM": "it is about REDCap's data entry pages",
        "READONLY-FORM": "it is about REDCap's data entry pages",
        "HIDDEN-PDF": "it is about REDCap's PDF files",
        "HIDDEN-APP": "it is about REDCap's mobile app",
        "READONLY-APP": "it is about REDCap's mobile app",
        "NOMISSING": "it is about missing data codes of REDCap",
    }
)
"""Tags that change nothing for people who answer a questionnaire."""
COMPUTED = "this computes or fills in a value in a way that is not done here"
WHY: Mapping[str, str] = MappingProxyType(
    {
        "CALCTEXT": COMPUTED, "CALCDATE": COMPUTED, "SETVALUE": COMPUTED, "PREFILL": COMPUTED,
        "TODAY": COMPUTED, "NOW": COMPUTED, "USERNAME": COMPUTED, "LATITUDE": COMPUTED, "LONGITUDE": COMPUTED,
        "HIDECHOICE": "choices are shown to everybody or nobody here",
        "SHOWCHOICE": "choices are shown to everybody or nobody here",
        "MAXCHECKED": "the number of options chosen is not bounded here",
        "MAXCHOICE": "nobody is told here what others have chosen",
        "RANDOMORDER": "options stand in one order here, since their order is part of the instrument",
        "IF": "tags are not chosen by the answers here",
    }
)  # fmt: skip


class Tag(NamedTuple):
    """One action tag; ``value`` is None where it has none."""

    name: str
    value: str | None

    @property
    def shown(self) -> str:
        """As a path or a report names it."""
        return f"@{self.name}"


def read_tags(annotation: str) -> tuple[list[Tag], str]:
    """The action tags of an annotation, and the words that are beside them."""
    tags: list[Tag] = []
    words: list[str] = []
    position = 0
    while (found := TAG.search(annotation, position)) is not None:
        words.append(annotation[position : found.start()])
        position = found.end()
        value = next((found[part] for part in ("single", "double", "bare") if found[part] is not None), None)
        if found["brackets"]:
            position = _closing(annotation, position)
            value = annotation[found.end() : position - 1]
        tags.append(Tag(found["name"], value))
    words.append(annotation[position:])
    return tags, " ".join(" ".join(words).split())


def _closing(text: str, position: int) -> int:
    """Where the bracket that is open at ``position`` has been closed; the end of the text where it is not."""
    depth = 1
    for index in range(position, len(text)):
        depth += {"(": 1, ")": -1}.get(text[index], 0)
        if depth == 0:
            return index + 1
    return len(text)
