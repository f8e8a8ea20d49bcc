"""Calculations in a Questionnaire: SDC's ``calculatedExpression`` and ``variable``, and Helsenorge's own."""

from instruments.calculation import is_name
from instruments.definition import CONTAINERS, ItemKind
from instruments.exchange.element import TWICE, Element
from instruments.fhirpath import GIVEN, FhirPathError, Path, from_resource, read_path

FHIRPATH = "text/fhirpath"
NOT_CALCULATED = "so what it computes would be missing"
Variables = tuple[tuple[str, str], ...]
Names = frozenset[str]


def read_variables(element: Element, outer: Names) -> Variables:
    """The variables of an element; one that is not understood, or rests on one that is not known, is lost.

    ``outer`` are the names that are known where the element stands.
    """
    found: dict[str, tuple[Element, Path]] = {}
    for extension in element.extension_list("variable"):
        name, path = _expression(extension)
        if path is None:
            continue
        if not is_name(name) or name in GIVEN:
            extension.abandon(f"the variable {name[:40]!r}", "its name is none that an expression can use")
        elif name in found:
            extension.abandon(f"the variable {name}", TWICE)
        else:
            found[name] = extension, path
    known = _known(found, outer)
    for name in found.keys() - known:
        extension, path = found[name]
        extension.abandon(f"the variable {name}", _unknown(path, known | outer))
    return tuple((name, path.text) for name, (_, path) in found.items() if name in known)


def read_calculation(element: Element, kind: ItemKind, names: Names) -> str | None:
    """The FHIRPath of an item's value; ``names`` are the variables that it may use."""
    extension = element.extension("calculatedExpression") or element.extension("sdf-calculatedExpression")
    if extension is None:
        return None
    _, path = _expression(extension)
    if path is None:
        return None
    if kind in CONTAINERS:
        extension.abandon("a calculation", f"a {kind} takes no answer")
        return None
    if not path.names <= names | GIVEN:
        extension.abandon("a calculation", _unknown(path, names))
        return None
    return path.text


def read_expression(extension: Element) -> tuple[str, str | None]:
    """An extension's name and the text of its FHIRPath; none, and the extension lost, where it has none."""
    name, text = "", extension.text("valueString") if extension.has("valueString") else None
    if text is None:
        holder = extension.child("valueExpression") if extension.has("valueExpression") else None
        if holder is None:
            extension.abandon(
                "an expression", "its value is missing or of a type that is not understood here"
            )
            return "", None
        name, language, text = holder.text("name") or "", holder.text("language"), holder.text("expression")
        if holder.text("description") is not None:
            extension.reading.note(extension.path, "a description", "it tells what the expression is for")
        if language != FHIRPATH:
            extension.abandon(
                f"an expression in {language or 'no language'}", "only FHIRPath is evaluated here"
            )
            return name, None
    return name, text or ""


def _expression(extension: Element) -> tuple[str, Path | None]:
    """An extension's name and FHIRPath; none, and the extension lost, where it is not understood."""
    name, text = read_expression(extension)
    if text is None:
        return name, None
    try:
        return name, read_path(from_resource(text))
    except FhirPathError as error:
        extension.abandon("an expression", f"it {error.rule}, {NOT_CALCULATED}")
        return name, None


def _known(found: dict[str, tuple[Element, Path]], outer: Names) -> Names:
    """The variables that are reckoned from what is known: what is given, ``outer``, and one another."""
    known: Names = frozenset()
    while True:
        now = frozenset(name for name, (_, path) in found.items() if path.names <= known | outer | GIVEN)
        if now == known:
            return known
        known = now


def _unknown(path: Path, known: Names) -> str:
    first = min(path.names - known - GIVEN)
    return f"it needs %{first[:40]}, which is not known here, {NOT_CALCULATED}"
