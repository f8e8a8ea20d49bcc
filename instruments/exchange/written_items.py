"""The items of an instrument as FHIR writes them; what FHIR cannot say is left out: ``writing`` adds it."""

from collections import Counter
from collections.abc import Mapping

from instruments.definition import CHOICES, CONTAINERS, NUMBERS, TEXTS, Item, Presentation
from instruments.exchange.calculations import FHIRPATH
from instruments.exchange.canonicals import CONTROL_SYSTEM, HL7, OWN, SDC, VALIDATION_TEXT
from instruments.exchange.controls import FOLDED, HELP_TEXT, controls_for
from instruments.exchange.item_codes import HELSENORGE_SYSTEMS
from instruments.exchange.logic import Enabling, LogicError, Places, as_fhirpath, flat
from instruments.exchange.written_values import (
    Json,
    condition_of,
    is_number,
    is_partial_date,
    is_time,
    number_of,
    plain_value,
)
from instruments.exchange.written_wording import Words
from instruments.primitives import is_address, is_code, is_text
from instruments.response_items import unit_of

TYPES: Mapping[str, str] = {"date-time": "dateTime"}
PARTS = {part: code for code, part in FOLDED.items()} | {"help": "help"}
"""The texts of an item that stand in it as texts to read, and the control that says so."""


