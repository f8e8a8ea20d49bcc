"""Instruments of every shape that is sound, for properties that must hold of all of them."""

from random import Random
from typing import TypeVar

from hypothesis import strategies as st
from msgspec.structs import replace

from instruments.definition import (
    CHOICES,
    CONTAINERS,
    NUMBERS,
    REPEATABLE,
    TEXTS,
    Branch,
    Condition,
    Control,
    Item,
    ItemKind,
    Operator,
    Option,
    OptionKind,
    Presentation,
    Structure,
    Translation,
    Value,
    every_item,
)
from instruments.soundness import faults_of
from instruments.translation import possible_keys
from instruments.versions import Instrument, unscored

KINDS: tuple[ItemKind, ...] = (
    "group", "display", "choice", "open-choice", "boolean", "integer", "decimal", "quantity",
    "string", "text", "date", "date-time", "time", "url",
)  # fmt: skip
WORDS = ["a", "An item", "Ærlig svar?", "سؤال", "á", " x ", "", "line\nline", "1"]
CODES = ["x", "y", "1", "02", "urn:s|x", "|x", "two words", "Š", "2020-02-03"]
VALUES: list[Value] = [
    True, False, 0, -3, 7, 0.5, 1e22, 1e-9, "x", "1", "02", "2020-02-03", "2020", "12:30:00", "12:30",
    "2020-02-03T12:30:00Z", "2020-02-03T12:30", "https://x.example", " ",
]  # fmt: skip
OPERATORS: tuple[Operator, ...] = ("exists", "=", "!=", ">", "<=")
CONTROLS: tuple[Control, ...] = (
    "radio",
    "slider",
    "drop-down",
    "check-box",
    "text-area",
    "help",
    "table",
    "page",
)
OPTIONS_ARE: tuple[OptionKind, ...] = ("coding", "string", "integer", "date", "time")
TAGS = ["nb", "nn", "en", "en-GB", "se", "und", "ar", "no"]
One = TypeVar("One")


def sound_instruments() -> st.SearchStrategy[Instrument]:
    """Any sound instrument of up to six items, in up to three languages, whole or with gaps."""
    return st.integers(0, 2**32).map(lambda seed: _Maker(Random(seed)).instrument())  # noqa: S311 - no secret


