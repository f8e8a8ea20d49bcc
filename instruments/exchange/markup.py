"""HTML in the labels of tables: the words are kept, lines apart; the rest is told of."""

import html
import re
from typing import NamedTuple

TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})((?:\s[^<>]{0,2000})?)/?>")
UNSEEN = re.compile(r"<(script|style)\b[^<>]{0,2000}>.{0,100000}?</\1\s*>|<!--.{0,100000}?-->", re.I | re.S)
LINES = frozenset(("br", "p", "div", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6"))
WITHOUT_LOSS = frozenset(("br", "p", "div"))
OWN_DIV = "rich-text-field-label"
"""The class of the element that REDCap's editor puts around every label."""
SPACES = re.compile(r"[ \t\r\f\v\u00a0]+")
BLANK_LINES = re.compile(r" ?\n[ \n]*")


class Plain(NamedTuple):
    """A text without markup, and the names of the elements by which more was said than the words."""

    text: str
    lost: tuple[str, ...]


def plain(text: str) -> Plain:
    """The words of a label; ``lost`` is empty where its elements only break lines."""
    if "<" not in text and "&" not in text:
        return Plain(text.strip(), ())
    lost: dict[str, None] = {}
    unseen = UNSEEN.sub("", text)
    if unseen != text:
        lost["script, style or comment"] = None

    def replaced(tag: re.Match[str]) -> str:
        name = tag[2].lower()
        if name not in WITHOUT_LOSS or (tag[3].strip() and OWN_DIV not in tag[3]):
            lost[name] = None
        return "\n" if name in LINES else ""

    words = html.unescape(TAG.sub(replaced, unseen))
    return Plain(BLANK_LINES.sub("\n", SPACES.sub(" ", words)).strip(), tuple(lost))