class ItemWriter:
    """Writes items; by item, ``calculations`` hold their extensions, and ``more`` what FHIR cannot say."""

    def __init__(
        self,
        places: Places,
        presentation: Presentation,
        words: Words,
        calculations: Mapping[str, list[Json]],
        more: Mapping[str, str],
    ) -> None:
        self._calculations = calculations
        self._items = items = places.items
        self._places = places
        self._presentation = presentation
        self._words = words
        self._more = more
        self._options = {item_id: self._options_of(item) for item_id, item in items.items() if item.options}

    def write(self, item: Item) -> Json:
        """One item with those in it."""
        fields: Json = {"linkId": item.item_id, "type": TYPES.get(item.kind, item.kind)}
        self._words.write(fields, "text", item.item_id)
        self._words.write_markup(fields, "text", item.item_id)
        self._words.write(fields, "prefix", f"{item.item_id}/prefix")
        codes = written_codes(item.codes)
        if codes:
            fields["code"] = codes
        self._write_branch(fields, item)
        self._write_answer(fields, item)
        extensions = self._extensions(item)
        if extensions:
            fields["extension"] = extensions
        within = [*self._parts(item), *(self.write(one) for one in item.items)]
        if within:
            fields["item"] = within
        return fields

    def _write_branch(self, fields: Json, item: Item) -> None:
        # Brackets are said by an expression: without them too few or too many would be asked.
        branch = None if item.branch is None else flat(item.branch)
        if branch is None:
            return
        conditions = []
        for one in branch.conditions:
            target = self._items.get(one.item)
            if target is not None and target.kind not in CONTAINERS:
                conditions.append(condition_of(one, target, self._options.get(one.item, {})))
        said = [condition for condition in conditions if condition is not None]
        if said:
            fields["enableWhen"] = said
        if len(said) > 1:
            fields["enableBehavior"] = branch.needs

    def _enabling(self, item: Item) -> list[Json]:
        """A branch with brackets as an expression, where that is read back as a branch."""
        if item.branch is None or flat(item.branch) is not None:
            return []
        text = as_fhirpath(item.branch, self._items)
        try:
            Enabling(self._places).branch(text, {})
        except LogicError:
            return []
        expression = {"language": FHIRPATH, "expression": text}
        return [{"url": SDC + "enableWhenExpression", "valueExpression": expression}]

    def _write_answer(self, fields: Json, item: Item) -> None:
        for key, is_so in (
            ("required", item.required),
            ("repeats", item.repeats),
            ("readOnly", item.read_only),
        ):
            if is_so and item.kind not in CONTAINERS:
                fields[key] = True
        takes_text = item.kind in TEXTS or item.kind == "open-choice"
        if takes_text and item.max_length is not None and 0 < item.max_length < 2**31:
            fields["maxLength"] = item.max_length
        if item.kind in CHOICES:
            chosen = (item.initial, *item.further_initial)
            written = self._options.get(item.item_id, {})
            options = [
                written[option.code] | ({"initialSelected": True} if option.code in chosen else {})
                for option in item.options
            ]
            if options:
                fields["answerOption"] = options
        elif item.initial is not None and item.kind not in CONTAINERS:
            begun = (item.initial, *item.further_initial)
            initial = [said for value in begun if (said := plain_value(value, item, "value")) is not None]
            if len(initial) == len(begun):
                fields["initial"] = initial

    def _options_of(self, item: Item) -> dict[str, Json]:
        """The ``answerOption`` of each option by its code."""
        values = _values_of(item)
        return {
            option.code: self._option(item, index, values[index]) for index, option in enumerate(item.options)
        }

    def _option(self, item: Item, index: int, value: str) -> Json:
        option = item.options[index]
        key = f"{item.item_id}/{option.code}"
        score: list[Json] = []
        if option.score is not None and is_number(option.score):
            score = [{"url": HL7 + "ordinalValue", "valueDecimal": option.score}]
        written: Json = {}
        extensions = self._words.extension(HL7 + "questionnaire-optionPrefix", f"{key}/prefix")
        if option.exclusive:
            extensions.append({"url": HL7 + "questionnaire-optionExclusive", "valueBoolean": True})
        plain = _plain_option(item, value)
        if plain is None:
            coding: Json = {"system": option.system} if is_address(option.system) else {}
            if is_code(value):
                coding["code"] = value
            self._words.write(coding, "display", key, own=None if is_code(value) else value)
            self._words.write_markup(coding, "display", key)
            if score:
                coding["extension"] = score
            written["valueCoding"] = coding
        else:
            written |= plain
            extensions = score + extensions
            if "valueString" in plain:
                self._words.write(written, "valueString", key, own=value)
                self._words.write_markup(written, "valueString", key)
        if extensions:
            written["extension"] = extensions
        return written

    def _extensions(self, item: Item) -> list[Json]:
        extensions: list[Json] = []
        if item.hidden:
            extensions.append({"url": HL7 + "questionnaire-hidden", "valueBoolean": True})
        extensions.extend(self._shown(item))
        extensions.extend(self._enabling(item))
        if item.kind not in CONTAINERS:
            extensions.extend(_occurrences(item))
            extensions.extend(_bounds(item))
            if item.kind in NUMBERS:
                extensions.extend(self._unit(item))
            for url, aspect in ((HL7 + "entryFormat", "placeholder"), (VALIDATION_TEXT, "error")):
                extensions.extend(self._words.extension(url, f"{item.item_id}/{aspect}"))
        extensions.extend(self._calculations.get(item.item_id, ()))
        extensions.extend(self._words.extension(SDC + "shortText", f"{item.item_id}/short-text"))
        if item.kind == "open-choice":
            extensions.extend(self._words.extension(SDC + "openLabel", f"{item.item_id}/open-label"))
        if item.kind in CHOICES and not item.options:
            extensions.append({"url": OWN + "options-elsewhere", "valueBoolean": True})
        if item.item_id in self._more:
            extensions.append({"url": OWN + "more-of-item", "valueString": self._more[item.item_id]})
        return extensions

    def _shown(self, item: Item) -> list[Json]:
        extensions = []
        control = self._presentation.controls.get(item.item_id)
        known = controls_for(item.kind, repeats=item.repeats)
        code = next((code for code, one in known.items() if control is not None and one == control), None)
        if code is not None:
            extensions.append(written_control(code))
        orientation = self._presentation.orientation.get(item.item_id)
        if orientation is not None and item.kind in CHOICES:
            extensions.append({"url": HL7 + "questionnaire-choiceOrientation", "valueCode": orientation})
        return extensions

    def _unit(self, item: Item) -> list[Json]:
        coding = unit_of(item.unit)
        self._words.write(coding, "display", f"{item.item_id}/unit")
        return [{"url": HL7 + "questionnaire-unit", "valueCoding": coding}] if coding else []

    def _parts(self, item: Item) -> list[Json]:
        """The texts of an item that stand in it as texts to read: its help, and the ends of its slider."""
        parts = []
        wanted = {"group": ("help",), "display": ()}.get(item.kind, ("help", "min", "max"))
        for part in wanted:
            key = f"{item.item_id}/{part}"
            if self._words.has(key):
                extensions = [written_control(PARTS[part])]
                if part == "help":
                    extensions.append({"url": HELP_TEXT, "valueBoolean": True})
                fields: Json = {"linkId": key, "type": "display", "extension": extensions}
                self._words.write(fields, "text", key)
                parts.append(fields)
        return parts


