"""Scoring: a million responses of the demonstration's instrument from arrays, and one by itself."""

import time
from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from api.demo import places
from api.demo.cohort.behaviour import Respondent, answers_of
from bench.figures import Figure
from instruments.answers import check
from instruments.scoring import score, score_answers
from instruments.versions import Instrument

ROWS = 1_000_000
REPEATS = 5
ONE_BY_ONE = 2_000
SEED = 1


def measure() -> Sequence[Figure]:
    """Medians of five runs on one core."""
    content = (places.DOCUMENTS / "everyday-life.json").read_bytes()
    instrument = msgspec.json.decode(content, type=Instrument)
    spec, structure = instrument.scoring, instrument.structure
    random = np.random.default_rng(SEED)
    columns = {
        item.item_id: random.integers(int(item.lowest), int(item.highest) + 1, ROWS).astype(np.float64)
        for item in spec.items
    }
    person = Respondent("bench", 70, is_control=False, treatments=frozenset())
    answers = answers_of(SEED, person, 1, instrument)
    return (
        Figure("score_1m_everyday_life_s", _median(lambda: score(spec, columns), 1), "s", "lower"),
        Figure(
            "score_one_us",
            _median(lambda: score_answers(spec, structure, answers), ONE_BY_ONE) * 1e6,
            "µs",
            "lower",
        ),
        Figure(
            "check_answers_us", _median(lambda: check(structure, answers), ONE_BY_ONE) * 1e6, "µs", "lower"
        ),
    )


def _median(act: Callable[[], object], times: int) -> float:
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        for _ in range(times):
            act()
        seconds.append((time.perf_counter() - started) / times)
    return sorted(seconds)[REPEATS // 2]
