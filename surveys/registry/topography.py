"""The ICD-10 codes of tumours that registries count.

Source: nordcan_icd10_to_entity.csv of CancerRegistryOfNorway/nordcancore (MIT), the code column.
"""

from functools import cache
from importlib.resources import files


@cache
def _codes() -> frozenset[str]:
    codes = files("surveys.registry").joinpath("icd10.txt").read_text(encoding="ascii").split()
    return frozenset(codes) | {code[:3] for code in codes}


def knows_icd10(code: str) -> bool:
    """Whether ``code`` (no dot) is a tumour's."""
    return code in _codes()
