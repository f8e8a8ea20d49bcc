"""A benchmark's figures: printed as a table, written as JSON."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Figure:
    """One measured value beside its limit, if there is one; ``ratio`` is value over limit."""

    name: str
    value: float
    unit: str
    better: Literal["lower", "higher"]
    limit: float | None = None

    @property
    def ratio(self) -> float | None:
        """The value over its limit."""
        return None if self.limit is None else self.value / self.limit


def machine() -> str:
    """The machine in a line: processor kind, cores, Python."""
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def publish(name: str, figures: Sequence[Figure]) -> None:
    """Prints the table and writes ``bench/results/NAME.json``."""
    print(f"\n{name} ({machine()})")
    print(f"  {'figure':<36}{'value':>14}  {'unit':<10}{'better':<8}{'limit':>12}{'ratio':>9}")
    for figure in figures:
        limit = "" if figure.limit is None else f"{figure.limit:,.2f}"
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
        value = f"{figure.value:,.2f}"
        print(f"  {figure.name:<36}{value:>14}  {figure.unit:<10}{figure.better:<8}{limit:>12}{ratio:>9}")
    RESULTS.mkdir(exist_ok=True)
    rows = [asdict(figure) | {"ratio": figure.ratio} for figure in figures]
    (RESULTS / f"{name}.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
