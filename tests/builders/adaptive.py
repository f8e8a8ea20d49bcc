"""An instrument of ours that is asked adaptively on the synthetic bank, and a phone that asks it."""

from collections.abc import Mapping

from msgspec.structs import replace

from instruments.adaptive import RULES, Ask, next_step
from instruments.answers import Answers
from instruments.bank import CATR_GRID
from instruments.definition import (
    AdaptiveRule,
    AdaptiveTest,
    Bank,
    Item,
    Option,
    Presentation,
    Structure,
    Translation,
    Value,
)
from instruments.scoring.spec import MissingRule, NamedBank, Scale, ScoredItem, ScoringSpec
from instruments.versions import Instrument
from tests.builders.banks import synthetic_bank

ADAPTIVE = "https://etterklang.example/instruments/made-adaptive"
SCALE = "ENERGY"
Said = Mapping[str, int | None]
"""What somebody would say to each item of a bank, were it asked: a category, or None to decline."""


def make_test(rule: AdaptiveRule | None = None, bank: Bank | None = None) -> AdaptiveTest:
    """An adaptive test of the scale on the synthetic bank, by the rule for adults."""
    return AdaptiveTest(SCALE, rule or RULES["adult"], bank or synthetic_bank())


def adaptive_structure(test: AdaptiveTest, *others: Item) -> Structure:
    """A group with an item for each of the bank, whose options' codes are letters; then the others."""
    items = tuple(
        Item(
            one.item_id,
            "choice",
            options=tuple(Option("abcdefghij"[score], score=float(score)) for score in range(len(one.b) + 1)),
        )
        for one in test.bank.items
    )
    group = Item("energy", "group", items=items)
    return Structure(ADAPTIVE, "1", items=(group, *others), adaptive=(test,))


def adaptive_instrument(test: AdaptiveTest | None = None, *others: Item) -> Instrument:
    """The structure with placeholder words in Norwegian, and the scale estimated on the bank."""
    test = test or make_test()
    structure = adaptive_structure(test, *others)
    names = tuple(one.item_id for one in test.bank.items)
    texts = {"title": "Prøvespørsmål", "intro": "Oppdiktede spørsmål for prøver."}
    texts |= {name: f"Påstand {name[-2:]} om krefter" for name in names}
    words = ("Aldri", "Sjelden", "Av og til", "Ofte", "Alltid")
    for name in names:
        texts |= {f"{name}/{code}": word for code, word in zip("abcde", words, strict=True)}
    texts |= {item.item_id: f"Spørsmål {item.item_id}" for item in others}
    return Instrument(
        structure=structure,
        presentation=Presentation(ADAPTIVE, "1"),
        scoring=ScoringSpec(
            ADAPTIVE,
            "1",
            items=tuple(ScoredItem(one.item_id, 0, len(one.b)) for one in test.bank.items),
            scales=(
                Scale(
                    SCALE,
                    items=names,
                    combine="eap",
                    missing=MissingRule("any"),
                    lowest=-5,
                    highest=5,
                    bank="energy",
                    grid=CATR_GRID,
                ),
            ),
            banks=(NamedBank("energy", test.bank),),
        ),
        translations=(Translation(ADAPTIVE, "nb", "1", texts),),
    )


def phone_asks(test: AdaptiveTest, said: Said) -> tuple[dict[str, int], list[str]]:
    """What is answered and what is declined, in the order asked, when the phone asks by the rule."""
    answered: dict[str, int] = {}
    declined: list[str] = []
    while isinstance(found := next_step(test.bank, test.rule, answered, frozenset(declined)), Ask):
        answer = said[found.item_id]
        if answer is None:
            declined.append(found.item_id)
        else:
            answered[found.item_id] = answer
    return answered, declined


def as_sent(answered: Mapping[str, int], declined: list[str]) -> Answers:
    """The same as the phone sends it."""
    values: dict[str, tuple[Value, ...]] = {name: ("abcdefghij"[one],) for name, one in answered.items()}
    return Answers(values, tuple(declined))


def with_rule(test: AdaptiveTest, **changes: object) -> AdaptiveTest:
    """The test by another rule."""
    return replace(test, rule=replace(test.rule, **changes))
