"""``python -m bench`` runs every benchmark, ``python -m bench NAME`` one."""

import sys
from collections.abc import Callable, Sequence

from bench import enumeration, extract, patient_page, planning, scoring, sealing, submission
from bench.figures import Figure, publish

BENCHMARKS: dict[str, Callable[[], Sequence[Figure]]] = {
    "submission": submission.measure,
    "planning": planning.measure,
    "extract": extract.measure,
    "patient-page": patient_page.measure,
    "scoring": scoring.measure,
    "sealing": sealing.measure,
    "enumeration": enumeration.measure,
}


def main(names: Sequence[str]) -> int:
    """Runs the named benchmarks, or all; 2 when a name is not one."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    for name in names or BENCHMARKS:
        publish(name, BENCHMARKS[name]())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
