"""Texts with markup: the words of HTML in the labels of tables, and whether markup says more than a text."""

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


FORMATTING = frozenset((
    "b", "blockquote", "body", "br", "center", "code", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
    "html", "i", "li", "ol", "p", "pre", "small", "span", "strong", "table", "tbody", "td", "th", "thead",
    "tr", "u", "ul",
))  # fmt: skip
"""Elements that change how words look and not what they say: none that strike out, raise, link or show."""
ATTRIBUTES = frozenset(("class", "dir", "id", "lang", "style", "xmlns"))
ATTRIBUTE = re.compile(r"([^\s=\"'/]+)\s*=")
ELEMENT = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)((?:\s[^<>]*)?)/?>")
ADDED = ("url(", "display:none", "visibility:hidden", "line-through", "content:")
"""Of a style: what shows or hides more than the words."""


def markdown_says(markdown: str, text: str) -> bool:
    """Whether markdown says the words of ``text``, and nothing is struck out."""
    return "~~" not in markdown and words_of(markdown) == words_of(text)


def xhtml_says(xhtml: str, text: str) -> bool:
    """Whether XHTML says the words of ``text`` and only formats them; time is linear in its length."""
    for name, attributes in ELEMENT.findall(xhtml):
        if name.lower() not in FORMATTING or not ATTRIBUTES.issuperset(ATTRIBUTE.findall(attributes.lower())):
            return False
        style = "".join(attributes.lower().split())
        if any(added in style for added in ADDED):
            return False
    return words_of(html.unescape(ELEMENT.sub(" ", xhtml))) == words_of(text)


def words_of(text: str) -> str:
    """The letters and figures of a text, by which one with markup is known to say the same."""
    return "".join(filter(str.isalnum, text))
