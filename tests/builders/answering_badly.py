"""The answer that means the worst health, for each item of the demonstration's two instruments."""

import msgspec

from api.demo import places
from instruments.definition import every_item
from instruments.exchange.fhir import read_questionnaire
from instruments.scoring.spec import ScoringSpec
from instruments.versions import Instrument, read_instrument, with_scoring


def demo_instruments() -> tuple[Instrument, Instrument]:
    """The two instruments in the order in which the protocol asks them."""
    own = read_instrument((places.DOCUMENTS / "everyday-life.json").read_bytes())
    imported = read_questionnaire((places.DOCUMENTS / "urinary-habits.fhir.json").read_bytes(), frozenset())
    scoring = (places.DOCUMENTS / "urinary-habits.scoring.json").read_bytes()
    assert imported.instrument is not None
    return own, with_scoring(imported.instrument, msgspec.json.decode(scoring, type=ScoringSpec))


def worst_answers() -> dict[str, str]:
    """By ``part/item``: the code of the worst option, or the worst number."""
    worst: dict[str, str] = {}
    for part, instrument in enumerate(demo_instruments()):
        scored = {item.item_id: dict(item.codes) for item in instrument.scoring.items}
        backwards = {
            name
            for scale in instrument.scoring.scales
            for name in scale.items
            if (name in scale.reverse) is (scale.direction == "higher-better")
        }
        for item in every_item(instrument.structure):
            if item.item_id not in scored:
                continue
            pick = max if item.item_id in backwards else min
            if item.options:
                numbers = {o.code: scored[item.item_id].get(o.code, o.score or 0) for o in item.options}
                worst[f"{part}/{item.item_id}"] = pick(numbers, key=lambda code: numbers[code])
            elif item.minimum is not None and item.maximum is not None:
                worst[f"{part}/{item.item_id}"] = f"{pick(item.minimum, item.maximum):g}"
    return worst
