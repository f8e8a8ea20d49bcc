"""FHIRPath, as far as calculations need it: held to what is understood here, then evaluated by fhirpathpy.

Source: hl7.org/fhirpath/N1. What could take long (``repeat`` of anything but ``item``, ``descendants`` of
descendants, loops in loops), asks for the day or the wording, or leaves the questionnaire and its answers, is
refused by name.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

Node = Mapping[str, object]

MAX_LENGTH = 20_000
"""Characters of one expression."""
MAX_WORDS = 1_000
"""Names, numbers, texts and signs of one expression: reading one takes half a second at most."""
MAX_BRACKETS = 32
MAX_DEPTH = 100
"""Levels of an expression's tree: each call in a chain and each term of a sum is one."""
MAX_LOOPS = 2
"""Tests of each element within tests of each element."""

LOOPS = frozenset(("where", "select", "all", "exists"))
EVERYTHING = frozenset(("descendants", "repeat"))
"""Functions that look at all that is below."""
FUNCTIONS = LOOPS | frozenset((
    "empty", "not", "count", "distinct", "isDistinct", "first", "last", "tail", "skip", "take", "single",
    "iif", "toInteger", "toDecimal", "toString", "toBoolean", "indexOf", "substring", "startsWith",
    "endsWith", "contains", "upper", "lower", "replace", "length", "toChars", "abs", "ceiling", "exp",
    "floor", "ln", "log", "power", "round", "sqrt", "truncate", "sum", "min", "max", "avg", "allTrue",
    "anyTrue", "allFalse", "anyFalse", "hasValue", "descendants", "children", "union", "combine", "intersect",
    "exclude", "join", "repeat",
))  # fmt: skip
MEMBERS = frozenset((
    "QuestionnaireResponse", "Questionnaire", "item", "linkId", "answer", "answerOption", "extension", "url",
    "value", "valueBoolean", "valueCoding", "valueDate", "valueDateTime", "valueDecimal", "valueInteger",
    "valueQuantity", "valueString", "valueTime", "valueUri", "code", "system", "unit", "type",
))  # fmt: skip
GIVEN = frozenset(("resource", "context", "questionnaire"))
"""What every expression may name: the answers as a whole, the item that it stands on, and what was asked."""

WORD = re.compile(
    r"""
    \s+ | (
      '(?:[^'\\]|\\.)*' | `[A-Za-z0-9_ -]+`
      | @T\d\d(?::\d\d(?::\d\d)?)?
      | @\d{4}(?:-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?)?)?)?
      | \d+(?:\.\d+)? | [A-Za-z_]\w* | \$this | [<>!]= | [-()\[\]{}.,+*/|&<>=~%]
    ) | (.)
    """,
    re.ASCII | re.DOTALL | re.VERBOSE,
)
ESCAPED = re.compile(r"\\(.)", re.DOTALL)
INFIX = frozenset((
    "AndExpression", "OrExpression", "ImpliesExpression", "AdditiveExpression", "MultiplicativeExpression",
    "EqualityExpression", "InequalityExpression", "UnionExpression", "MembershipExpression",
))  # fmt: skip
REFUSED = {"TypeExpression": "asks for a type"}


class FhirPathError(ValueError):
    """An expression that is not taken; ``rule`` says why."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class Path(NamedTuple):
    """An expression that was read: its tree, the ``%names`` and the texts in it, and its length in words."""

    text: str
    tree: Node
    names: frozenset[str]
    texts: frozenset[str]
    words: int


@lru_cache(maxsize=4096)
def read_path(text: str) -> Path:
    """Reads an expression and holds it to what is understood here.

    Raises:
        FhirPathError: it is none, or names what is not understood, or could take long.
    """
    words = words_in(text)
    # A third of the time that a command takes to start; most instruments calculate nothing.
    from fhirpathpy.parser import parse  # noqa: PLC0415

    try:
        tree: Node = parse(text)  # type: ignore[no-untyped-call]
        nodes = list(_nodes(tree))
        _check_loops(tree, 0, is_within=False)
    except RecursionError:
        raise FhirPathError("is nested too deep") from None
    except FhirPathError:
        raise
    except Exception as error:  # the library raises whatever its parser does
        raise FhirPathError("is no FHIRPath") from error
    # The parser goes on after what it does not understand: what it left out has no word in the tree.
    kept = [word for node in nodes for word in _terminals(node)]
    if not tree or sum(map(len, kept)) != sum(map(len, words)):
        raise FhirPathError("is no FHIRPath")
    for node in nodes:
        _check(node)
    names = frozenset(_name_in(node) for node in nodes if node["type"] == "ExternalConstant")
    texts = frozenset(ESCAPED.sub(r"\1", word[1:-1]) for word in kept if word.startswith("'"))
    return Path(text, tree, names, texts, len(words))


def from_resource(text: str) -> str:
    """The same expression from wherever it stands: Helsenorge's begin with the type of the whole response."""

    def turned(found: re.Match[str]) -> str:
        is_type = found[0] == "QuestionnaireResponse" and not text[: found.start()].rstrip().endswith(".")
        return "%resource" if is_type else found[0]

    return WORD.sub(turned, text)


