"""No field of any document goes unnoticed: changing it is a change, and the change can be made again.

The fields are found by their types, so a field that is added tomorrow is tested tomorrow.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple, get_args, get_origin, get_type_hints

import msgspec
import pytest
from msgspec import structs

from instruments.definition import (
    Branch,
    Condition,
    Item,
    Option,
    Presentation,
    Structure,
    Translation,
)
from instruments.differences import apply, diff
from instruments.differences.rules import RULES, rule_of
from instruments.scoring.spec import (
    Answered,
    Band,
    Banding,
    Comparison,
    Flag,
    Linear,
    Recode,
    Scale,
    ScoredItem,
    ScoringSpec,
    Table,
)
from instruments.versions import Instrument

WHOLE = Instrument(
    structure=Structure(
        "id",
        "1",
        items=(
            Item("q0", "boolean"),
            Item(
                "g",
                "group",
                items=(
                    Item(
                        "q1",
                        "choice",
                        options=(Option("x", score=1), Option("y", score=2)),
                        branch=Branch((Condition("q0", "=", value=True),)),
                    ),
                ),
            ),
        ),
    ),
    presentation=Presentation("id", "1"),
    scoring=ScoringSpec(
        "id",
        "1",
        items=(ScoredItem("q1", 1, 2, recode="turn"),),
        scales=(
            Scale("mean", items=("q1",), transform=Linear(1, 2), answered=(Answered(("q1",), 1),)),
            Scale("above", scales=("mean",), inapplicable_if=(Comparison("q1", "=", 2),)),
        ),
        recodes=(Recode("turn", ((1, 2), (2, 1))),),
        tables=(Table("grades", ((1, 2),)),),
        flags=(Flag("low", (Comparison("mean", "<", 1),)),),
        bandings=(Banding("bands", "mean", (Band("a", 0),)),),
    ),
    translations=(Translation("id", "nb", "1", {"title": "Alpha", "q1": "Beta"}),),
)


class Place(NamedTuple):
    """A struct inside the whole: the steps that lead to it (fields, and places in tuples)."""

    steps: tuple[str | int, ...]
    struct: msgspec.Struct


def structs_in(value: object, steps: tuple[str | int, ...] = ()) -> Iterator[Place]:
    """Every struct in a value, the value itself among them."""
    if isinstance(value, msgspec.Struct):
        yield Place(steps, value)
        for field in structs.fields(type(value)):
            yield from structs_in(getattr(value, field.name), (*steps, field.name))
    elif isinstance(value, tuple):
        for number, inner in enumerate(value):
            yield from structs_in(inner, (*steps, number))


def with_struct(value: object, steps: tuple[str | int, ...], struct: object) -> object:
    """The value with the struct at the end of the steps put in the place of what is there."""
    if not steps:
        return struct
    step, *rest = steps
    if isinstance(value, tuple):
        assert isinstance(step, int)
        return (*value[:step], with_struct(value[step], tuple(rest), struct), *value[step + 1 :])
    assert isinstance(value, msgspec.Struct)
    return structs.replace(value, **{str(step): with_struct(getattr(value, str(step)), tuple(rest), struct)})


def another(hint: object, now: object) -> object:
    """A value of the type that is not the one that is there."""
    return next(value for value in some_of(hint) if value != now or type(value) is not type(now))


def some_of(hint: object) -> Iterator[object]:  # noqa: C901 - a case for each kind of type
    """A few values of a type."""
    arguments = get_args(hint)
    if get_origin(hint) is Literal:
        yield from arguments
    elif hint is bool:
        yield from (True, False)
    elif hint in (int, float):
        yield from (7, 8)
    elif hint is str:
        yield from ("other", "another")
    elif get_origin(hint) is tuple and arguments[-1] is ...:
        yield from ((), *((one,) for one in some_of(arguments[0])))
    elif get_origin(hint) is tuple:
        yield tuple(next(some_of(one)) for one in arguments)
    elif get_origin(hint) is dict:
        yield from ({}, {next(some_of(arguments[0])): next(some_of(arguments[1]))})
    elif isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        first = made(hint)
        yield first
        name = structs.fields(hint)[0].name
        yield structs.replace(first, **{name: another(get_type_hints(hint)[name], getattr(first, name))})
    elif arguments:
        for one in arguments:
            yield from some_of(one)
    elif hint is type(None):
        yield None


def made(kind: type[msgspec.Struct]) -> msgspec.Struct:
    """A struct of this kind with something in each field that has no default."""
    hints = get_type_hints(kind)
    required = [field.name for field in structs.fields(kind) if field.required]
    return kind(**{name: next(some_of(hints[name])) for name in required})


def filled(struct: msgspec.Struct) -> msgspec.Struct:
    """The struct with one of each kind of document where it has none; an item holds no further item."""
    fields: dict[str, object] = {}
    for name, hint in get_type_hints(type(struct)).items():
        now = getattr(struct, name)
        kinds = [kind for kind in _structs_of(hint) if kind is not type(struct)]
        if now in ((), None) and kinds:
            now = made(kinds[0]) if now is None else (made(kinds[0]),)
        if isinstance(now, msgspec.Struct):
            fields[name] = filled(now)
        elif isinstance(now, tuple):
            fields[name] = tuple(filled(one) if isinstance(one, msgspec.Struct) else one for one in now)
    return structs.replace(struct, **fields)


def _structs_of(hint: object) -> Iterator[type[msgspec.Struct]]:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
    for inner in get_args(hint):
        yield from _structs_of(inner)


FILLED = filled(WHOLE)
CASES = [
    pytest.param(place, field.name, id=".".join(map(str, (*place.steps, field.name))))
    for place in structs_in(FILLED)
    for field in structs.fields(type(place.struct))
]


@pytest.mark.parametrize(("place", "name"), CASES)
def test_changing_a_field_is_a_change_that_can_be_made_again(place: Place, name: str) -> None:
    now = getattr(place.struct, name)
    value = another(get_type_hints(type(place.struct))[name], now)
    changed = with_struct(FILLED, place.steps, structs.replace(place.struct, **{name: value}))
    assert isinstance(changed, Instrument)
    changes = diff(FILLED, changed)
    assert changes
    assert all(change.words for change in changes)
    assert apply(FILLED, changes) == changed
    assert apply(changed, diff(changed, FILLED)) == FILLED


def test_the_whole_has_every_kind_of_document_in_it() -> None:
    there = {type(place.struct) for place in structs_in(FILLED)}
    assert there >= set(_kinds_in(Instrument))


@pytest.mark.parametrize(
    ("document", "in_scoring", "effect"),
    [
        ("Structure", False, "not comparable"),
        ("Item", False, "not comparable"),
        ("Option", False, "not comparable"),
        ("Translation", False, "not comparable"),
        ("Presentation", False, "scores comparable"),
        ("ScoringSpec", True, "items comparable"),
        ("Scale", True, "items comparable"),
        ("KindOfTomorrow", True, "items comparable"),
        ("Instrument", False, "not comparable"),
    ],
)
def test_a_field_that_has_no_rule_is_taken_at_its_gravest(
    document: str, in_scoring: bool, effect: str
) -> None:
    rule = rule_of(document, "field_of_tomorrow", "set", in_scoring=in_scoring)
    assert rule.effect == effect
    assert rule.touches != "nothing"
    assert rule.says == "field of tomorrow"


def test_every_rule_is_of_a_field_that_there_is() -> None:
    fields = {
        f"{kind.__name__}.{field.name}" for kind in _kinds_in(Instrument) for field in structs.fields(kind)
    }
    assert {name.partition(":")[0] for name in RULES} <= fields


def _kinds_in(kind: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    waiting, seen = [kind], {kind}
    while waiting:
        one = waiting.pop()
        yield one
        for hint in get_type_hints(one).values():
            new = [inner for inner in _structs_of(hint) if inner not in seen]
            seen.update(new)
            waiting.extend(new)
