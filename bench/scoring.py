"""Scoring: QLQ-C30 by the million and alone, checking answers, importing; each the median of five runs."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench.figures import Figure
from instruments.adaptive import Ask, next_step
from instruments.answers import Answers, check
from instruments.catalogue import entry
from instruments.definition import (
    AdaptiveRule,
    AdaptiveTest,
    Bank,
    BankItem,
    Branch,
    Condition,
    Item,
    Option,
    Structure,
    Value,
)
from instruments.exchange.fhir import read_questionnaire
from instruments.scoring import ScoringSpec, score, score_answers

REPEATS = 5
ONE_BY_ONE = 2_000
SEED = 1
MILLION = 1_000_000
SIZES = (1_000, 10_000, 100_000, MILLION, 10 * MILLION)
ITEMS = 300
ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"

Columns = Mapping[str, NDArray[np.float64]]


def measure() -> Sequence[Figure]:
    """Medians of five runs on one core."""
    spec = qlq_c30()
    columns = columns_of(spec, MILLION)
    seconds = {rows: _median(partial(_score, spec, columns, rows), 1) for rows in SIZES}
    return (
        Figure("score_1m_qlq_c30_s", seconds[MILLION], "s", "lower", 1.5),
        *(
            Figure(f"row_among_{rows}_ns", taken / rows * 1e9, "ns", "lower")
            for rows, taken in seconds.items()
        ),
        Figure("score_1m_peak_mib", _peak_mib(), "MiB", "lower", 1024),
        _one(spec),
        _checking(),
        _checking_adaptive(),
        _importing(),
    )


def qlq_c30() -> ScoringSpec:
    spec = entry("qlq_c30").scoring
    assert spec is not None
    return spec


def columns_of(spec: ScoringSpec, rows: int) -> Columns:
    """Answers as a registry has them: one in fifty is missing."""
    random = np.random.default_rng(SEED)
    columns = {}
    for item in spec.items:
        column = random.integers(int(item.lowest), int(item.highest) + 1, rows).astype(np.float64)
        column[random.random(rows) < 0.02] = np.nan
        columns[item.item_id] = column
    return columns


def _score(spec: ScoringSpec, columns: Columns, rows: int) -> object:
    """Scores ``rows`` rows, a million at a time: the answers to more fit in no memory asked for."""
    for start in range(0, rows, MILLION):
        end = min(rows - start, MILLION)
        scores = score(spec, {name: column[:end] for name, column in columns.items()})
    return scores


def _peak_mib() -> float:
    """The most memory that a process of its own needs to score a million rows, its answers included."""
    script = (
        "import resource, bench.scoring as bench\n"
        "spec = bench.qlq_c30()\n"
        "bench.score(spec, bench.columns_of(spec, bench.MILLION))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return float(done.stdout)


def _one(spec: ScoringSpec) -> Figure:
    """One response with its reasons, as a submission is scored."""
    items = tuple(
        Item(one.item_id, "choice", tuple(Option(str(n), float(n)) for n in range(1, int(one.highest) + 1)))
        for one in spec.items
    )
    structure = Structure(spec.instrument_id, spec.version, items)
    answers = Answers({item.item_id: (item.options[1].code,) for item in items})
    taken = _median(lambda: score_answers(spec, structure, answers), ONE_BY_ONE) * 1e6
    return Figure("score_one_us", taken, "µs", "lower", 150)


def _checking() -> Figure:
    """Thirty answers of mixed kinds held to their items."""
    items = (
        *(
            Item(f"c{n}", "choice", tuple(Option(str(k), float(k)) for k in range(4)), required=True)
            for n in range(20)
        ),
        *(Item(f"n{n}", "integer", minimum=0, maximum=10) for n in range(5)),
        *(Item(f"d{n}", "date") for n in range(2)),
        *(Item(f"t{n}", "string", branch=Branch((Condition("c0", "=", "1"),))) for n in range(3)),
    )
    values: dict[str, tuple[Value, ...]] = {f"c{n}": ("1",) for n in range(20)}
    values |= {f"n{n}": (n,) for n in range(5)} | {f"d{n}": ("2026-01-02",) for n in range(2)}
    values |= {f"t{n}": ("some words",) for n in range(3)}
    structure, answers = Structure("bench", "1", items), Answers(values)
    assert check(structure, answers) == []
    return Figure(
        "check_answers_us", _median(lambda: check(structure, answers), ONE_BY_ONE) * 1e6, "µs", "lower", 100
    )


def _checking_adaptive() -> Figure:
    """Twelve answers of a bank of thirty, run through again as the phone asked them."""
    random = np.random.default_rng(SEED)
    bank = Bank(
        tuple(
            BankItem(f"b{n}", float(random.uniform(1.2, 3.8)), tuple(np.sort(random.uniform(-2.5, 2.5, 4))))
            for n in range(30)
        )
    )
    test = AdaptiveTest("scale", AdaptiveRule(4, 12, 0.1), bank)
    options = tuple(Option(str(k), float(k)) for k in range(5))
    items = tuple(Item(one.item_id, "choice", options) for one in bank.items)
    structure = Structure("bench", "1", items, adaptive=(test,))
    given: dict[str, int] = {}
    while isinstance(found := next_step(bank, test.rule, given), Ask):
        given[found.item_id] = 2
    answers = Answers({name: (str(answer),) for name, answer in given.items()})
    assert (len(given), check(structure, answers)) == (12, [])
    taken = _median(lambda: check(structure, answers), ONE_BY_ONE) * 1e6
    return Figure("check_adaptive_us", taken, "µs", "lower")


def _importing() -> Figure:
    """A Questionnaire of 300 items with options, branches and bounds."""
    items = [
        {
            "linkId": f"i{n}",
            "text": f"Item {n}",
            "type": "choice",
            "required": True,
            "answerOption": [
                {
                    "valueCoding": {
                        "code": str(k),
                        "display": f"Option {k}",
                        "extension": [{"url": ORDINAL, "valueDecimal": k}],
                    }
                }
                for k in range(5)
            ],
        }
        | (
            {"enableWhen": [{"question": f"i{n - 1}", "operator": "=", "answerCoding": {"code": "1"}}]}
            if n % 3
            else {}
        )
        for n in range(ITEMS)
    ]
    questionnaire = {
        "resourceType": "Questionnaire",
        "status": "active",
        "language": "en",
        "title": "Bench",
        "item": items,
    }
    content = json.dumps(questionnaire).encode()
    assert read_questionnaire(content).instrument is not None
    return Figure(
        "import_300_items_ms", _median(lambda: read_questionnaire(content), 5) * 1e3, "ms", "lower", 100
    )


def _median(act: Callable[[], object], times: int) -> float:
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        for _ in range(times):
            act()
        seconds.append((time.perf_counter() - started) / times)
    return sorted(seconds)[REPEATS // 2]
