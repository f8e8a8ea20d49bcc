"""The value sets and code systems that a questionnaire contains, and the few of HL7's that it need not."""

from collections.abc import Iterable

from instruments.exchange.administrative import CODE_SYSTEM, VALUE_SET, note
from instruments.exchange.element import Element, Wording
from instruments.exchange.json_tree import MAX_OBJECTS
from instruments.exchange.known_value_sets import KNOWN_VALUE_SETS
from instruments.exchange.losses import InvalidQuestionnaireError
from instruments.exchange.options import SCORES, Found, read_coding
from instruments.exchange.reasons import WHY_LOST
from instruments.exchange.wording import UNKNOWN_LANGUAGE

Concepts = dict[str, Found]


class ValueSets:
    """The value sets that a questionnaire contains, by id; any other contained resource is lost."""

    def __init__(self, questionnaire: Element, language: str) -> None:
        self._takes_english = language == UNKNOWN_LANGUAGE or language.lower().partition("-")[0] == "en"
        self._options: dict[str, tuple[Found, ...]] = {}
        self._systems: dict[str, Concepts] = {}
        self._count = 0
        value_sets: dict[str, Element] = {}
        for index, resource in enumerate(questionnaire.children("contained")):
            kind = resource.text("resourceType")
            if kind not in ("ValueSet", "CodeSystem"):
                what = f"a contained {kind or 'resource without a type'}"
                resource.abandon(what, "only value sets and code systems are used")
                continue
            name = resource.text("id")
            if not name:
                raise resource.invalid("id", f"a contained {kind} needs an id")
            if name in value_sets:
                raise resource.invalid(
                    "id", f"is the id of an earlier contained resource too (number {index})"
                )
            if kind == "CodeSystem":
                self._read_system(resource)
            else:
                value_sets[name] = resource
        for name, resource in value_sets.items():
            self._options[name] = self._options_of(resource)

    def find(self, reference: str) -> tuple[Found, ...] | None:
        """The options that ``#id`` or the address of a known list names, or nothing."""
        if reference.startswith("#"):
            return self._options.get(reference[1:])
        known = KNOWN_VALUE_SETS.get(reference.split("|", 1)[0]) if self._takes_english else None
        if known is None:
            return None
        return tuple(Found("", system, code, Wording(text, {})) for system, code, text in known)

    def described(self, found: Iterable[Found]) -> tuple[Found, ...]:
        """The options, with what a contained code system says of their codes."""
        if not self._systems:
            return tuple(found)
        return tuple(one.completed_by(self._systems.get(one.system, {}).get(one.value)) for one in found)

    def _read_system(self, resource: Element) -> None:
        address = resource.text("url") or ""
        note(resource, CODE_SYSTEM)
        concepts: Concepts = {}
        for concept in _flat(resource, "concept"):
            concept.raw("definition")
            found = read_coding(concept, address)
            concepts[found.value] = found._replace(score=_score_of(concept, found.score))
        self._systems[address] = concepts

    def _options_of(self, value_set: Element) -> tuple[Found, ...]:
        note(value_set, VALUE_SET)
        composed: list[Found] = []
        compose = value_set.child("compose")
        for include in compose.children("include") if compose is not None else ():
            composed.extend(self._included(include))
            if self._count > MAX_OBJECTS:
                raise InvalidQuestionnaireError(
                    include.path, f"the value sets have more than {MAX_OBJECTS} options"
                )
        expansion = value_set.child("expansion")
        expanded = _expanded(expansion) if expansion is not None else []
        by_code = {(one.system, one.value): one for one in composed}
        options = [one.completed_by(by_code.get((one.system, one.value))) for one in expanded] or composed
        return self.described(options)

    def _included(self, include: Element) -> list[Found]:
        system = include.text("system") or ""
        include.raw("version")
        if include.has("concept"):
            concepts = [read_coding(concept, system) for concept in include.children("concept")]
        elif system in self._systems and not (include.has("filter") or include.has("valueSet")):
            concepts = list(self._systems[system].values())
        else:
            include.abandon(f"all of {system or 'another list'}", WHY_LOST["answerValueSet"])
            return []
        self._count += len(concepts)
        return concepts


def _expanded(expansion: Element) -> list[Found]:
    for key in ("identifier", "timestamp", "total", "offset"):
        expansion.raw(key)
    if expansion.has("parameter"):
        path = expansion.at("parameter")
        expansion.raw("parameter")
        expansion.reading.note(path, "how a list was drawn up", "the list itself is here")
    options = []
    for concept in _flat(expansion, "contains"):
        is_heading = concept.has("abstract") and concept.flag("abstract")
        concept.raw("version")
        found = read_coding(concept, concept.text("system") or "")
        if not is_heading:
            options.append(found)
    return options


def _flat(element: Element, key: str) -> list[Element]:
    """The concepts of a tree of them in the order shown, a concept before those below it."""
    flat: list[Element] = []
    waiting = list(reversed(element.children(key)))
    while waiting:
        concept = waiting.pop()
        flat.append(concept)
        if concept.has(key):
            waiting.extend(reversed(concept.children(key)))
    return flat


def _score_of(concept: Element, score: float | None) -> float | None:
    """The score among the properties of a concept; every other property is lost."""
    for entry in concept.children("property") if concept.has("property") else ():
        code = entry.text("code") or ""
        value = next((entry.number(key) for key in ("valueDecimal", "valueInteger") if entry.has(key)), None)
        if code in SCORES and value is not None and score in (None, value):
            score = value
        else:
            entry.abandon(f"the property {code!r}", "only the score of a concept is used")
    return score