def written_control(code: str) -> Json:
    """The extension that says how an item is shown."""
    concept = {"coding": [{"system": CONTROL_SYSTEM, "code": code}]}
    return {"url": HL7 + "questionnaire-itemControl", "valueCodeableConcept": concept}


def written_codes(codes: tuple[str, ...]) -> list[Json]:
    """Codings of ``system|code`` pairs."""
    written = []
    for one in codes:
        system, _, code = one.rpartition("|")
        is_ours = not system.startswith(HELSENORGE_SYSTEMS) and not system.endswith("/SliderLabels")
        if is_ours and is_code(code) and (not system or is_address(system)):
            coding: Json = {"system": system} if system else {}
            written.append(coding | {"code": code})
    return written


def _values_of(item: Item) -> list[str]:
    """The codes as they stand in their systems, without the system that an import puts before shared ones."""
    bare = [option.code.removeprefix(f"{option.system}|") for option in item.options]
    marked = {
        value
        for value, option in zip(bare, item.options, strict=True)
        if value and option.code != f"{option.system}|{value}"
    }
    shared = {value for value, count in Counter(bare).items() if count > 1 and value not in marked}
    return [
        value if value in shared else option.code for value, option in zip(bare, item.options, strict=True)
    ]


def _plain_option(item: Item, value: str) -> Json | None:
    """An option that is the text of another type; None where it is a coding."""
    if any(option.system for option in item.options):
        return None
    match item.options_are:
        case "string" if is_text(value):
            return {"valueString": value}
        case "integer" if value.lstrip("-").isdecimal() and len(value) < 10 and str(int(value)) == value:
            return {"valueInteger": int(value)}
        case "date" if is_partial_date(value):
            return {"valueDate": value}
        case "time" if is_time(value):
            return {"valueTime": value}
    return None


def _occurrences(item: Item) -> list[Json]:
    """How many answers an item that repeats needs and takes."""
    bounds = (("minOccurs", item.min_answers), ("maxOccurs", item.max_answers))
    return [
        {"url": f"{HL7}questionnaire-{name}", "valueInteger": bound}
        for name, bound in bounds
        if item.repeats and bound is not None and abs(bound) < 2**31
    ]


def _bounds(item: Item) -> list[Json]:
    """The bounds of an answer, those that mean something for the item's kind."""
    if item.kind in NUMBERS:
        return _bounds_of_number(item)
    extensions: list[Json] = []
    if item.kind in TEXTS or item.kind == "open-choice":
        if item.min_length is not None and abs(item.min_length) < 2**31:
            extensions.append({"url": HL7 + "minLength", "valueInteger": item.min_length})
        if item.pattern is not None and is_text(item.pattern):
            extensions.append({"url": HL7 + "regex", "valueString": item.pattern})
    if item.kind in ("date", "time"):
        key = "valueDate" if item.kind == "date" else "valueTime"
        for name, moment in (("minValue", item.earliest), ("maxValue", item.latest)):
            if moment is not None:
                extensions.append({"url": HL7 + name, key: moment})
    return extensions


def _bounds_of_number(item: Item) -> list[Json]:
    extensions: list[Json] = []
    for name, number in (
        ("minValue", item.minimum),
        ("maxValue", item.maximum),
        ("questionnaire-sliderStepValue", item.step),
    ):
        if number is not None and is_number(number):
            whole = item.kind == "integer" or name == "questionnaire-sliderStepValue"
            extensions.append({"url": HL7 + name} | number_of(number, whole=whole))
    if item.decimals is not None and abs(item.decimals) < 2**31:
        extensions.append({"url": HL7 + "maxDecimalPlaces", "valueInteger": item.decimals})
    return extensions