def item_of_response(element: Mapping[str, object]) -> object:
    """An item of a response as an expression stands on it: it has no type of its own that would say so."""
    from fhirpathpy.engine.nodes import ResourceNode  # noqa: PLC0415 - see read_path

    return ResourceNode.create_node(element, "QuestionnaireResponse.item")  # type: ignore[no-untyped-call]


def evaluate(path: Path, focus: object, variables: Mapping[str, object]) -> list[object]:
    """What the expression gives for ``focus``: nothing where it cannot be reckoned.

    ``variables`` holds every name of the path; resources and elements in it are FHIR JSON.
    """
    from fhirpathpy import apply_parsed_path  # noqa: PLC0415 - see read_path
    from fhirpathpy.models import models  # noqa: PLC0415

    try:
        found = apply_parsed_path(focus, path.tree, dict(variables), models["r4"])  # type: ignore[no-untyped-call]
    except Exception:  # a text in a sum, say: the library's errors have no class of their own
        return []
    return list(found) if isinstance(found, list) else [found]


def words_in(text: str) -> list[str]:
    """The names, numbers, texts and signs of an expression.

    Raises:
        FhirPathError: there are none, too many, other signs, or too many brackets in brackets.
    """
    if len(text) > MAX_LENGTH:
        raise FhirPathError(f"is longer than {MAX_LENGTH} characters")
    found = list(WORD.finditer(text))
    if any(one[2] for one in found):
        raise FhirPathError("is no FHIRPath")
    words = [one[1] for one in found if one[1]]
    if not words:
        raise FhirPathError("is empty")
    if len(words) > MAX_WORDS:
        raise FhirPathError(f"has more than {MAX_WORDS} words")
    depth = deepest = 0
    for word in words:
        depth += (word in "([") - (word in ")]")
        deepest = max(deepest, depth)
    if deepest > MAX_BRACKETS:
        raise FhirPathError(f"has brackets more than {MAX_BRACKETS} deep")
    return words


def _children(node: Node) -> list[Node]:
    children = node.get("children", [])
    return children if isinstance(children, list) else []


def _terminals(node: Node) -> list[str]:
    words = node.get("terminalNodeText", [])
    own = [str(word) for word in words] if isinstance(words, list) else []
    return [word for word in own if word != "<EOF>"]


def _nodes(tree: Node) -> Iterator[Node]:
    level = _children(tree)
    for _ in range(MAX_DEPTH):
        yield from level
        level = [child for node in level for child in _children(node)]
    if level:
        raise FhirPathError("is nested too deep")


def _name_in(node: Node) -> str:
    """The identifier that a node holds, without its quotes."""
    children = _children(node)
    if not children:
        raise FhirPathError("is no FHIRPath")
    return str(children[0].get("text", "")).strip("`")


def _check(node: Node) -> None:
    kind = str(node["type"])
    if kind in REFUSED:
        raise FhirPathError(REFUSED[kind])
    is_half = kind in INFIX and len(_children(node)) != 2
    if is_half or (kind == "TermExpression" and _terminals(node)):
        raise FhirPathError("is no FHIRPath")
    if kind == "Functn" and _name_in(node) not in FUNCTIONS:
        raise FhirPathError(f"uses {_name_in(node)[:40]}(), which is not evaluated here")
    if kind == "Functn" and _name_in(node) == "repeat" and _argument(node) != ["item"]:
        raise FhirPathError("repeats something else than item")
    if kind == "MemberInvocation" and _name_in(node) not in MEMBERS:
        raise FhirPathError(f"looks at {_name_in(node)[:40]!r}, which is no part of an answer here")


def _argument(function: Node) -> list[str]:
    """The words between the brackets of a function."""
    level, words = _children(function)[1:], list[str]()
    while level:
        words.extend(word for node in level for word in _terminals(node))
        level = [child for node in level for child in _children(node)]
    return words


def _check_loops(node: Node, loops: int, *, is_within: bool) -> None:
    """Refuses loops nested too deep, and what looks at everything from within a loop or twice in a row."""
    if node.get("type") == "Functn":
        name = _name_in(node)
        if name in EVERYTHING and is_within:
            raise FhirPathError("looks at everything once for each of many")
        if name in LOOPS and len(_children(node)) > 1:
            loops, is_within = loops + 1, True
            if loops > MAX_LOOPS:
                raise FhirPathError(f"has more than {MAX_LOOPS} tests within one another")
    elif node.get("type") == "InvocationExpression":
        *before, last = _children(node)
        is_last = any(map(_looks_everywhere, _children(last)))
        if is_last and any(_looks_everywhere(one) for left in before for one in _nodes(left)):
            raise FhirPathError("looks at everything once for each of many")
    for child in _children(node):
        _check_loops(child, loops, is_within=is_within)


def _looks_everywhere(node: Node) -> bool:
    return node.get("type") == "Functn" and _name_in(node) in EVERYTHING
