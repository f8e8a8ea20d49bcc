"""Value sets of HL7's own that questionnaires name without containing them: short, and they never change.

Their words are English; a questionnaire in another language must contain the list in its own.
"""

from collections.abc import Mapping
from types import MappingProxyType

_V2 = "http://terminology.hl7.org/CodeSystem/v2-0136"
_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_GENDER = "http://hl7.org/fhir/administrative-gender"
_YES, _NO = (_V2, "Y", "Yes"), (_V2, "N", "No")

KNOWN_VALUE_SETS: Mapping[str, tuple[tuple[str, str, str], ...]] = MappingProxyType(
    {
        "http://hl7.org/fhir/ValueSet/yesnodontknow": (_YES, _NO, (_ABSENT, "asked-unknown", "Don't know")),
        "http://terminology.hl7.org/ValueSet/v2-0136": (_YES, _NO),
        "http://hl7.org/fhir/ValueSet/administrative-gender": (
            (_GENDER, "male", "Male"),
            (_GENDER, "female", "Female"),
            (_GENDER, "other", "Other"),
            (_GENDER, "unknown", "Unknown"),
        ),
    }
)
"""Canonical address to its concepts: code system, code, display. From HL7 FHIR R4 (4.0.1)."""
