"""The codes of an item: kept as ``system|code`` where they only say the same in another terminology."""

from instruments.exchange.element import Element
from instruments.exchange.wording import Texts

HELSENORGE_SYSTEMS = ("http://helsenorge.no/", "http://ehelse.no/")
SLIDER_ENDS = {"LabelLeft": "min", "LabelRight": "max"}
HARMLESS = frozenset(
    (
        ("http://helsenorge.no/fhir/CodeSystem/RenderOptions", "1"),
        ("http://helsenorge.no/fhir/CodeSystem/SliderDisplayType", "label"),
    )
)
"""Codes of Helsenorge's that ask for what happens here anyway: shown as usual, options shown by their
text.
"""
BEHAVIOUR = "Helsenorge gives an item with this code a behaviour of its own, which it would not have here"


def read_codes(element: Element, item_id: str, texts: Texts) -> tuple[str, ...]:
    """The codes of an item or a questionnaire as ``system|code``; the ends of a slider become texts.

    The display of a code is the terminology's own name for it and is not shown to anyone.
    """
    codes = []
    for coding in element.children("code"):
        system, code = coding.text("system") or "", coding.text("code") or ""
        if system.endswith("/SliderLabels") and code in SLIDER_ENDS:
            texts.read(coding, "display", f"{item_id}/{SLIDER_ENDS[code]}")
            continue
        coding.text("display")
        if not code:
            coding.reading.note(coding.path, "a coding", "it has no code, so it says nothing")
        elif (system, code) in HARMLESS:
            continue
        elif system.startswith(HELSENORGE_SYSTEMS):
            coding.abandon(f"the code {code!r}", BEHAVIOUR)
        else:
            codes.append(f"{system}|{code}")
    return tuple(codes)
