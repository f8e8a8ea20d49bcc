"""How synthetic people answer: whether, on which day, and what; drawn from a seed, the person and the wave.

Response figures: ``norway.json`` (pilot 2017-19: patients 58 %, controls 34 %, the second round 76 % of the
first). A latent health between 0 and 1 becomes item answers through the options' own numbers, so that scores
come only from the scoring engine. The planted effects are ours: a treatment lowers health at a wave.
"""

import hashlib
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from api.demo.cohort.figures import norway
from api.demo.cohort.people import normal
from instruments.answers import Answers, shown_items
from instruments.definition import Item, Value, every_item
from instruments.versions import Instrument

PATIENTS_FIRST, CONTROLS_FIRST = 0.58, 0.34
SECOND_AFTER_FIRST, THIRD_AFTER_BOTH = 0.76, 0.73
LATE_ANSWER_DAYS = 40
ITEM_MISSING = 0.018
USUAL_HEALTH, HEALTH_SPREAD = 0.74, 0.14
OCCASION_SPREAD = 0.06

PLANTED = {
    ("urinary-habits", "surgery"): {1: 0.0, 2: 0.28, 3: 0.16},
    ("urinary-habits", "radiotherapy"): {1: 0.0, 2: 0.12, 3: 0.12},
    ("everyday-life", "hormone"): {1: 0.05, 2: 0.15, 3: 0.08},
    ("everyday-life", "surgery"): {1: 0.05, 2: 0.05, 3: 0.0},
}
"""How much health a treatment takes at each wave."""


class Respondent(NamedTuple):
    """What answering depends on."""

    key: str
    age: int
    is_control: bool
    treatments: frozenset[str]


def answering_day(
    seed: int, person: Respondent, wave: int, answered_before: int, opens_on: date, closes_on: date
) -> date | None:
    """The day on which the person answers a wave, if ever; ``answered_before`` counts answered waves."""
    random = _random(seed, person.key, f"whether {wave}")
    if random.random() >= _chance(person, wave, answered_before):
        return None
    day = opens_on + timedelta(days=2 + int(random.random() ** 2 * LATE_ANSWER_DAYS))
    return day if day <= closes_on else closes_on


def answers_of(seed: int, person: Respondent, wave: int, instrument: Instrument) -> Answers:
    """What the person answers: every item that is shown, but for the few that are left open."""
    structure = instrument.structure
    random = _random(seed, person.key, f"what {wave} {structure.instrument_id}")
    health = _health(seed, person, wave, structure.instrument_id)
    good_low = _items_that_count_backwards(instrument)
    values: dict[str, tuple[Value, ...]] = {}
    for item in every_item(structure):
        if item.item_id not in shown_items(structure, Answers(values=values)):
            continue
        if not item.required and random.random() < ITEM_MISSING:
            continue
        value = _value(random, item, 1 - health if item.item_id in good_low else health)
        if value is not None:
            values[item.item_id] = (value,)
    shown = shown_items(structure, Answers(values=values))
    return Answers(values={name: value for name, value in values.items() if name in shown})


def _chance(person: Respondent, wave: int, answered_before: int) -> float:
    if wave > 1 and answered_before:
        return SECOND_AFTER_FIRST if answered_before == 1 else THIRD_AFTER_BOTH
    if wave > 1:
        return 0.15
    points = norway().response_model["age_points_patients"]
    by_age = points if isinstance(points, dict) else {}
    first = float(by_age.get(_age_group(person.age), PATIENTS_FIRST))
    return first * CONTROLS_FIRST / PATIENTS_FIRST if person.is_control else first


def _age_group(age: int) -> str:
    for limit, group in ((50, "<50"), (60, "50-59"), (70, "60-69"), (80, "70-79")):
        if age < limit:
            return group
    return "80+"


def _health(seed: int, person: Respondent, wave: int, instrument_id: str) -> float:
    own = normal(_random(seed, person.key, "health"), USUAL_HEALTH, HEALTH_SPREAD)
    today = normal(_random(seed, person.key, f"occasion {wave}"), 0, OCCASION_SPREAD)
    taken = sum(PLANTED.get((instrument_id, kind), {}).get(wave, 0) for kind in person.treatments)
    return min(max(own + today - taken, 0.02), 0.98)


def _items_that_count_backwards(instrument: Instrument) -> frozenset[str]:
    """The items whose higher numbers mean worse health."""
    backwards: set[str] = set()
    for scale in instrument.scoring.scales:
        worse = scale.direction == "higher-worse"
        backwards |= {name for name in scale.items if (name in scale.reverse) is not worse}
    return frozenset(backwards)


def _value(random: Random, item: Item, level: float) -> Value | None:
    level = min(max(normal(random, level, 0.12), 0.0), 1.0)
    if item.hidden or item.read_only:
        return None
    if item.kind in ("choice", "open-choice") and item.options:
        scored = sorted(item.options, key=lambda option: option.score or 0)
        return scored[round(level * (len(scored) - 1))].code
    if item.kind in ("integer", "decimal") and item.minimum is not None and item.maximum is not None:
        number = item.minimum + level * (item.maximum - item.minimum)
        return round(number) if item.kind == "integer" else round(number, item.decimals or 0)
    return level > 0.5 if item.kind == "boolean" else None


def _random(seed: int, *parts: str) -> Random:
    digest = hashlib.sha256("\0".join((str(seed), *parts)).encode()).digest()
    return Random(digest)  # noqa: S311 - drawn again from the same seed, not secret