class _Maker:
    def __init__(self, random: Random) -> None:
        self._random = random

    def instrument(self) -> Instrument:
        names = [f"i{number}" for number in range(self._random.randint(1, 6))]
        items = [self._item(name, names) for name in names]
        if len(items) > 2 and self._maybe():
            items = [items[0], Item("g", "group", items=tuple(items[1:]), hidden=self._maybe())]
        structure = self._mended(
            Structure(
                instrument_id=self._one(["everyday", "https://x.example/q", "with space", "a|b"]),
                version=self._one(["1", "1.0.0", "", "2026|1"]),
                items=tuple(items),
                recall=self._one(WORDS),
                validated=self._maybe(),
                source=self._one(WORDS),
                codes=self._some(["http://loinc.org|1-2", "|x", "y", "http://helsenorge.no/x|1"]),
                variables=self._some([("one", "1"), ("_two", "2")]),
            )
        )
        languages = self._some(TAGS)[:3]
        return Instrument(
            structure=structure,
            presentation=self._presentation(structure),
            scoring=unscored(structure),
            translations=tuple(
                Translation(
                    structure.instrument_id, language, self._one(["1", "1.1"]), self._texts(structure)
                )
                for language in languages
            ),
        )

    def _one(self, given: "list[One] | tuple[One, ...]") -> One:
        return self._random.choice(given)

    def _some(self, given: list[One]) -> tuple[One, ...]:
        return tuple(self._random.sample(given, self._random.randint(0, min(4, len(given)))))

    def _maybe(self) -> bool:
        return self._random.random() < 0.5

    def _item(self, name: str, names: list[str]) -> Item:
        kind = self._one(KINDS)
        answers, is_choice, is_number = kind not in CONTAINERS, kind in CHOICES, kind in NUMBERS
        repeats = kind in REPEATABLE and self._maybe()
        initial = self._one(VALUES) if answers and self._maybe() else None
        return Item(
            item_id=name,
            kind=kind,
            options=self._options() if is_choice else (),
            options_are=self._one(OPTIONS_ARE) if is_choice else "coding",
            required=answers and self._maybe(),
            repeats=repeats,
            min_answers=self._one([None, 1, 2]) if repeats else None,
            max_answers=self._one([None, 2, 5]) if repeats else None,
            hidden=self._maybe(),
            read_only=answers and self._maybe(),
            minimum=self._one([None, -9.0, 0.0, 0.5]) if is_number else None,
            maximum=self._one([None, 9.0, 1e23]) if is_number else None,
            step=self._one([None, 1.0, 0.5]) if is_number else None,
            decimals=self._one([None, 0, 2]) if is_number else None,
            earliest="2000-01-01" if kind == "date" and self._maybe() else None,
            latest="23:00:00" if kind == "time" and self._maybe() else None,
            min_length=self._one([None, 1]) if kind in TEXTS or is_choice else None,
            max_length=self._one([None, 20]) if kind in TEXTS else None,
            pattern=self._one([None, "[a-z ]*"]) if kind in TEXTS else None,
            unit=self._one([None, "kg", "urn:u|x"]) if is_number else None,
            initial=initial,
            further_initial=(self._one(VALUES),) if repeats and initial is not None else (),
            branch=self._branch(names) if self._maybe() else None,
            calculated=self._calculation(names) if answers and self._random.random() < 0.2 else None,
            variables=(("own", "%context.linkId"),) if self._random.random() < 0.1 else (),
            codes=self._some(["http://loinc.org|1-2", "y"]),
        )

    def _options(self) -> tuple[Option, ...]:
        return tuple(
            Option(
                code=code,
                score=self._one([None, 0.0, 1.5]),
                exclusive=self._maybe(),
                system=self._one(["", "urn:s", "urn:t", "http://loinc.org"]),
            )
            for code in self._some(CODES)
        )

    def _calculation(self, names: list[str]) -> str:
        answer = f"%resource.descendants().where(linkId = '{self._one(names)}').answer.value"
        return self._one([answer, f"{answer} + %one", "%one", "iif(%_two > 1, %own, 'x')"])

    def _branch(self, names: list[str]) -> Branch:
        conditions = tuple(
            Condition(item=self._one(names), operator=self._one(OPERATORS), value=self._one(VALUES))
            for _ in range(self._random.randint(1, 3))
        )
        within = (self._branch(names),) if self._random.random() < 0.2 else ()
        return Branch(conditions=conditions, needs="all" if self._maybe() else "any", branches=within)

    def _presentation(self, structure: Structure) -> Presentation:
        names = [item.item_id for item in every_item(structure)]
        return Presentation(
            instrument_id=structure.instrument_id,
            version=self._one([structure.version, "7"]),
            layout="list" if self._maybe() else "page",
            controls={name: self._one(CONTROLS) for name in self._some(names)},
            orientation={name: "horizontal" for name in self._some(names) if self._maybe()},
            minutes=self._one([None, 4]),
        )

    def _texts(self, structure: Structure) -> dict[str, str]:
        keys = [*possible_keys(structure), "no key of it"]
        share = self._one([0.1, 0.8, 1.0])
        return {key: self._one(WORDS) for key in keys if self._random.random() < share}

    def _mended(self, structure: Structure) -> Structure:
        """``structure`` without the answers to begin with and the branches that make it unsound."""
        while faults := faults_of(structure):
            where = faults[0].where
            items = tuple(_plainer(item, where) for item in structure.items)
            structure = replace(structure, items=items)
        return structure


def _plainer(item: Item, where: str) -> Item:
    if item.item_id == where:
        item = replace(item, branch=None, initial=None, further_initial=(), calculated=None)
        return replace(item, min_answers=None, max_answers=None)
    return replace(item, items=tuple(_plainer(one, where) for one in item.items))
