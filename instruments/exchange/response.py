"""FHIR R4 QuestionnaireResponse and answers, both ways; read against the exact version that was answered."""

import math
import re
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from instruments.answers import Answers, check
from instruments.calculation import complete
from instruments.definition import CHOICES, CONTAINERS, Item, Structure, Value, every_item
from instruments.exchange.json_tree import Tree, read_tree
from instruments.exchange.losses import InvalidQuestionnaireError
from instruments.response_items import ABSENT, DECLINED, SIMPLE, response_items, unit_of

STATUSES = frozenset(("completed", "amended"))
FIELDS = frozenset(
    ("resourceType", "id", "meta", "language", "questionnaire", "status", "authored", "item", "subject")
)
ITEM_FIELDS = frozenset(("linkId", "text", "answer", "item", "extension"))
MAX_DEPTH = 64
AUTHORED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
PLAIN_CHOICES = frozenset(("valueString", "valueInteger", "valueDate", "valueTime"))


class InvalidResponseError(InvalidQuestionnaireError):
    """A QuestionnaireResponse cannot be read: the path in it, and the rule that it breaks."""


class Responded(NamedTuple):
    """What a QuestionnaireResponse says: which version was answered, how, and when (as it was written)."""

    canonical: str
    answers: Answers
    authored: str
    language: str


def canonical_of(structure: Structure) -> str:
    """The version as FHIR names it: ``url|version``."""
    return f"{structure.instrument_id}|{structure.version}"


def read_response(content: bytes, known: Mapping[str, Structure]) -> Responded:
    """Reads a QuestionnaireResponse (JSON, UTF-8) against the version that it names.

    ``known`` holds the versions by ``canonical_of``.

    Raises:
        InvalidResponseError: it is none, names no version or one that is not known, or answers it in a way
            that the version does not allow; the first place and its rule.
    """
    try:
        tree = read_tree(content)
    except InvalidQuestionnaireError as error:
        raise InvalidResponseError(error.path, error.rule) from error
    _check_fields(tree, FIELDS, "")
    if tree.get("resourceType") != "QuestionnaireResponse":
        raise InvalidResponseError("resourceType", "must be QuestionnaireResponse")
    if tree.get("status") not in STATUSES:
        raise InvalidResponseError("status", "must be completed or amended; what is under way is not read")
    structure = _version(tree, known)
    reader = _Reader()
    reader.read(structure.items, _children(tree, ""), "", 1)
    answers = _checked(structure, reader)
    return Responded(
        canonical_of(structure), answers, _text(tree, "authored", AUTHORED), _text(tree, "language", None)
    )


def _checked(structure: Structure, reader: "_Reader") -> Answers:
    """The answers, with what the version calculates; what the response says of that must be the same."""
    calculated = {item.item_id for item in every_item(structure) if item.calculated is not None}
    given = {item_id: values for item_id, values in reader.values.items() if item_id not in calculated}
    answers = Answers(given, tuple(reader.skipped))
    for fault in check(structure, answers):
        raise InvalidResponseError(reader.paths.get(fault.item_id, "item"), fault.message)
    answers = complete(structure, answers)
    for item_id in calculated & reader.values.keys():
        if not _is_same(reader.values[item_id], answers.values.get(item_id, ())):
            raise InvalidResponseError(reader.paths[item_id], "is not what the version calculates")
    return answers


def _is_same(said: tuple[Value, ...], found: tuple[Value, ...]) -> bool:
    if (
        len(said) == len(found) == 1
        and isinstance(said[0], float | int)
        and isinstance(found[0], float | int)
    ):
        return math.isclose(said[0], found[0], rel_tol=1e-9, abs_tol=1e-9)
    return said == found


def _version(tree: Tree, known: Mapping[str, Structure]) -> Structure:
    name = tree.get("questionnaire")
    if not isinstance(name, str) or "|" not in name:
        raise InvalidResponseError("questionnaire", "must name a version, as url|version")
    if name not in known:
        raise InvalidResponseError("questionnaire", "is a version that is not known here")
    return known[name]


def _text(tree: Tree, key: str, form: re.Pattern[str] | None) -> str:
    value = tree.get(key, "")
    if not isinstance(value, str) or (value and form is not None and not form.fullmatch(value)):
        raise InvalidResponseError(key, "is not of its form")
    return value


def _check_fields(tree: Tree, allowed: frozenset[str], path: str) -> None:
    unknown = sorted(set(tree) - allowed)
    if unknown:
        raise InvalidResponseError(_at(path, unknown[0]), "is not understood here; leave it out")


