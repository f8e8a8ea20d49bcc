"""The fuzz harness itself runs: a fixed small number of inputs from a fixed seed find nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("atheris", reason="atheris has no wheel for this interpreter")
HARNESS = Path(__file__).parent / "fuzz_questionnaire.py"


def test_fuzzed_questionnaires_are_read_or_refused(tmp_path: Path) -> None:
    options = ["-runs=300", "-seed=1", "-len_control=0", "-max_len=96"]
    done = subprocess.run(
        [sys.executable, HARNESS, *options], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Done 300 runs" in done.stderr
