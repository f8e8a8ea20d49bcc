"""Calculations as SDC says them: ``variable`` and ``calculatedExpression``."""

import re

from instruments.definition import Structure, every_item
from instruments.exchange.calculations import FHIRPATH
from instruments.exchange.canonicals import HL7, SDC
from instruments.exchange.written_values import Json

NAME = re.compile(r"[A-Za-z0-9]{1,64}", re.ASCII)
"""Names that are both FHIR's ``id``, which an expression's name is, and FHIRPath's."""


def written_calculations(structure: Structure) -> dict[str, list[Json]]:
    """The extensions by item, those of the whole under no name.

    Nothing where a variable has a name that FHIR cannot say, since what rests on it would not be understood.
    """
    declared = {"": structure.variables}
    declared |= {item.item_id: item.variables for item in every_item(structure)}
    if not all(NAME.fullmatch(name) for variables in declared.values() for name, _ in variables):
        return {}
    written = {place: [_variable(*one) for one in variables] for place, variables in declared.items()}
    for item in every_item(structure):
        if item.calculated is not None:
            expression = {"language": FHIRPATH, "expression": item.calculated}
            written[item.item_id].append({"url": SDC + "calculatedExpression", "valueExpression": expression})
    return written


def _variable(name: str, text: str) -> Json:
    expression = {"name": name, "language": FHIRPATH, "expression": text}
    return {"url": HL7 + "variable", "valueExpression": expression}