def _children(tree: Tree, path: str) -> list[tuple[str, Tree]]:
    found = tree.get("item", [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise InvalidResponseError(_at(path, "item"), "must be a list of items")
    return [(f"{_at(path, 'item')}[{number}]", one) for number, one in enumerate(found)]


def _at(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


class _Reader:
    """Walks the response beside the version: each item may stand where the version has it, once."""

    def __init__(self) -> None:
        self.values: dict[str, tuple[Value, ...]] = {}
        self.skipped: list[str] = []
        self.paths: dict[str, str] = {}

    def read(self, items: tuple[Item, ...], found: list[tuple[str, Tree]], parent: str, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise InvalidResponseError(parent, f"is nested more than {MAX_DEPTH} deep")
        here = {item.item_id: item for item in items}
        for path, tree in found:
            _check_fields(tree, ITEM_FIELDS, path)
            item_id = tree.get("linkId")
            if not isinstance(item_id, str) or item_id not in here:
                raise InvalidResponseError(
                    _at(path, "linkId"), "is no item that the version has in this place"
                )
            if item_id in self.paths:
                raise InvalidResponseError(path, f"answers the item {item_id!r} again")
            self.paths[item_id] = path
            self._answer(here[item_id], tree, path)
            self.read(here[item_id].items, _nested(tree, path), path, depth + 1)

    def _answer(self, item: Item, tree: Tree, path: str) -> None:
        if "extension" in tree:
            if tree["extension"] != [{"url": ABSENT, "valueCode": DECLINED}] or "answer" in tree:
                raise InvalidResponseError(_at(path, "extension"), "is not understood here; leave it out")
            self.skipped.append(item.item_id)
        answers = tree.get("answer", [])
        if not isinstance(answers, list) or not all(isinstance(one, dict) for one in answers):
            raise InvalidResponseError(_at(path, "answer"), "must be a list of answers")
        if answers and item.kind in CONTAINERS:
            raise InvalidResponseError(_at(path, "answer"), "a group or a text to read takes no answer")
        values = tuple(_value(item, one, f"{path}.answer[{n}]") for n, one in enumerate(answers))
        if values:
            self.values[item.item_id] = values


def _nested(tree: Tree, path: str) -> list[tuple[str, Tree]]:
    """Items stand in a group itself, or in the first answer of an item that was answered."""
    answers = tree.get("answer", [])
    within = list(_children(tree, path))
    if isinstance(answers, list):
        for number, one in enumerate(answers):
            within += _children(one, f"{path}.answer[{number}]")
    return within


def _value(item: Item, answer: Tree, path: str) -> Value:
    keys = sorted(set(answer) - {"item"})
    if len(keys) != 1:
        raise InvalidResponseError(path, "must hold one value")
    (key,) = keys
    value = answer[key]
    if item.kind in CHOICES:
        return _choice(item, key, value, path)
    if item.kind == "quantity":
        return _quantity(item, key, value, path)
    if key != SIMPLE[item.kind] or not isinstance(value, bool | int | float | str):
        raise InvalidResponseError(_at(path, key), f"is no answer to an item of the kind {item.kind}")
    return value


def _choice(item: Item, key: str, value: object, path: str) -> Value:
    if key == "valueCoding" and isinstance(value, dict):
        _check_fields(value, frozenset(("system", "code", "display", "version")), _at(path, key))
        system, code = value.get("system", ""), value.get("code")
        for option in item.options:
            plain = option.code.removeprefix(f"{option.system}|") if option.system else option.code
            if code in (plain, option.code) and system in (option.system, ""):
                return option.code
        raise InvalidResponseError(_at(path, key), "is none of the item's options")
    if isinstance(value, str | int) and not isinstance(value, bool) and key in PLAIN_CHOICES:
        return str(value)
    raise InvalidResponseError(_at(path, key), "is no answer to a choice")


def _quantity(item: Item, key: str, value: object, path: str) -> Value:
    if key != "valueQuantity" or not isinstance(value, dict):
        raise InvalidResponseError(_at(path, key), "is no answer to an item of the kind quantity")
    _check_fields(value, frozenset(("value", "unit", "system", "code")), _at(path, key))
    number = value.get("value")
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise InvalidResponseError(_at(path, key), "has no number")
    expected = unit_of(item.unit)
    if expected and value.get("code") is not None and value["code"] != expected.get("code"):
        raise InvalidResponseError(_at(path, key), "is in another unit than the item's")
    return number


def write_response(
    structure: Structure, answers: Answers, *, authored: str = "", language: str = ""
) -> bytes:
    """The answers as a QuestionnaireResponse that ``read_response`` reads back the same."""
    tree: Tree = {"resourceType": "QuestionnaireResponse"}
    if language:
        tree["language"] = language
    tree |= {"questionnaire": canonical_of(structure), "status": "completed"}
    if authored:
        tree["authored"] = authored
    items = response_items(structure.items, answers.values, answers.skipped)
    if items:
        tree["item"] = items
    return msgspec.json.encode(tree)
