"""The command line as a user calls it: its entry point, what it printed, and how it ended."""

import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import pytest

from api import cli

ETTERKLANG = Path(sys.executable).parent / "etterklang"


class Ended(NamedTuple):
    code: int
    out: str
    error: str


def etterklang(*arguments: str | Path) -> Ended:
    """Runs it in this process: starting Python and reading the libraries takes a second."""
    out, error = (TextIOWrapper(BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    with (
        patch.object(sys, "argv", ["etterklang", *map(str, arguments)]),
        redirect_stdout(out),
        redirect_stderr(error),
        pytest.raises(SystemExit) as ended,
    ):
        cli.main()
    return Ended(int(ended.value.code or 0), _written(out), _written(error))


def etterklang_started(*arguments: str | Path) -> Ended:
    """Starts it as a shell does."""
    done = subprocess.run([ETTERKLANG, *arguments], capture_output=True, text=True, check=False)
    return Ended(done.returncode, done.stdout, done.stderr)


def _written(stream: TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()
