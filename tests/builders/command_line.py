"""The command line as a user calls it: its real entry point, what it printed, and how it ended."""

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ETTERKLANG = Path(sys.executable).parent / "etterklang"


class Ended(NamedTuple):
    code: int
    out: str
    error: str


def etterklang(*arguments: str | Path) -> Ended:
    done = subprocess.run([ETTERKLANG, *arguments], capture_output=True, text=True, check=False)
    return Ended(done.returncode, done.stdout, done.stderr)
