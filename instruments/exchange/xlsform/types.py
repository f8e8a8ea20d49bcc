"""What a cell of the column ``type`` says, in the words of pyxform's own tables."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from pyxform.aliases import control, select

from instruments.definition import ItemKind

OR_OTHER = ("or_other", "or other", "or specify other")
CONTROLS = "|".join(sorted(map(re.escape, control), key=len, reverse=True))
BEGIN = re.compile(rf"begin[ _](?P<control>{CONTROLS})(?: (?:over )?(?P<list>\S+))?")
END = re.compile(rf"end[ _](?P<control>{CONTROLS})")
SELECT = re.compile(
    rf"(?P<command>{'|'.join(sorted(map(re.escape, select), key=len, reverse=True))})"
    rf"(?: (?P<list>\S+))?(?: (?P<other>{'|'.join(OR_OTHER)}))?",
    re.IGNORECASE,
)
KINDS: Mapping[str, ItemKind] = MappingProxyType(
    {
        "text": "string", "string": "string", "add text prompt": "string",
        "integer": "integer", "int": "integer", "add integer prompt": "integer",
        "decimal": "decimal", "add decimal prompt": "decimal",
        "date": "date", "time": "time", "datetime": "date-time", "add date prompt": "date",
        "note": "display", "add note prompt": "display",
        "calculate": "decimal", "hidden": "string", "range": "integer",
        "acknowledge": "choice", "trigger": "choice",
    }
)  # fmt: skip
"""Types of one word, and the kind of item that each becomes."""

_WHO = "who answers is known by the login, and is not kept beside the answers"
_DEVICE = "the device that somebody answers on is not kept"
_WHEN = "when it was opened and sent is kept with every submission"
METADATA: Mapping[str, tuple[str, bool]] = MappingProxyType(
    {
        "start": (_WHEN, False), "end": (_WHEN, False), "today": (_WHEN, False),
        "username": (_WHO, True), "email": (_WHO, True), "phonenumber": (_WHO, True),
        "deviceid": (_DEVICE, True), "imei": (_DEVICE, True), "device id": (_DEVICE, True),
        "subscriberid": (_DEVICE, True), "simserial": (_DEVICE, True),
        "audit": ("how somebody moves through the questions is not recorded", True),
        "start-geopoint": ("where somebody is is not recorded", True),
        "background-geopoint": ("where somebody is is not recorded", True),
        "background-audio": ("nobody is recorded while answering", True),
        "xml-external": ("nothing is looked up in another file", True),
        "csv-external": ("nothing is looked up in another file", True),
    }
)  # fmt: skip
"""Types that ask nobody anything: why they are left out, and whether that is a loss."""


class Begin(NamedTuple):
    """A group begins; ``control`` is which kind of group."""

    control: str


class End(NamedTuple):
    """A group ends."""

    control: str


class Select(NamedTuple):
    """A question with the options of a list, of which one or several are chosen, or which are ranked."""

    command: str
    list_name: str
    has_other: bool


def typed(text: str) -> Begin | End | Select | str:
    """What a type says; a plain one as it is, in lower case with single spaces."""
    written = " ".join(text.split())
    folded = written.lower()
    if (begin := BEGIN.fullmatch(folded)) is not None:
        return Begin(_control(begin["control"]))
    if (end := END.fullmatch(folded)) is not None:
        return End(_control(end["control"]))
    # A list is found by its name as it is written, capitals included.
    chosen = SELECT.fullmatch(written)
    if chosen is not None:
        command = str(select[chosen["command"].lower()])
        return Select(command, chosen["list"] or "", chosen["other"] is not None)
    return folded


def _control(name: str) -> str:
    return str(control[name])
